// The gateway's HTTP interface: the first listener. Every request goes to a route of the gateway or of a plugin.
#pragma once

#include <memory>

#include "host/api/access.hpp"
#include "host/api/context.hpp"
#include "host/api/plugin_routes.hpp"
#include "host/api/route_table.hpp"
#include "host/net/http_server.hpp"

namespace hookswitch::api {

/// handleLater() and upgrade() run on HTTP threads; everything that touches calls is posted to [control].
class RestApi final : public net::HttpHandler {
 public:
  RestApi(base::Loop& control, control::Calls& calls, control::Plugins& plugins, PluginRoutes& routes, Access& access,
          Host host, bool has_public_url);
  /// server.public_url has come or gone. [any]
  void setHasPublicUrl(bool has) { context_.has_public_url = has; }

  void handleLater(std::shared_ptr<const net::HttpRequest> request, net::HttpResponder respond) override;
  net::UpgradeReply upgrade(const net::HttpRequest& request) override;

 private:
  PluginRoutes& plugin_routes_;
  Access& access_;
  const RouteTable table_;
  Context context_;
};

}  // namespace hookswitch::api
