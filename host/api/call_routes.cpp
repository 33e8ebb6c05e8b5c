// Calls that are there: lists, one of them, their end.
#include <utility>

#include "host/api/call_json.hpp"
#include "host/api/call_lookup.hpp"
#include "host/api/calls_query.hpp"
#include "host/api/context.hpp"
#include "host/api/history.hpp"
#include "host/api/reply.hpp"
#include "host/api/routes.hpp"
#include "host/base/json.hpp"

namespace hookswitch::api {
namespace {

/// [control]
void listEnded(Context& context, const CallsQuery& query, net::HttpResponder respond) {
  auto answer = [&context, query, respond = std::move(respond)](store::Answer<store::HistoryPage> history) {
    if (!history.readable) return respond(unreadable());
    answerHistory(query, std::move(history.value), context.calls.ledger().store(), context.host.offload,
                  context.control.unixMs(), respond);
  };
  store::Store& store = context.calls.ledger().store();
  // A disk that hangs answers nobody; what memory has is better than silence.
  if (store.health().hangs) return answer({true, context.calls.endedInMemory(query.history)});
  store.history(query.history, std::move(answer));
}

void listCalls(Context& context, Asked asked) {
  auto query = parseCallsQuery(asked.request->query());
  if (!query) return asked.respond(badRequest(query.error()));
  if (query->everything) query->history.limit = export_page;
  context.control.post([&context, query = *std::move(query), respond = std::move(asked.respond)] {
    if (query.state == CallsQuery::State::live) return respond(reply(200, liveJson(context.calls.live())));
    listEnded(context, query, respond);
  });
}

void showCall(Context& context, Asked asked) {
  context.control.post([&context, id = asked.names[0], respond = std::move(asked.respond)] {
    findCall(
        context, id, respond, [&](const control::CallView& call) { respond(reply(200, detailJson(call))); },
        [&context, respond](const store::StoredCall& call) {
          respond(reply(200, storedJson(call, context.control.unixMs(), true)));
        });
  });
}

void endCall(Context& context, Asked asked) {
  context.control.post([&context, id = asked.names[0], respond = std::move(asked.respond)] {
    const bool known = context.calls.end(
        id, call::EndedBy::api, "ended through the API", [respond, id](const base::Result<void>& hung_up) {
          respond(hung_up ? done("Call " + id + " ended") : net::errorReply(502, hung_up.error()));
        });
    if (!known) respond(noCall());
  });
}

void endAll(Context& context, Asked asked) {
  context.control.post([&context, respond = std::move(asked.respond)] {
    context.calls.endAll(call::EndedBy::api, "ended through the API, with all others",
                         [respond](std::size_t ended, std::vector<control::Calls::Failed> failed) {
                           json::Array list;
                           for (auto& f : failed)
                             list.raw(json::Object().add("call_id", f.call).add("error", f.error).str());
                           json::Object o;
                           o.add("success", true).add("ended", std::uint64_t(ended)).raw("failed", list.str());
                           respond(reply(200, o.str()));
                         });
  });
}

}  // namespace

std::vector<Route> callRoutes() {
  return {{"GET", "/api/calls", Who::key, listCalls, "lists live or ended calls", callsParameters()},
          {"GET", "/api/calls/{id}", Who::key, showCall, "shows a call"},
          {"POST", "/api/calls/{id}/end", Who::key, endCall, "ends a call"},
          {"POST", "/api/calls/end", Who::key, endAll, "ends every live call"}};
}

}  // namespace hookswitch::api
