#include "host/control/acts.hpp"

#include <hookswitch/draft.h>

#include "host/control/driver.hpp"
#include "host/control/plugins.hpp"
#include "host/control/streams.hpp"

namespace hookswitch::control {

using call::Call;
using call::Status;
using call::What;

std::string notNow(const std::string& state, const char* act) {
  return "The call is " + state + "; only a call in progress can be " + act;
}

base::Result<Call*, Refusal> talking(call::Table& table, const std::string& id, const char* act) {
  Call* call = table.find(id);
  if (!call) return refused(Why::unknown, "Call not found");
  const Status status = call->record.status;
  if (status != Status::in_progress) return refused(Why::conflict, notNow(name(status), act));
  if (!call->life.hasMedia())
    return refused(Why::conflict, notNow("in-progress, but the carrier's media stream has not come yet", act));
  const call::Transfer& transfer = call->record.transfer;
  if (transfer.rings()) return refused(Why::conflict, notNow("being transferred to " + transfer.to, act));
  if (transfer.completed())
    return refused(Why::conflict, notNow("transferred to " + transfer.to + ", and the agent has left it", act));
  return call;
}

Accepted Acts::mute(const std::string& id, bool on) {
  auto call = talking(table_, id, on ? "muted" : "unmuted");
  if (!call) return base::Failure(call.error());
  if ((*call)->muted != on) driver_.note(**call, on ? What::muted : What::unmuted);
  (*call)->muted = on;
  streams_.mute(id, on);
  return {};
}

Accepted Acts::say(const std::string& id, const std::string& text, bool interrupt) {
  auto call = talking(table_, id, "spoken in");
  if (!call) return base::Failure(call.error());
  streams_.say(**call, text, interrupt);
  return {};
}

Accepted Acts::prompt(const std::string& id, const std::string& text) {
  auto found = talking(table_, id, "given other instructions");
  if (!found) return base::Failure(found.error());
  Call& call = **found;
  const std::string voice = call.record.terms->voice;
  if (!plugins_.listens(voice, HKS_DRAFT_PROMPT))
    return refused(Why::carrier, "The voice " + voice + " takes no other instructions in the middle of a call");
  driver_.note(call, What::prompted);
  streams_.prompt(id, text);
  call.life.promptIs(text);
  driver_.run(call, {});
  return {};
}

}  // namespace hookswitch::control
