#include "host/control/claims.hpp"

#include <algorithm>

#include "host/plugin/message.hpp"

namespace hookswitch::control {

using plugin::view;

namespace {

/// A trailing slash makes no other path.
std::string plain(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

bool beginsWith(const std::string& text, const std::string& start) { return text.compare(0, start.size(), start) == 0; }

base::Result<void> checkPath(const std::string& path) {
  if (path.empty() || path[0] != '/' || path.size() > 200 || path.find('?') != std::string::npos)
    return base::Failure("a path begins with / and has no query");
  if (beginsWith(path, "/api/") || path == "/api" || plain(path) == "/health")
    return base::Failure("it belongs to the gateway");
  return {};
}

template <class List>
bool tooMany(const List& list, const std::string& plugin) {
  return std::count_if(list.begin(), list.end(), [&](auto& x) { return x.plugin == plugin; }) >=
         std::ptrdiff_t(Claims::max_of_one);
}

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

base::Result<void> Claims::take(const std::string& plugin, const hks_route& message) {
  const std::string path(view(message.path)), method(view(message.method));
  if (message.msg.type == HKS_ENDPOINT) return addEndpoint(plugin, path, (message.flags & HKS_ROUTE_ASK) != 0);
  return add({plugin, method.empty() ? "GET" : method, path, std::string(view(message.call_query)),
              (message.flags & HKS_ROUTE_OPEN) != 0});
}

base::Result<void> Claims::add(Route route) {
  if (auto good = checkPath(route.path); !good) return good;
  for (auto& r : routes_)
    if (r.plugin == route.plugin && r.method == route.method && plain(r.path) == plain(route.path))
      return base::Failure("it has claimed it already");
  if (tooMany(routes_, route.plugin)) return base::Failure("too many paths");
  routes_.push_back(std::move(route));
  return {};
}

base::Result<void> Claims::addEndpoint(const std::string& plugin, const std::string& path, bool ask) {
  if (auto good = checkPath(path); !good) return good;
  const std::string token = "{token}";
  if (path.size() <= token.size() || path.compare(path.size() - token.size(), token.size(), token) != 0)
    return base::Failure("a WebSocket path ends in {token}, so that every stream is bound to its call");
  const std::string prefix = path.substr(0, path.size() - token.size());
  for (auto& e : endpoints_)
    if (e.plugin == plugin && e.prefix == prefix) return base::Failure("it has claimed it already");
  if (tooMany(endpoints_, plugin)) return base::Failure("too many paths");
  endpoints_.push_back({plugin, prefix, ask});
  return {};
}

template <class Drop>
void Claims::drop(Drop owner) {
  auto from = [&](auto& list) { list.erase(std::remove_if(list.begin(), list.end(), owner), list.end()); };
  from(routes_), from(endpoints_), from(good_routes_), from(good_endpoints_);
}

void Claims::withdraw(const std::string& plugin) {
  auto claims = all();
  claims.erase(std::remove_if(claims.begin(), claims.end(), [&](auto& c) { return c.plugin != plugin; }), claims.end());
  if (!claims.empty()) {  // else it was away already
    away_.erase(std::remove_if(away_.begin(), away_.end(), [&](auto& c) { return c.plugin == plugin; }), away_.end());
    away_.insert(away_.end(), claims.begin(), claims.end());
  }
  drop([&](auto& x) { return x.plugin == plugin; });
  conflicts_.erase(plugin);
}

void Claims::forget(const std::string& plugin) {
  withdraw(plugin);
  away_.erase(std::remove_if(away_.begin(), away_.end(), [&](auto& c) { return c.plugin == plugin; }), away_.end());
  held_.erase(std::remove_if(held_.begin(), held_.end(), [&](auto& h) { return h.plugin == plugin; }), held_.end());
}

bool Claims::overlap(const std::string& a, bool a_endpoint, const std::string& b, bool b_endpoint) {
  if (a_endpoint != b_endpoint) return false;  // a request is no upgrade
  return a_endpoint ? beginsWith(a, b) || beginsWith(b, a) : a == b;
}

std::vector<Claims::Claim> Claims::all() const {
  std::vector<Claim> claims;
  for (std::size_t i = 0; i < routes_.size(); ++i)
    claims.push_back({routes_[i].plugin, routes_[i].method + " " + routes_[i].path, plain(routes_[i].path), false, i});
  for (std::size_t i = 0; i < endpoints_.size(); ++i)
    claims.push_back(
        {endpoints_[i].plugin, "WebSocket " + endpoints_[i].prefix + "{token}", endpoints_[i].prefix, true, i});
  return claims;
}

/// Who has it, who bears its name, everybody else.
int Claims::rank(const Claim& claim) const {
  for (auto& h : held_)
    if (h.plugin == claim.plugin && h.endpoint == claim.endpoint && h.key == claim.key) return 2;
  const std::string own = "/" + claim.plugin;
  return claim.key == own || beginsWith(claim.key, own + "/") ? 1 : 0;
}

/// What is wrong with `claim`; empty when nobody else's `other` is in its way.
std::string Claims::objection(const Claim& claim, const Claim& other) {
  const int own = rank(claim), theirs = rank(other);
  if (other.plugin == claim.plugin || !overlap(claim.key, claim.endpoint, other.key, other.endpoint) || own > theirs)
    return {};
  const std::string what = other.shown == claim.shown ? "it" : "'" + other.shown + "'";
  const std::string sentence = "cannot have the path '" + claim.shown + "': ";
  if (own != theirs) return sentence + "the plugin " + other.plugin + " has " + what + " already";
  if (!claim.endpoint)
    contested_[claim.key] =
        "The plugins " + claim.plugin + " and " + other.plugin + " both claim this path, so neither serves it";
  return sentence + "the plugin " + other.plugin + " claims " + what +
         " too, and neither of the two gets it; switch one of them off";
}

/// Its plugin has it, which counts the next time.
void Claims::grant(const Claim& claim) {
  if (claim.endpoint)
    good_endpoints_.push_back(endpoints_[claim.index]);
  else
    good_routes_.push_back(routes_[claim.index]);
  if (rank(claim) < 2) held_.push_back({claim.plugin, claim.key, claim.endpoint});
}

/// What its plugin has given up is free.
void Claims::dropHeld(const std::vector<Claim>& claims, const std::function<bool(const std::string&)>& serves) {
  const auto claimed = [&](const Held& h) {
    return std::any_of(claims.begin(), claims.end(),
                       [&](auto& c) { return c.plugin == h.plugin && c.endpoint == h.endpoint && c.key == h.key; });
  };
  held_.erase(
      std::remove_if(held_.begin(), held_.end(), [&](const Held& h) { return serves(h.plugin) && !claimed(h); }),
      held_.end());
  away_.erase(std::remove_if(away_.begin(), away_.end(), [&](const Claim& c) { return serves(c.plugin); }),
              away_.end());
}

void Claims::decide(const std::function<bool(const std::string&)>& serves,
                    const std::function<void(const std::string&, const std::string&)>& conflict) {
  const std::vector<Claim> claims = all();
  dropHeld(claims, serves);
  // Whoever is away for a moment is a rival as well.
  std::vector<Claim> rivals = claims;
  rivals.insert(rivals.end(), away_.begin(), away_.end());
  std::map<std::string, std::vector<std::string>> conflicts;
  std::vector<Claim> good;
  contested_.clear();
  for (auto& claim : claims) {
    bool free = true;
    for (auto& other : rivals) {
      const std::string sentence = objection(claim, other);
      if (sentence.empty()) continue;
      free = false;
      auto& list = conflicts[claim.plugin];
      if (!contains(list, sentence)) list.push_back(sentence);
    }
    if (free) good.push_back(claim);
  }
  good_routes_.clear(), good_endpoints_.clear();
  for (auto& claim : good) grant(claim);
  for (auto& [plugin, sentences] : conflicts)
    for (auto& sentence : sentences)
      if (!contains(conflicts_[plugin], sentence)) conflict(plugin, sentence);
  conflicts_ = std::move(conflicts);
}

std::string Claims::conflicts(const std::string& plugin) const {
  std::string all;
  if (auto it = conflicts_.find(plugin); it != conflicts_.end())
    for (auto& sentence : it->second) all += (all.empty() ? "it " : "; it ") + sentence;
  return all;
}

std::string Claims::contested(const std::string& path) const {
  const auto it = contested_.find(plain(path));
  return it == contested_.end() ? std::string() : it->second;
}

}  // namespace hookswitch::control
