// The REST interface to what the store keeps: history, hooks, gauges; and the drain.
#include <hookswitch/json.hpp>

#include <Poco/DateTimeParser.h>
#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "host/control/rest_api.hpp"

namespace hookswitch::control {
namespace {

using call::HookRow;

net::HttpReply bad(const std::string& sentence) { return net::errorReply(400, sentence); }

bool parseTime(const std::string& text, std::uint64_t& unix_ms) {
  Poco::DateTime time;
  int zone = 0;
  for (const char* format : {"%Y-%m-%dT%H:%M:%s%z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"})
    if (Poco::DateTimeParser::tryParse(format, text, time, zone)) {
      const auto ms = time.timestamp().epochMicroseconds() / 1000 - zone * 1000ll;
      unix_ms = ms > 0 ? std::uint64_t(ms) : 0;
      return unix_ms > 0;
    }
  return false;
}

bool parseLimit(const std::string& text, std::size_t most, std::size_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= 1 && out <= most;
}

/// Names and values, decoded. False: not percent-encoding.
bool parameters(std::string_view query, Poco::URI::QueryParameters& out) {
  try {
    Poco::URI uri;
    uri.setRawQuery(std::string(query));
    out = uri.getQueryParameters();
    return true;
  } catch (const Poco::Exception&) {
    return false;
  }
}

std::optional<call::Outcome> outcomeNamed(const std::string& text) {
  for (auto o : {call::Outcome::completed, call::Outcome::failed, call::Outcome::busy, call::Outcome::no_answer, call::Outcome::canceled})
    if (text == call::name(o)) return o;
  return std::nullopt;
}

std::string storedJson(const store::StoredCall& stored, bool detail) {
  std::vector<HookRow> rows;
  for (auto& h : stored.hooks) {
    HookRow row;
    row.phase = h.phase;
    row.plugin = h.plugin;
    row.state = h.state;
    row.attempts = h.attempts;
    row.ms = h.ms;
    row.error = h.error;
    rows.push_back(std::move(row));
  }
  return call::toJson(stored.record, &rows, Thread::unixMs(), detail);
}

net::HttpReply good(std::string body, const char* type = nullptr) {
  net::HttpReply reply;
  reply.body = std::move(body);
  if (type) reply.headers.emplace_back("Content-Type", type);
  return reply;
}

}  // namespace

net::HttpReply parseCallsQuery(std::string_view query, CallsQuery& out) {
  net::HttpReply none;
  none.status = 0;
  Poco::URI::QueryParameters list;
  if (!parameters(query, list)) return bad("the query is not valid percent-encoding");
  bool filtered = false;
  std::string stranger;
  for (auto& [name, value] : list) {
    if (name == "state") {
      if (value != "live" && value != "ended") return bad("'state': expected live or ended");
      out.state = value == "ended" ? CallsQuery::State::ended : CallsQuery::State::live;
      continue;
    }
    static const std::unordered_set<std::string> known = {"limit", "before", "number", "outcome", "since", "until", "format"};
    if (!known.count(name)) {
      stranger = name;
      continue;
    }
    filtered = true;
    if (name == "limit") {
      if (!parseLimit(value, 1000, out.history.limit)) return bad("'limit': expected a whole number from 1 to 1000");
    } else if (name == "before") {
      if (!call::isId(value)) return bad("'before': expected the call_id of a call");
      out.history.before = value;
    } else if (name == "number") {
      // An unescaped + arrives as a space.
      out.history.number = !value.empty() && value[0] == ' ' ? "+" + value.substr(1) : value;
      if (out.history.number.empty() || out.history.number.size() > 64) return bad("'number': expected a phone number such as +15550001111");
    } else if (name == "outcome") {
      out.history.outcome = outcomeNamed(value);
      if (!out.history.outcome) return bad("'outcome': expected completed, failed, busy, no-answer or canceled");
    } else if (name == "since" || name == "until") {
      if (!parseTime(value, name == "since" ? out.history.from_unix_ms : out.history.to_unix_ms))
        return bad("'" + name + "': expected a time such as 2026-01-31T14:03:22Z");
    } else if (name == "format") {
      if (value != "json" && value != "jsonl") return bad("'format': expected json or jsonl");
      out.lines = value == "jsonl";
    }
  }
  // The list of live calls has always overlooked what it does not know; a filter that is misspelt must not be.
  if (!stranger.empty() && (filtered || out.state == CallsQuery::State::ended))
    return bad("'" + stranger + "': there is no such parameter; known are state, limit, before, number, outcome, since, until, format");
  if (filtered && out.state == CallsQuery::State::live) return bad("limit, before, number, outcome, since, until and format go with state=ended");
  out.history.transcripts = out.lines;
  Poco::URI next;
  for (auto& [name, value] : list)
    if (name != "before") next.addQueryParameter(name, value);
  out.next = next.getRawQuery();
  return none;
}

void RestApi::listCalls(const Request& request, net::HttpResponder respond) {
  CallsQuery query;
  net::HttpReply refusal = parseCallsQuery(request->query(), query);
  if (refusal.status) return respond(std::move(refusal));
  if (query.state == CallsQuery::State::live)
    return control_.post([this, respond = std::move(respond)] { respond(good(calls_.liveJson())); });
  const std::size_t limit = query.history.limit;
  calls_.ledger().store().history(query.history, [this, respond = std::move(respond), query, limit](std::vector<store::StoredCall> calls) {
    auto shared = std::make_shared<std::vector<store::StoredCall>>(std::move(calls));
    host_.offload([respond, query, limit, shared] {
      const std::string last = shared->size() == limit && limit ? shared->back().record.terms->id : std::string();
      net::HttpReply reply;
      if (query.lines) {
        std::string body;
        for (auto& one : *shared) body += storedJson(one, true) + "\n";
        reply = good(std::move(body), "application/x-ndjson");
      } else {
        hks::json::Array list;
        for (auto& one : *shared) list.raw(storedJson(one, false));
        hks::json::Object o;
        o.raw("calls", list.str()).add("count", std::uint64_t(shared->size()));
        if (last.empty()) o.raw("next", "null");
        else o.add("next", last);
        reply = good(o.str());
      }
      if (!last.empty()) reply.headers.emplace_back("Link", "</api/calls?" + query.next + "&before=" + last + ">; rel=\"next\"");
      respond(std::move(reply));
    });
  });
}

void RestApi::showCall(const std::string& id, net::HttpResponder respond) {
  control_.post([this, id, respond = std::move(respond)] {
    if (auto detail = calls_.detailJson(id)) return respond(good(*detail));
    if (!call::isId(id)) return respond(net::errorReply(404, "Call not found"));
    calls_.ledger().store().find(id, [respond](std::optional<store::StoredCall> stored) {
      respond(stored ? good(storedJson(*stored, true)) : net::errorReply(404, "Call not found"));
    });
  });
}

void RestApi::listHooks(const Request& request, net::HttpResponder respond) {
  Poco::URI::QueryParameters list;
  std::string state;
  std::size_t limit = 100;
  if (!parameters(request->query(), list)) return respond(bad("the query is not valid percent-encoding"));
  for (auto& [name, value] : list) {
    if (name == "state") state = value;
    else if (name == "limit") {
      if (!parseLimit(value, 1000, limit)) return respond(bad("'limit': expected a whole number from 1 to 1000"));
    } else {
      return respond(bad("'" + name + "': there is no such parameter; known are state and limit"));
    }
  }
  std::vector<HookRow::State> states;
  if (state == "pending") states = {HookRow::State::pending, HookRow::State::retrying};
  else if (state == "dead") states = {HookRow::State::dead};
  else return respond(bad("'state': expected pending or dead"));
  calls_.ledger().store().hooks(std::move(states), limit, [respond = std::move(respond)](std::vector<store::Hook> hooks) {
    hks::json::Array array;
    for (auto& h : hooks) {
      hks::json::Object o;
      o.add("id", hookId(h.call, h.phase, h.plugin)).add("call_id", h.call).add("phase", call::name(h.phase)).add("plugin", h.plugin)
          .add("state", call::name(h.state)).add("attempts", h.attempts).add("first_at", call::isoTime(h.first_unix_ms));
      if (h.next_unix_ms) o.add("next_at", call::isoTime(h.next_unix_ms));
      else o.raw("next_at", "null");
      o.add("error", h.error);
      array.raw(o.str());
    }
    respond(good(hks::json::Object().raw("hooks", array.str()).add("count", std::uint64_t(hooks.size())).str()));
  });
}

void RestApi::actOnHook(const std::string& id, Calls::HookAct act, net::HttpResponder respond) {
  std::string plain;
  try {
    Poco::URI::decode(id, plain);
  } catch (const Poco::Exception&) {
    return respond(net::errorReply(404, "There is no such hook"));
  }
  control_.post([this, plain, act, respond = std::move(respond)] {
    calls_.actOnHook(plain, act, [respond, plain, act](const Refusal& no) {
      if (no.status) return respond(net::errorReply(no.status, no.error));
      respond(good(hks::json::Object().add("success", true).add("message", "Hook " + plain + (act == Calls::HookAct::retry ? " is tried again" : " is discarded")).str()));
    });
  });
}

void RestApi::health(net::HttpResponder respond) {
  control_.post([this, respond = std::move(respond)] {
    const bool draining = calls_.draining();
    const auto store = calls_.ledger().store().health();
    hks::json::Object o;
    o.add("status", draining ? "draining" : "healthy").add("active_calls", std::uint64_t(calls_.liveCount()));
    // Only trouble is worth a word.
    if (!store.ok) o.add("store", store.error);
    if (const auto legs = calls_.counts().unconfirmed) o.add("legs_unconfirmed", std::uint64_t(legs));
    net::HttpReply reply = good(o.str());
    reply.status = draining ? 503 : 200;
    if (draining) reply.headers.emplace_back("Retry-After", "5");
    respond(std::move(reply));
  });
}

void RestApi::metrics(net::HttpResponder respond) {
  control_.post([this, respond = std::move(respond)] {
    const CallCounts c = calls_.counts();
    const auto store = calls_.ledger().store().health();
    std::string text;
    auto line = [&](const char* name, const char* type, const char* help, std::uint64_t value) {
      text += std::string("# HELP hookswitch_") + name + " " + help + "\n# TYPE hookswitch_" + name + " " + type + "\nhookswitch_" + name + " " +
              std::to_string(value) + "\n";
    };
    line("calls_live", "gauge", "Calls that are dialling, ringing, in progress or ending.", c.live);
    line("legs_unconfirmed", "gauge", "Legs whose end was asked for and that the carrier has not confirmed over.", c.unconfirmed);
    line("hooks_pending", "gauge", "Hooks under way or waiting for their next attempt.", c.hooks_pending);
    line("hooks_dead", "gauge", "Background hooks that were given up, of calls in memory.", c.hooks_dead);
    line("store_ok", "gauge", "1 while the store takes what it is given.", store.ok);
    line("store_backlog", "gauge", "Writes that wait for a commit.", store.backlog);
    line("store_commits_total", "counter", "Transactions committed.", store.commits);
    line("store_writes_total", "counter", "Rows written.", store.writes);
    line("store_failures_total", "counter", "Transactions that failed.", store.failures);
    line("calls_placed_total", "counter", "Outbound calls that the carrier took.", c.placed);
    line("calls_ended_total", "counter", "Calls that have left the list.", c.ended);
    line("calls_recovered_total", "counter", "Calls of an earlier run, or unknown ones, that a start has ended.", c.recovered);
    line("media_sessions", "gauge", "Calls with a bridge on a media loop.", c.media_sessions);
    line("table_entries", "gauge", "Calls in memory, the newest ended ones included.", c.table);
    line("timers", "gauge", "Timers of the control thread.", c.timers);
    line("dials_open", "gauge", "Dial requests that may still name a leg.", c.placing);
    line("tool_runs", "gauge", "Tool calls under way.", c.tool_runs);
    line("idempotency_keys", "gauge", "Idempotency keys that are kept.", c.keys);
    line("sessions", "gauge", "Plugin sessions that are open: one per active plugin, two or three per bridged call.", plugin::Session::openCount());
    if (host_.gauges) text += host_.gauges();
    respond(good(std::move(text), "text/plain; version=0.0.4; charset=utf-8"));
  });
}

void RestApi::drain(net::HttpResponder respond) {
  control_.post([this, respond = std::move(respond)] {
    calls_.drain();   // at once: whoever has the answer sees no call admitted after it
    hks::json::Object o;
    o.add("success", true).add("message", "Draining").add("active_calls", std::uint64_t(calls_.liveCount()));
    net::HttpReply reply = good(o.str());
    reply.status = 202;
    respond(std::move(reply));
    if (host_.drain) host_.drain();
  });
}

}  // namespace hookswitch::control
