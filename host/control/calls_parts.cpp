#include "host/control/calls_parts.hpp"

#include <hookswitch/draft.h>

#include "host/plugin/flood.hpp"
#include "host/plugin/message.hpp"

namespace hookswitch::control {

using call::Call;

CallCounts Calls::Parts::counts() const {
  CallCounts c;
  report.count(c);
  admission.count(c);
  health.count(c);
  c.parked = parking.size();
  c.hooks_pending += lines.size();
  c.placing = dialler.size();
  c.tool_runs = tools.size();
  c.keys = idempotency.size();
  c.timers = control.timers();
  c.sweeps = sweep.size();
  c.placed = dialler.placedCount();
  c.ended = ending.endedCount();
  c.recovered = recovery.recovered() + orphans.adopted();
  return c;
}

void Calls::Parts::take(Session& session, const hks_msg& message) {
  switch (message.type) {
    case HKS_CALL_OFFER: return offers.offered(session, readLeg(message));
    case HKS_CALL_PLACED: return dialler.placed(session, readLeg(message));
    case HKS_CALL_FAILED: return dialler.failed(session, readFailure(message));
    case HKS_CALL_STATE: return follower.state(session, readState(message));
    case HKS_CALL_END: return follower.endWished(session, readEnd(message));
    case HKS_CALL_FOUND: return follower.found(session, readLeg(message));
    case HKS_SWEPT: return sweep.over(session, readSwept(message));
    case HKS_DRAFT_ACT_DONE: return leg_acts.answered(session, readActAnswer(message));
    case HKS_DRAFT_TRANSFERRED: return leg_acts.transferred(session, readTransfer(message));
    case HKS_TOOL_RESULT: return tools.over(readTool(message));
    case HKS_HOOK_DONE:
      if (!questions.answered(message.id)) hooks.answered(session, readVerdict(message));
      return;
    case HKS_NOTICE: {
      Words words = readWords(message);
      std::string text;
      if (!plugin::FloodGate::of(session.id()).notice(words.text, text)) return;
      words.text = std::move(text);
      return media.noticed(session.id(), words);
    }
    case HKS_SAY: {
      const Words words = readWords(message);
      if (const Call* call = follower.named(session, words.call)) streams.say(*call, words.text);
      return;
    }
    default:
      session.say(log::Level::debug,
                  std::string("sent ") + plugin::typeName(message.type) + ", which is not for a control session");
  }
}

}  // namespace hookswitch::control
