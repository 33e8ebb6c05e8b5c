// The second listener, server.public_port: what carriers need, and nothing of /api.
#pragma once

#include "host/api/rest_api.hpp"

namespace hookswitch::api {

/// /health, media streams, and the routes whose plugin authenticates every request itself (HKS_ROUTE_OPEN). Everything
/// else is unknown here, with whatever key: what a proxy or tunnel is pointed at cannot reach more. Paths are compared
/// as they are; nothing is decoded, so no spelling leads further. handleLater() and upgrade() run on HTTP threads.
class PublicDoor final : public net::HttpHandler {
 public:
  PublicDoor(base::Loop& control, PluginRoutes& routes, RestApi& api) : control_(control), routes_(routes), api_(api) {}

  void handleLater(std::shared_ptr<const net::HttpRequest> request, net::HttpResponder respond) override;
  net::UpgradeReply upgrade(const net::HttpRequest& request) override { return api_.upgrade(request); }

 private:
  base::Loop& control_;
  PluginRoutes& routes_;
  RestApi& api_;
};

}  // namespace hookswitch::api
