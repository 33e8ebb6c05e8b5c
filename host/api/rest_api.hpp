// The REST interface: checks requests on the HTTP threads, hands what is good to the control thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "host/api/access.hpp"
#include "host/api/routes.hpp"
#include "host/control/calls.hpp"
#include "host/net/http_server.hpp"
#include "host/net/io_pool.hpp"
#include "host/store/store.hpp"

namespace hookswitch::api {

/// POST /api/call out of its body. Pure. A reply with status 0 means that `out` is good; otherwise it is the 400.
/// `has_public_url`: whether a missing webhook_url has something to fall back on.
extern const char* const no_webhook_url;  ///< the sentence of that 400
net::HttpReply parsePlaceRequest(const std::string& body, bool has_public_url, control::PlaceRequest& out);

/// GET /api/calls?state=ended&... Pure. A reply with status 0 means that `out` is good; otherwise it is the 400.
/// `state`: live when it is not said. `lines`: format=jsonl, complete records, one per line; without a limit
/// `everything` that matches, else a page of them.
struct CallsQuery {
  enum class State : std::uint8_t { live = 1, ended = 2 };
  State state = State::live;
  bool lines = false, everything = false;
  store::HistoryQuery history;
  std::string next;  ///< the query string without `before`, for the address of the next page
};
net::HttpReply parseCallsQuery(std::string_view query, CallsQuery& out);

/// handleLater() and upgrade() run on HTTP threads; everything that touches calls is posted to [control].
class RestApi final : public net::HttpHandler {
 public:
  /// What the REST side needs of the process around it.
  struct Host {
    std::function<void()> drain;                     ///< begin the drain of the process; more than once is harmless
    std::function<void(net::IoPool::Task)> offload;  ///< work that would hold up the control thread
    std::function<std::string()> gauges;             ///< further lines of GET /api/metrics
  };
  RestApi(control::Thread& control, control::Calls& calls, control::Plugins& plugins, Routes& routes, Access& access,
          Host host, bool has_public_url);
  /// server.public_url has come or gone. [any]
  void setHasPublicUrl(bool has) { has_public_url_ = has; }

  void handleLater(std::shared_ptr<const net::HttpRequest> request, net::HttpResponder respond) override;
  net::UpgradeReply upgrade(const net::HttpRequest& request) override;

 private:
  using Request = std::shared_ptr<const net::HttpRequest>;
  void placeCall(const Request& request, net::HttpResponder respond);
  void placeKeyed(const control::Idempotency::Verdict& verdict, control::PlaceRequest place,
                  net::HttpResponder respond);
  void dial(control::PlaceRequest place, net::HttpResponder respond);
  void endCall(const std::string& id, net::HttpResponder respond);
  void endAll(net::HttpResponder respond);
  void health(net::HttpResponder respond);
  void listCalls(const Request& request, net::HttpResponder respond);
  void answerList(const CallsQuery& query, store::Answer<store::HistoryPage> history,
                  const net::HttpResponder& respond);
  void showCall(const std::string& id, net::HttpResponder respond);
  void listHooks(const Request& request, net::HttpResponder respond);
  void actOnHook(const std::string& id, control::Calls::HookAct act, net::HttpResponder respond);
  void actOnHooks(const Request& request, control::Calls::HookAct act, net::HttpResponder respond);
  std::string linesJson() const;
  void releasePlugin(const std::string& id, net::HttpResponder respond);
  void metrics(net::HttpResponder respond);
  void drain(net::HttpResponder respond);
  void noteOutside(const std::string& webhook_url);  ///< once [control]

  control::Thread& control_;
  control::Calls& calls_;
  control::Plugins& plugins_;
  Routes& routes_;
  Access& access_;
  const Host host_;
  std::atomic<bool> has_public_url_;
  bool outside_noted_ = false;
};

}  // namespace hookswitch::api
