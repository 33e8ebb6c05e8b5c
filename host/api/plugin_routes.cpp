#include "host/api/plugin_routes.hpp"

#include <algorithm>

#include "host/base/log.hpp"
#include "host/plugin/start_record.hpp"
#include "host/plugin/wire.hpp"

namespace hookswitch::api {

using plugin::str;
using plugin::view;

namespace {

/// One answer for unknown, used and over: a stranger learns nothing from the difference.
net::HttpReply forbidden() { return net::errorReply(403, "this stream token is unknown, used, or its call is over"); }

/// Does the call wait for its stream?
bool open(const call::Call& call) { return !call.media_attached && !call.life.ending(); }

}  // namespace

PluginRoutes::PluginRoutes(base::Loop& control, control::Plugins& plugins, call::Table& table, Authorized authorized)
    : control_(control), plugins_(plugins), table_(table), authorized_(std::move(authorized)) {}

call::Call* PluginRoutes::callOf(const control::Route& route, const net::HttpRequest& request) {
  if (route.call_query.empty()) return nullptr;
  const std::string_view query = request.query();
  for (std::size_t begin = 0; begin < query.size();) {
    const std::size_t end = std::min(query.find('&', begin), query.size());
    const std::string_view pair = query.substr(begin, end - begin);
    begin = end + 1;
    if (pair.size() <= route.call_query.size() || pair[route.call_query.size()] != '=' ||
        pair.compare(0, route.call_query.size(), route.call_query) != 0)
      continue;
    return table_.find(pair.substr(route.call_query.size() + 1));  // our ids need no decoding
  }
  return nullptr;
}

void PluginRoutes::ask(control::Session& session, const net::HttpRequest& request, call::Call* call,
                       std::uint32_t flags, std::function<void(net::HttpReply)> done) {
  const std::uint64_t id = next_++;
  Pending pending;
  pending.plugin = session.id();
  pending.done = std::move(done);
  pending.timer = control_.after(reply_ms, [this, id, component = session.component()] {
    auto it = pending_.find(id);
    if (it == pending_.end()) return;
    auto late = std::move(it->second.done);
    pending_.erase(it);
    log::warn(component, "did not reply to a request within " + std::to_string(reply_ms / 1000) + " s");
    late(net::errorReply(503, "the plugin did not reply in time; try again"));
  });
  pending_[id] = std::move(pending);

  const auto headers = plugin::pairs(request.headers);
  hks_call record{};
  hks_http m{};
  m.msg = {sizeof m, HKS_HTTP_REQUEST, id};
  m.method = str(request.method);
  m.url = str(request.target);
  m.body = str(request.body);
  m.headers = headers.data();
  m.header_count = headers.size();
  m.flags = flags;
  if (call) {
    record = plugin::callRecord(*call->record.terms, call->record.remote_id);
    if (call->life.ending())
      record.media_url = {};  // nobody talks there any more: a leg that is over is connected to nothing
    m.call = &record;
  }
  const std::string plugin = session.id();
  const hks_status status = session.step(m.msg);
  plugins_.suspects().worked(
      plugin, flags & HKS_HTTP_UPGRADE
                  ? "HTTP_REQUEST"
                  : "HTTP_REQUEST " + std::string(request.path()));  // one that went well says nothing of other paths
  if (status >= 0) return;
  auto it = pending_.find(id);
  if (it == pending_.end()) return;
  auto failed = std::move(it->second.done);
  control_.cancel(it->second.timer);
  pending_.erase(it);
  failed(net::errorReply(500, "the plugin failed on this request; see the gateway's log"));
}

void PluginRoutes::handle(std::shared_ptr<const net::HttpRequest> request, net::HttpResponder respond, Reach reach) {
  std::string_view path = request->path();
  if (path.size() > 1 && path.back() == '/') path.remove_suffix(1);  // the same route
  std::string allow;
  for (auto& route : plugins_.routes()) {
    if (route.path != path || (reach == Reach::open && !route.open)) continue;
    if (route.method != request->method) {
      allow += (allow.empty() ? "" : ", ") + route.method;
      continue;
    }
    if (!route.open)
      if (const auto in = authorized_(*request); !in) return respond(in.error());
    control::Session* session = plugins_.session(route.plugin);
    if (!session) return respond(net::errorReply(503, "the plugin " + route.plugin + " is not active"));
    if (const auto held = plugins_.suspects().held(route.plugin, "HTTP_REQUEST " + std::string(path))) {
      net::HttpReply later = net::errorReply(503, held.why);
      later.headers.emplace_back("Retry-After", std::to_string(held.ms / 1000 + 1));
      return respond(std::move(later));
    }
    return ask(*session, *request, callOf(route, *request), 0, respond);
  }
  if (!allow.empty()) {
    net::HttpReply reply = net::errorReply(405, "this route takes " + allow);
    reply.headers.emplace_back("Allow", allow);
    return respond(std::move(reply));
  }
  if (const std::string why = plugins_.contested(std::string(path)); !why.empty())
    return respond(net::errorReply(503, why));
  respond(net::errorReply(404, "There is no such route"));
}

void PluginRoutes::reply(control::Session& session, const hks_http& message) {
  auto it = pending_.find(message.msg.id);
  if (it == pending_.end() || it->second.plugin != session.id()) return;
  auto done = std::move(it->second.done);
  control_.cancel(it->second.timer);
  pending_.erase(it);
  net::HttpReply reply;
  reply.status = message.status >= 100 && message.status <= 599 ? int(message.status) : 500;
  reply.body = std::string(view(message.body));
  for (std::uint64_t i = 0; i < message.header_count; ++i)
    reply.headers.emplace_back(view(message.headers[i].name), view(message.headers[i].value));
  done(std::move(reply));
}

call::Call* PluginRoutes::callOfToken(const control::Endpoint& endpoint, const net::HttpRequest& request) {
  std::string token(request.path().substr(endpoint.prefix.size()));
  if (!token.empty() && token.back() == '/') token.pop_back();
  call::Call* call = table_.findToken(token);
  if (call && open(*call)) return call;
  // Anybody can send these: the first are news, then every doubling.
  if (const std::uint64_t n = ++refused_upgrades_; (n & (n - 1)) == 0 || n <= 10)
    log::warn("routes",
              "an upgrade with an unknown or used stream token was refused, from " + request.peer_ip + ", number " +
                  std::to_string(n) + " since the start",
              call ? call->id() : std::string());
  return nullptr;
}

void PluginRoutes::upgrade(std::shared_ptr<const net::HttpRequest> request, Verdict verdict) {
  const auto& endpoints = plugins_.endpoints();
  const auto endpoint = std::find_if(endpoints.begin(), endpoints.end(), [path = request->path()](auto& e) {
    return path.compare(0, e.prefix.size(), e.prefix) == 0;
  });
  if (endpoint == endpoints.end()) return verdict(nullptr, {}, net::errorReply(404, "There is no such WebSocket"));
  call::Call* call = callOfToken(*endpoint, *request);
  control::Session* session = call ? plugins_.session(endpoint->plugin) : nullptr;
  if (session && endpoint->ask && plugins_.suspects().held(endpoint->plugin, "HTTP_REQUEST")) session = nullptr;
  if (!session || call->record.terms->carrier != endpoint->plugin) return verdict(nullptr, {}, forbidden());
  if (!endpoint->ask) return verdict(call, endpoint->plugin, {});
  ask(*session, *request, call, HKS_HTTP_UPGRADE,
      [this, id = call->id(), plugin = endpoint->plugin, verdict](net::HttpReply reply) {
        if (reply.status != 101) return verdict(nullptr, {}, reply.status < 400 ? forbidden() : std::move(reply));
        call::Call* still = table_.find(id);
        if (!still || !open(*still)) return verdict(nullptr, {}, forbidden());
        verdict(still, plugin, {});
      });
}

}  // namespace hookswitch::api
