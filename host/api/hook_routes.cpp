// Hooks that wait or were given up.
#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <utility>

#include "host/api/call_json.hpp"
#include "host/api/context.hpp"
#include "host/api/fields.hpp"
#include "host/api/parameters.hpp"
#include "host/api/reply.hpp"
#include "host/api/routes.hpp"
#include "host/base/json.hpp"
#include "host/base/time.hpp"

namespace hookswitch::api {
namespace {

using call::HookRow;
using Act = control::HookAct;

struct HooksQuery {
  bool pending = true, dead = true;
  std::size_t limit = 100;
  std::string plugin;
};

bool takeHookState(HooksQuery& q, const std::string& value) {
  q.pending = value == "pending";
  q.dead = value == "dead";
  return q.pending || q.dead;
}

bool takePlugin(HooksQuery& q, const std::string& value) {
  q.plugin = value;
  return !value.empty() && value.size() <= 64;
}

const std::vector<Parameter<HooksQuery>>& listParameters() {
  static const std::vector<Parameter<HooksQuery>> table = {
      {{"state", "string", "pending or dead"}, takeHookState},
      {{"limit", "integer", "a whole number from 1 to 1000"}, [](HooksQuery& q, const std::string& value) {
         const auto limit = parseLimit(value, 1000);
         q.limit = limit.value_or(q.limit);
         return limit.has_value();
       }}};
  return table;
}

const std::vector<Parameter<HooksQuery>>& actParameters() {
  static const std::vector<Parameter<HooksQuery>> table = {
      {{"plugin", "string", "the id of a plugin, as GET /api/plugins lists it"}, takePlugin, true},
      {{"state", "string", "pending or dead"}, takeHookState, true}};
  return table;
}

std::string timeOrNothing(std::uint64_t unix_ms) { return unix_ms ? base::isoTime(unix_ms) : std::string(); }

std::string hookJson(const store::Hook& h) {
  json::Object o;
  o.add("id", control::hookId(h.call, h.phase, h.plugin))
      .add("call_id", h.call)
      .add("phase", call::name(h.phase))
      .add("plugin", h.plugin)
      .add("state", call::name(h.state))
      .add("attempts", h.attempts)
      .add("first_at", base::isoTime(h.first_unix_ms))
      .orNull("next_at", timeOrNothing(h.next_unix_ms))
      .add("error", h.error);
  if (!h.stored) o.add("stored", false);
  return o.str();
}

/// Of each plugin for which notifications wait: how many, and what a person has to mend. [control]
std::string linesJson(const control::Calls& calls) {
  json::Array array;
  for (auto& line : calls.lineStates()) {
    json::Object o;
    o.add("plugin", line.plugin)
        .add("hooks", std::uint64_t(line.waiting))
        .add("in_hand", std::uint64_t(line.in_hand))
        .orNull("next_at", timeOrNothing(line.next_unix_ms));
    if (line.to_mend) o.add("mend", line.mend);
    array.raw(o.str());
  }
  return array.str();
}

net::HttpReply refusal(const control::Refusal& no) { return net::errorReply(statusOf(no), no.error); }

void listHooks(Context& context, Asked asked) {
  HooksQuery query;
  if (const auto read = readQuery(asked.request->query(), listParameters(), query); !read)
    return asked.respond(badRequest(read.error()));
  std::vector<HookRow::State> states;
  if (query.pending) states = {HookRow::State::pending, HookRow::State::retrying};
  if (query.dead) states.push_back(HookRow::State::dead);
  context.calls.ledger().store().hooks(
      std::move(states), query.limit,
      [&context, respond = std::move(asked.respond)](store::Answer<std::vector<store::Hook>> hooks) {
        if (!hooks.readable) return respond(unreadable());
        json::Array array;
        for (auto& h : hooks.value) array.raw(hookJson(h));
        json::Object o;
        o.raw("hooks", array.str()).add("count", std::uint64_t(hooks.value.size()));
        respond(reply(200, o.raw("waiting", linesJson(context.calls)).str()));
      });
}

void actOnHooks(Context& context, Asked asked, Act act) {
  HooksQuery query;
  if (const auto read = readQuery(asked.request->query(), actParameters(), query); !read)
    return asked.respond(badRequest(read.error()));
  context.control.post([&context, act, query, respond = std::move(asked.respond)] {
    context.calls.actOnHooks(act, query.plugin, query.pending, query.dead, [respond](const control::Changed& hooks) {
      if (!hooks) return respond(refusal(hooks.error()));
      json::Object o;
      respond(reply(200, o.add("success", true).add("hooks", std::uint64_t(*hooks)).str()));
    });
  });
}

void actOnHook(Context& context, Asked asked, Act act) {
  std::string id;
  try {
    Poco::URI::decode(asked.names[0], id);
  } catch (const Poco::Exception&) {
    return asked.respond(net::errorReply(404, "There is no such hook"));
  }
  context.control.post([&context, id, act, respond = std::move(asked.respond)] {
    context.calls.actOnHook(id, act, [respond, id, act](const control::Accepted& accepted) {
      if (!accepted) return respond(refusal(accepted.error()));
      respond(done("Hook " + id + (act == Act::retry ? " is tried again" : " is discarded")));
    });
  });
}

}  // namespace

std::vector<Route> hookRoutes() {
  const auto which = described(actParameters());
  return {
      {"GET", "/api/hooks", Who::key, listHooks, "lists hooks that wait or were given up", described(listParameters())},
      {"POST", "/api/hooks/retry", Who::key, [](Context& c, Asked a) { actOnHooks(c, std::move(a), Act::retry); },
       "tries hooks again now", which},
      {"POST", "/api/hooks/discard", Who::key, [](Context& c, Asked a) { actOnHooks(c, std::move(a), Act::discard); },
       "gives hooks up", which},
      {"POST", "/api/hooks/{id}/retry", Who::key, [](Context& c, Asked a) { actOnHook(c, std::move(a), Act::retry); },
       "tries a hook again now"},
      {"POST", "/api/hooks/{id}/discard", Who::key,
       [](Context& c, Asked a) { actOnHook(c, std::move(a), Act::discard); }, "gives a hook up"}};
}

}  // namespace hookswitch::api
