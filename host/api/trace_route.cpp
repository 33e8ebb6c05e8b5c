// GET /api/calls/{id}/trace: what the flight recorder has of a call.
#include <utility>

#include "host/api/context.hpp"
#include "host/api/reply.hpp"
#include "host/api/routes.hpp"
#include "host/api/trace_json.hpp"
#include "host/base/ids.hpp"
#include "host/control/traces.hpp"

namespace hookswitch::api {
namespace {

void showTrace(Context& context, Asked asked) {
  context.control.post([&context, id = asked.names[0], respond = std::move(asked.respond)] {
    context.calls.trace(id, [&context, id, respond](std::optional<control::CallTrace> trace) {
      if (trace) return respond(reply(200, traceJson(*trace)));
      if (!base::isId(id)) return respond(net::errorReply(404, "Call not found"));
      context.calls.ledger().store().find(id, [respond](store::Answer<std::optional<store::StoredCall>> stored) {
        if (!stored.readable) return respond(unreadable());
        respond(net::errorReply(
            404, stored.value ? "The trace of this call is gone: the calls in memory have one, the newest 1,000 of "
                                "this run of the gateway"
                              : "Call not found"));
      });
    });
  });
}

}  // namespace

std::vector<Route> traceRoutes() {
  return {
      {"GET", "/api/calls/{id}/trace", Who::key, showTrace, "shows the last events of a call, and how late it was"}};
}

}  // namespace hookswitch::api
