// The gateway itself: how it is, what it counts, its plugins, its drain.
#include <utility>

#include "host/api/context.hpp"
#include "host/api/plugin_json.hpp"
#include "host/api/reply.hpp"
#include "host/api/routes.hpp"
#include "host/base/json.hpp"

namespace hookswitch::api {
namespace {

/// What of the lines of notifications waits for a person; empty: nothing. [control]
json::Array hooksToMend(const control::Calls& calls) {
  json::Array list;
  for (auto& line : calls.lineStates()) {
    if (!line.to_mend) continue;
    json::Object o;
    o.add("plugin", line.plugin).add("hooks", std::uint64_t(line.waiting)).add("mend", line.mend);
    list.raw(o.str());
  }
  return list;
}

void health(Context& context, Asked asked) {
  context.control.post([&context, respond = std::move(asked.respond)] {
    const bool draining = context.calls.draining();
    const auto store = context.calls.ledger().store().health();
    json::Object o;
    o.add("status", draining ? "draining" : "healthy")
        .add("active_calls", std::uint64_t(context.calls.liveCount()))
        .add("version", context.calls.defaults().version);
    // Only trouble is worth a word.
    if (!store.ok) o.add("store", store.error);
    if (const auto held = context.plugins.quarantined(); !held.empty()) {
      json::Array ids;
      for (auto& id : held) ids.add(id);
      o.raw("plugins_quarantined", ids.str());
    }
    if (const auto legs = context.calls.counts().unconfirmed) o.add("legs_unconfirmed", std::uint64_t(legs));
    if (const auto mend = hooksToMend(context.calls); !mend.empty()) o.raw("hooks_to_mend", mend.str());
    net::HttpReply answer = reply(draining ? 503 : 200, o.str());
    if (draining) answer.headers.emplace_back("Retry-After", "5");
    respond(std::move(answer));
  });
}

void metrics(Context& context, Asked asked) {
  context.control.post([&context, respond = std::move(asked.respond)] {
    const Sample sample{context.calls.counts(), context.calls.ledger().store().health(),
                        context.plugins.quarantined().size()};
    respond(reply(200, context.metrics.text(sample), "text/plain; version=0.0.4; charset=utf-8"));
  });
}

void listPlugins(Context& context, Asked asked) {
  context.control.post([&context, respond = std::move(asked.respond)] {
    respond(reply(200, pluginsJson(context.plugins.views(), context.calls.defaults().version)));
  });
}

void releasePlugin(Context& context, Asked asked) {
  context.control.post([&context, id = asked.names[0], respond = std::move(asked.respond)] {
    using Release = control::Plugins::Release;
    switch (context.plugins.release(id)) {
      case Release::unknown: return respond(net::errorReply(404, "There is no such plugin"));
      case Release::not_held: return respond(net::errorReply(409, "The plugin " + id + " is not quarantined"));
      case Release::done: break;
    }
    context.calls.retryHooksOf(id);
    respond(done("Plugin " + id + " is tried again"));
  });
}

void drain(Context& context, Asked asked) {
  context.control.post([&context, respond = std::move(asked.respond)] {
    context.calls.drain();  // at once: whoever has the answer sees no call admitted after it
    json::Object o;
    o.add("success", true).add("message", "Draining").add("active_calls", std::uint64_t(context.calls.liveCount()));
    respond(reply(202, o.str()));
    if (context.host.drain) context.host.drain();
  });
}

}  // namespace

std::vector<Route> gatewayRoutes() {
  return {{"GET", "/health", Who::anybody, health, "says how the gateway is"},
          {"GET", "/api/metrics", Who::key, metrics, "gauges and counters, for Prometheus"},
          {"GET", "/api/plugins", Who::key, listPlugins, "lists the plugins and how they are"},
          {"POST", "/api/plugins/{id}/release", Who::key, releasePlugin, "tries a quarantined plugin again"},
          {"POST", "/api/drain", Who::key, drain, "takes no more calls and ends when the live ones have"}};
}

std::vector<Route> allRoutes() {
  std::vector<Route> all;
  for (auto* group : {placeRoutes, callRoutes, actRoutes, traceRoutes, transcriptRoutes, hookRoutes, gatewayRoutes})
    for (auto& route : group()) all.push_back(std::move(route));
  return all;
}

}  // namespace hookswitch::api
