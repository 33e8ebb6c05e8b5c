// The REST interface: checks requests on the HTTP threads, hands what is good to the control thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "host/control/calls.hpp"
#include "host/control/routes.hpp"
#include "host/net/http_server.hpp"

namespace hookswitch::control {

/// POST /api/call out of its body. Pure. A reply with status 0 means that `out` is good; otherwise it is the 400.
/// `has_public_url`: whether a missing webhook_url has something to fall back on.
net::HttpReply parsePlaceRequest(const std::string& body, bool has_public_url, PlaceRequest& out);

/// Who may use /api. With a key: "Authorization: Bearer <key>", compared in constant time. Without one: only a loopback
/// peer that addresses us as localhost, 127.0.0.1 or [::1] and carries no forwarding header. Pure.
bool authorized(const net::HttpRequest& request, const std::string& api_key, net::HttpReply& refusal);

/// handleLater() and upgrade() run on HTTP threads; everything that touches calls is posted to [control].
class RestApi final : public net::HttpHandler {
 public:
  RestApi(Thread& control, Calls& calls, Plugins& plugins, Routes& routes, std::string api_key, bool has_public_url);

  void handleLater(std::shared_ptr<const net::HttpRequest> request, net::HttpResponder respond) override;
  net::UpgradeReply upgrade(const net::HttpRequest& request) override;

 private:
  using Request = std::shared_ptr<const net::HttpRequest>;
  void placeCall(const Request& request, net::HttpResponder respond);
  void endCall(const std::string& id, net::HttpResponder respond);
  void endAll(net::HttpResponder respond);
  void health(net::HttpResponder respond);

  Thread& control_;
  Calls& calls_;
  Plugins& plugins_;
  Routes& routes_;
  const std::string api_key_;
  const bool has_public_url_;
};

}  // namespace hookswitch::control
