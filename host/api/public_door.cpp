#include "host/api/public_door.hpp"

#include <string_view>
#include <utility>

namespace hookswitch::api {

void PublicDoor::handleLater(std::shared_ptr<const net::HttpRequest> request, net::HttpResponder respond) {
  if (const std::string_view path = request->path(); path == "/health" || path == "/health/")
    return api_.handleLater(std::move(request), std::move(respond));
  control_.post([this, request = std::move(request), respond = std::move(respond)] {
    routes_.handle(request, respond, PluginRoutes::Reach::open);
  });
}

}  // namespace hookswitch::api
