#include "host/api/route_table.hpp"

#include <algorithm>
#include <utility>

namespace hookswitch::api {
namespace {

bool braces(std::string_view part) { return !part.empty() && part.front() == '{'; }

/// The part up to the next slash, which is taken away with it.
std::string_view part(std::string_view& path) {
  const std::size_t slash = std::min(path.find('/'), path.size());
  const std::string_view first = path.substr(0, slash);
  path.remove_prefix(std::min(slash + 1, path.size()));
  return first;
}

bool fits(std::string_view pattern, std::string_view path, std::vector<std::string>& names) {
  names.clear();
  if (std::count(pattern.begin(), pattern.end(), '/') != std::count(path.begin(), path.end(), '/')) return false;
  while (!pattern.empty()) {
    const std::string_view wanted = part(pattern), is = part(path);
    if (!braces(wanted) ? wanted != is : is.empty()) return false;
    if (braces(wanted)) names.emplace_back(is);
  }
  return path.empty();
}

auto bracesIn(const Route& route) { return std::count(route.pattern.begin(), route.pattern.end(), '{'); }

}  // namespace

RouteTable::RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) {
  std::stable_sort(routes_.begin(), routes_.end(),
                   [](const Route& a, const Route& b) { return bracesIn(a) < bracesIn(b); });
}

RouteTable::Found RouteTable::find(std::string_view method, std::string_view path) const {
  if (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  Found found;
  std::string_view meant;  // the pattern of the first route that fits
  for (auto& route : routes_) {
    std::vector<std::string> names;
    if ((!meant.empty() && route.pattern != meant) || !fits(route.pattern, path, names)) continue;
    meant = route.pattern;
    if (route.method == method || (method == "HEAD" && route.method == "GET")) {
      found.route = &route;
      found.names = std::move(names);
      return found;
    }
    found.allow += (found.allow.empty() ? "" : ", ") + std::string(route.method);
  }
  found.options = method == "OPTIONS";
  return found;
}

net::HttpReply answerWithout(const RouteTable::Found& found) {
  if (found.allow.empty()) return net::errorReply(404, "There is no such route");
  if (!found.options) {
    net::HttpReply reply = net::errorReply(405, "This route takes " + found.allow);
    reply.headers.emplace_back("Allow", found.allow);
    return reply;
  }
  net::HttpReply reply;
  reply.status = 204;
  const bool get = found.allow.find("GET") != std::string::npos;
  reply.headers.emplace_back("Allow", found.allow + (get ? ", HEAD, OPTIONS" : ", OPTIONS"));
  return reply;
}

}  // namespace hookswitch::api
