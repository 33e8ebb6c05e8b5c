// The REST interface to hooks that wait, gauges and the drain.
#include <hookswitch/json.hpp>

#include <Poco/Exception.h>

#include "host/api/call_json.hpp"
#include "host/api/rest_api.hpp"
#include "host/api/rest_query.hpp"
#include "host/base/time.hpp"

namespace hookswitch::api {

using call::HookRow;

void RestApi::listHooks(const Request& request, net::HttpResponder respond) {
  Poco::URI::QueryParameters list;
  std::optional<std::string> state;
  std::size_t limit = 100;
  if (net::HttpReply no = knownOnly(request->query(), {"state", "limit"}); no.status) return respond(std::move(no));
  parameters(request->query(), list);
  for (auto& [name, value] : list) {
    if (name == "state") {
      state = value;
    } else if (name == "limit") {
      if (!parseLimit(value, 1000, limit)) return respond(badQuery("'limit': expected a whole number from 1 to 1000"));
    }
  }
  std::vector<HookRow::State> states;
  if (state == "pending")
    states = {HookRow::State::pending, HookRow::State::retrying};
  else if (state == "dead")
    states = {HookRow::State::dead};
  else if (!state)
    states = {HookRow::State::pending, HookRow::State::retrying, HookRow::State::dead};
  else
    return respond(badQuery("'state': expected pending or dead"));
  calls_.ledger().store().hooks(std::move(states), limit,
                                [this, respond = std::move(respond)](store::Answer<std::vector<store::Hook>> hooks) {
                                  if (!hooks.readable) return respond(unreadable());
                                  hks::json::Array array;
                                  for (auto& h : hooks.value) {
                                    hks::json::Object o;
                                    o.add("id", control::hookId(h.call, h.phase, h.plugin))
                                        .add("call_id", h.call)
                                        .add("phase", call::name(h.phase))
                                        .add("plugin", h.plugin)
                                        .add("state", call::name(h.state))
                                        .add("attempts", h.attempts)
                                        .add("first_at", base::isoTime(h.first_unix_ms));
                                    if (h.next_unix_ms)
                                      o.add("next_at", base::isoTime(h.next_unix_ms));
                                    else
                                      o.raw("next_at", "null");
                                    o.add("error", h.error);
                                    if (!h.stored) o.add("stored", false);
                                    array.raw(o.str());
                                  }
                                  respond(goodReply(hks::json::Object()
                                                        .raw("hooks", array.str())
                                                        .add("count", std::uint64_t(hooks.value.size()))
                                                        .raw("waiting", linesJson())
                                                        .str()));
                                });
}

/// Of each plugin for which notifications wait: how many, and what a person has to mend. [control]
std::string RestApi::linesJson() const {
  hks::json::Array array;
  for (auto& line : calls_.lineStates()) {
    hks::json::Object o;
    o.add("plugin", line.plugin).add("hooks", std::uint64_t(line.waiting)).add("in_hand", std::uint64_t(line.in_hand));
    if (line.next_unix_ms)
      o.add("next_at", base::isoTime(line.next_unix_ms));
    else
      o.raw("next_at", "null");
    if (line.to_mend) o.add("mend", line.mend);
    array.raw(o.str());
  }
  return array.str();
}

void RestApi::actOnHooks(const Request& request, control::Calls::HookAct act, net::HttpResponder respond) {
  Poco::URI::QueryParameters list;
  std::optional<std::string> plugin, state;
  if (!parameters(request->query(), list)) return respond(badQuery("the query is not valid percent-encoding"));
  for (auto& [name, value] : list) {
    if (name != "plugin" && name != "state")
      return respond(badQuery("'" + name + "': there is no such parameter; known are plugin and state"));
    auto& which = name == "plugin" ? plugin : state;
    if (which) return respond(badQuery("'" + name + "' is there twice"));
    which = value;
  }
  if (plugin && (plugin->empty() || plugin->size() > 64))
    return respond(badQuery("'plugin': expected the id of a plugin, as GET /api/plugins lists it"));
  if (state && *state != "pending" && *state != "dead") return respond(badQuery("'state': expected pending or dead"));
  control_.post([this, act, plugin = plugin.value_or(""), state, respond = std::move(respond)] {
    calls_.actOnHooks(
        act, plugin, !state || *state == "pending", !state || *state == "dead",
        [respond](const control::Refusal& no, std::size_t hooks) {
          if (no) return respond(net::errorReply(statusOf(no), no.error));
          respond(goodReply(hks::json::Object().add("success", true).add("hooks", std::uint64_t(hooks)).str()));
        });
  });
}

void RestApi::actOnHook(const std::string& id, control::Calls::HookAct act, net::HttpResponder respond) {
  std::string plain;
  try {
    Poco::URI::decode(id, plain);
  } catch (const Poco::Exception&) {
    return respond(net::errorReply(404, "There is no such hook"));
  }
  control_.post([this, plain, act, respond = std::move(respond)] {
    calls_.actOnHook(plain, act, [respond, plain, act](const control::Refusal& no) {
      if (no) return respond(net::errorReply(statusOf(no), no.error));
      respond(goodReply(
          hks::json::Object()
              .add("success", true)
              .add("message",
                   "Hook " + plain + (act == control::Calls::HookAct::retry ? " is tried again" : " is discarded"))
              .str()));
    });
  });
}

void RestApi::releasePlugin(const std::string& id, net::HttpResponder respond) {
  control_.post([this, id, respond = std::move(respond)] {
    switch (plugins_.release(id)) {
      case control::Plugins::Release::unknown: return respond(net::errorReply(404, "There is no such plugin"));
      case control::Plugins::Release::not_held:
        return respond(net::errorReply(409, "The plugin " + id + " is not quarantined"));
      case control::Plugins::Release::done: break;
    }
    calls_.retryHooksOf(id);
    respond(
        goodReply(hks::json::Object().add("success", true).add("message", "Plugin " + id + " is tried again").str()));
  });
}

void RestApi::health(net::HttpResponder respond) {
  control_.post([this, respond = std::move(respond)] {
    const bool draining = calls_.draining();
    const auto store = calls_.ledger().store().health();
    hks::json::Object o;
    o.add("status", draining ? "draining" : "healthy")
        .add("active_calls", std::uint64_t(calls_.liveCount()))
        .add("version", calls_.defaults().version);
    // Only trouble is worth a word.
    if (!store.ok) o.add("store", store.error);
    if (const auto held = plugins_.quarantined(); !held.empty()) {
      hks::json::Array ids;
      for (auto& id : held) ids.add(id);
      o.raw("plugins_quarantined", ids.str());
    }
    if (const auto legs = calls_.counts().unconfirmed) o.add("legs_unconfirmed", std::uint64_t(legs));
    hks::json::Array mend;
    bool any = false;
    for (auto& line : calls_.lineStates()) {
      if (!line.to_mend) continue;
      any = true;
      mend.raw(hks::json::Object()
                   .add("plugin", line.plugin)
                   .add("hooks", std::uint64_t(line.waiting))
                   .add("mend", line.mend)
                   .str());
    }
    if (any) o.raw("hooks_to_mend", mend.str());
    net::HttpReply reply = goodReply(o.str());
    reply.status = draining ? 503 : 200;
    if (draining) reply.headers.emplace_back("Retry-After", "5");
    respond(std::move(reply));
  });
}

void RestApi::metrics(net::HttpResponder respond) {
  control_.post([this, respond = std::move(respond)] {
    const control::CallCounts c = calls_.counts();
    const auto store = calls_.ledger().store().health();
    std::string text;
    auto line = [&](const char* name, const char* type, const char* help, std::uint64_t value) {
      text += std::string("# HELP hookswitch_") + name + " " + help + "\n# TYPE hookswitch_" + name + " " + type +
              "\nhookswitch_" + name + " " + std::to_string(value) + "\n";
    };
    line("calls_live", "gauge", "Calls that are dialling, ringing, in progress or ending.", c.live);
    line("legs_unconfirmed", "gauge", "Legs whose end was asked for and that the carrier has not confirmed over.",
         c.unconfirmed);
    line("plugins_quarantined", "gauge", "Plugins of which something is held back because the gateway has died in it.",
         plugins_.quarantined().size());
    line("hooks_pending", "gauge", "Hooks under way or waiting for their next attempt.", c.hooks_pending);
    line("hooks_dead", "gauge", "Background hooks that were given up, of calls in memory.", c.hooks_dead);
    line("store_ok", "gauge", "1 while the store takes what it is given.", store.ok);
    line("store_backlog", "gauge", "Writes that wait for a commit.", store.backlog);
    line("store_commits_total", "counter", "Transactions committed.", store.commits);
    line("store_writes_total", "counter", "Rows written.", store.writes);
    line("store_failures_total", "counter", "Transactions that failed.", store.failures);
    line("calls_placed_total", "counter", "Outbound calls that the carrier took.", c.placed);
    text +=
        "# HELP hookswitch_calls_refused_total Requests for a call that a guard refused.\n# TYPE "
        "hookswitch_calls_refused_total counter\n";
    for (auto& [by, count] :
         {std::pair("allow_to", c.refused_allow_to), std::pair("per_minute", c.refused_per_minute),
          std::pair("per_number_per_hour", c.refused_per_number), std::pair("max_concurrent", c.refused_concurrent)})
      text += std::string("hookswitch_calls_refused_total{by=\"") + by + "\"} " + std::to_string(count) + "\n";
    line("calls_ended_total", "counter", "Calls that have left the list.", c.ended);
    line("calls_recovered_total", "counter", "Calls of an earlier run, or unknown ones, that a start has ended.",
         c.recovered);
    line("media_sessions", "gauge", "Calls with a bridge on a media loop.", c.media_sessions);
    line("table_entries", "gauge", "Calls in memory, the newest ended ones included.", c.table);
    line("calls_parked", "gauge", "Ended calls whose hooks wait long: the store alone has them until they are due.",
         c.parked);
    line("timers", "gauge", "Timers of the control thread.", c.timers);
    line("dials_open", "gauge", "Dial requests that may still name a leg.", c.placing);
    line("sweeps_open", "gauge",
         "Carriers that have not listed all of their legs since the start, which may hide one that nobody knows.",
         c.sweeps);
    line("tool_runs", "gauge", "Tool calls under way.", c.tool_runs);
    line("idempotency_keys", "gauge", "Idempotency keys that are kept.", c.keys);
    line("sessions", "gauge", "Plugin sessions that are open: one per active plugin, two or three per bridged call.",
         plugin::Session::openCount());
    if (host_.gauges) text += host_.gauges();
    respond(goodReply(std::move(text), "text/plain; version=0.0.4; charset=utf-8"));
  });
}

void RestApi::drain(net::HttpResponder respond) {
  control_.post([this, respond = std::move(respond)] {
    calls_.drain();  // at once: whoever has the answer sees no call admitted after it
    hks::json::Object o;
    o.add("success", true).add("message", "Draining").add("active_calls", std::uint64_t(calls_.liveCount()));
    net::HttpReply reply = goodReply(o.str());
    reply.status = 202;
    respond(std::move(reply));
    if (host_.drain) host_.drain();
  });
}

}  // namespace hookswitch::api
