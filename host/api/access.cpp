#include "host/api/access.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "host/base/log.hpp"
#include "host/base/secret.hpp"
#include "host/call/types.hpp"

namespace hookswitch::api {
namespace {

bool addressedLocally(std::string_view host) {
  if (!host.empty() && host.front() == '[') {
    const std::size_t end = host.find(']');
    return end != std::string_view::npos && host.substr(0, end + 1) == "[::1]" &&
           (end + 1 == host.size() || host[end + 1] == ':');
  }
  host = host.substr(0, host.find(':'));
  return net::equalsIgnoreCase(host, "localhost") || host == "127.0.0.1";
}

bool beginsWith(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() && net::equalsIgnoreCase(name.substr(0, prefix.size()), prefix);
}

/// What proxies, tunnels and the edges of clouds add to what they pass on. None of it is proof of the opposite: a proxy
/// that adds nothing looks like this machine.
bool passedOn(const net::HttpHeaders& headers) {
  static constexpr std::string_view names[] = {"Forwarded",           "Via",
                                               "X-Real-IP",           "X-Real-Port",
                                               "X-Client-IP",         "Client-IP",
                                               "True-Client-IP",      "X-Cluster-Client-IP",
                                               "Fastly-Client-IP",    "CDN-Loop",
                                               "X-ProxyUser-Ip",      "X-Scheme",
                                               "X-Url-Scheme",        "Front-End-Https",
                                               "X-Request-Start",     "X-Cloud-Trace-Context",
                                               "Disguised-Host",      "Was-Default-Hostname",
                                               "X-Site-Deployment-Id"};
  // Families: a provider that grows a header keeps its prefix.
  static constexpr std::string_view families[] = {"X-Forwarded", "X-Original-",  "CF-",
                                                  "Fly-",        "X-Vercel-",    "X-Azure-",
                                                  "X-ARR-",      "X-AppGW-",     "X-MS-Client-Principal",
                                                  "X-WAWS-",     "X-Envoy-",     "Tailscale-",
                                                  "Ngrok-",      "X-Ngrok-",     "X-Amzn-",
                                                  "X-Amz-Cf-",   "X-AppEngine-", "X-Goog-",
                                                  "X-NF-",       "X-Railway-",   "X-Render-",
                                                  "X-Traefik-"};
  return std::any_of(headers.begin(), headers.end(), [](auto& h) {
    const std::string_view name = h.first;
    return std::any_of(std::begin(names), std::end(names),
                       [&](std::string_view n) { return net::equalsIgnoreCase(name, n); }) ||
           std::any_of(std::begin(families), std::end(families),
                       [&](std::string_view f) { return beginsWith(name, f); });
  });
}

/// A page in a browser on this machine reaches loopback as well, and the browser says where the page comes from.
bool fromForeignPage(const net::HttpRequest& request) {
  const std::string_view origin = request.header("Origin");
  const std::size_t scheme = origin.find("://");
  if (!origin.empty() && (scheme == std::string_view::npos || !addressedLocally(origin.substr(scheme + 3))))
    return true;
  return net::headerHasToken(request.headers, "Sec-Fetch-Site", "cross-site");
}

}  // namespace

Admission authorized(const net::HttpRequest& request, const AccessRule& rule) {
  if (!rule.keys.empty()) {
    const std::string_view header = request.header("Authorization");
    const std::string_view scheme = "Bearer ";
    bool good = false;
    if (beginsWith(header, scheme))
      for (auto& key : rule.keys)
        good |= header.size() > scheme.size() &&
                base::equalSecret(header.substr(scheme.size()), key);  // all of them: no early end
    if (good) return {};
    net::HttpReply refusal =
        net::errorReply(401,
                        "This needs the header 'Authorization: Bearer <key>', with server.api_key or, where that "
                        "is empty, the key in the file that the gateway's log names");
    refusal.headers.emplace_back("WWW-Authenticate", "Bearer");
    return base::Failure(std::move(refusal));
  }
  if (!rule.open) {
    return base::Failure(
        net::errorReply(401,
                        "This gateway has no API key, and others can reach it: set server.api_key, or see in its "
                        "log why it could make no key of its own"));
  }
  const auto hosts = std::count_if(request.headers.begin(), request.headers.end(),
                                   [](auto& h) { return net::equalsIgnoreCase(h.first, "Host"); });
  if (request.peer_loopback && hosts == 1 && addressedLocally(request.header("Host")) && !passedOn(request.headers) &&
      !fromForeignPage(request))
    return {};
  return base::Failure(
      net::errorReply(401,
                      "No server.api_key is set, so the API answers only direct requests from this machine to "
                      "localhost; set server.api_key to use it from elsewhere"));
}

Access::Access(AccessRule rule) : rule_(std::make_shared<const AccessRule>(std::move(rule))) {}

void Access::set(AccessRule rule) {
  auto next = std::make_shared<const AccessRule>(std::move(rule));
  const std::lock_guard<std::mutex> lock(mutex_);
  rule_ = std::move(next);
}

std::shared_ptr<const AccessRule> Access::rule() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return rule_;
}

bool Access::open() const {
  const auto now = rule();
  return now->keys.empty() && now->open;
}

Admission Access::admits(const net::HttpRequest& request) {
  auto verdict = authorized(request, *rule());
  if (verdict) return verdict;
  ++refused_;
  if (const std::string line = noted(request, Clock::now()); !line.empty()) log::warn("api", line);
  return verdict;
}

std::string Access::noted(const net::HttpRequest& request, Clock::time_point now) {
  const auto now_in_force = rule();
  const std::string what = now_in_force->keys.empty()
                               ? now_in_force->open
                                     ? "without a key only direct requests from this machine to localhost are answered"
                                     : "there is no key"
                           : request.header("Authorization").empty() ? "it has no key"
                                                                     : "its key is wrong";
  const std::string name = request.peer_ip + ": " + what;
  std::uint64_t meanwhile = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto found = named_.find(name);
    if (found != named_.end() && now - found->second.at < quiet) {
      ++found->second.since;
      return {};
    }
    if (found == named_.end()) {
      // Anybody can come from many addresses; who is over a minute old makes room, and beyond that nobody is named.
      for (auto it = named_.begin(); it != named_.end();)
        it = now - it->second.at >= quiet ? named_.erase(it) : std::next(it);
      if (named_.size() >= max_named) return {};
      found = named_.emplace(name, Named{}).first;
    }
    meanwhile = std::exchange(found->second.since, 0);
    found->second.at = now;
  }
  return "/api refused a request from " + name +
         (meanwhile ? "; " + std::to_string(meanwhile) + " more like it since this was last said" : std::string());
}

}  // namespace hookswitch::api
