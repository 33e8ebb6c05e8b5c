// Requests and upgrades on paths that plugins claimed, between the HTTP server's threads and the control thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "host/api/access.hpp"
#include "host/call/table.hpp"
#include "host/control/plugins.hpp"
#include "host/net/http_server.hpp"

namespace hookswitch::api {

/// [control] unless a function says otherwise.
class PluginRoutes {
 public:
  /// `authorized`: does the request carry the API key (or come from where none is needed)?
  using Authorized = std::function<Admission(const net::HttpRequest&)>;

  PluginRoutes(base::Loop& control, control::Plugins& plugins, call::Table& table, Authorized authorized);

  /// Of which routes a listener knows. open: those whose plugin authenticates the request itself.
  enum class Reach : std::uint8_t { all = 1, open = 2 };
  /// A request that is not the gateway's own: 404, 405 with Allow, or what the plugin replies within `reply_ms`.
  void handle(std::shared_ptr<const net::HttpRequest> request, net::HttpResponder respond, Reach reach = Reach::all);
  void reply(control::Session& session, const hks_http& reply);

  /// The verdict on an upgrade: the call whose unused token the path carries, or NULL and the refusal.
  /// `verdict` comes exactly once.
  using Verdict = std::function<void(call::Call* call, const std::string& plugin, net::HttpReply refusal)>;
  void upgrade(std::shared_ptr<const net::HttpRequest> request, Verdict verdict);

  static constexpr std::uint64_t reply_ms = 5'000;

 private:
  struct Pending {
    std::string plugin;
    std::function<void(net::HttpReply)> done;
    base::Loop::TimerId timer = 0;
  };
  void ask(control::Session& session, const net::HttpRequest& request, call::Call* call, std::uint32_t flags,
           std::function<void(net::HttpReply)> done);
  /// The call that waits for this stream; NULL, and a line in the log: there is none.
  call::Call* callOfToken(const control::Endpoint& endpoint, const net::HttpRequest& request);
  call::Call* callOf(const control::Route& route, const net::HttpRequest& request);

  base::Loop& control_;
  control::Plugins& plugins_;
  call::Table& table_;
  Authorized authorized_;
  std::unordered_map<std::uint64_t, Pending> pending_;
  std::uint64_t next_ = std::uint64_t(3) << 62;  // apart from the hooks' ids
  std::uint64_t refused_upgrades_ = 0;
};

}  // namespace hookswitch::api
