#include "plugins/gateway/settings.hpp"

#include <hookswitch/plugin.hpp>
#include <hookswitch/utf8.hpp>

namespace hookswitch::gateway {
namespace {

constexpr std::size_t kMaxShown = 120;
constexpr std::size_t kMaxSession = 512;  // (openclaw-gateway.md §2.7)

bool isLoopback(std::string_view authority) {
  if (authority.substr(0, 5) == "[::1]") return authority.size() == 5 || authority[5] == ':';
  const std::string_view host = authority.substr(0, authority.find(':'));
  if (host == "localhost") return true;
  return host.substr(0, 4) == "127." && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// A sentence that says what is wrong with the address; empty: nothing.
std::string urlProblem(std::string_view url) {
  const std::string shown = "gateway.url '" + hks::utf8::line(url, kMaxShown) + "': ";
  for (unsigned char c : url)
    if (c <= 0x20 || c >= 0x7F) return shown + "expected an address without blanks";
  const bool secure = url.substr(0, 6) == "wss://";
  if (!secure && url.substr(0, 5) != "ws://") return shown + "expected ws://127.0.0.1:18789 or wss://host";
  url.remove_prefix(secure ? 6 : 5);
  const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  if (authority.empty()) return shown + "expected a host behind the scheme";
  if (authority.find('@') != std::string_view::npos)
    return "gateway.url: credentials do not belong into the address; use gateway.token";
  if (!secure && !isLoopback(authority))
    return shown +
           "ws:// is only allowed to this machine (127.0.0.1, [::1], localhost); calls and the token would "
           "travel in the clear: use wss://";
  return {};
}

}  // namespace

Config readConfig(const hks::Settings& settings, std::vector<std::string>& problems) {
  Config c;
  c.url = settings["url"];
  c.token = settings["token"];
  c.wake_mode = settings["wake_mode"] == "now" ? "now" : "next-heartbeat";
  c.ended_by_agent = settings.on("ended_by_agent");
  c.until_taken = settings["receipt"] != "accepted";
  c.usable = true;
  const auto wrong = [&](std::string sentence) { problems.push_back(std::move(sentence)), c.usable = false; };
  if (std::string problem = urlProblem(c.url); !problem.empty()) wrong(std::move(problem));
  const std::string& dialect = settings["dialect"];
  c.jsonrpc = dialect == "jsonrpc";
  if (!c.jsonrpc && dialect != "openclaw" && !dialect.empty())
    wrong("gateway.dialect '" + hks::utf8::line(dialect, kMaxShown) + "': expected openclaw or jsonrpc");
  if (!c.jsonrpc && c.token.empty())
    wrong(
        "gateway.token is empty: the openclaw dialect needs the shared token of the gateway (gateway.auth.token "
        "there)");
  const std::string session = hks::utf8::line(settings["session"], kMaxSession);
  if (session != settings["session"]) wrong("gateway.session: expected a session key (agent:main:main) or an agent id");
  (session.find(':') == std::string::npos ? c.agent_id : c.session_key) = session;
  return c;
}

}  // namespace hookswitch::gateway
