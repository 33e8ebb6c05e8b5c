// The carrier's times of a call, which count where it gives them and where they can be true.
#include <algorithm>

#include "host/call/carrier_times.hpp"
#include "host/control/calls.hpp"

namespace hookswitch::control {

using call::Call;

namespace {

call::SaidTimes said(const hks_state& state) {
  return {state.answered_unix_ms, state.duration_ms, state.resolution_ms ? state.resolution_ms : 1};
}

}  // namespace

/// The answer was seen before, or just now: it may have been earlier.
void Calls::noteAnswer(Call& call, const hks_state& state) {
  const std::uint64_t seen = call.record.answered_unix_ms;
  const std::uint64_t at = call::plausibleAnswer(said(state), call.record.started_unix_ms, seen);
  if (at == seen) return;
  call.record.answered_unix_ms = at;
  if (call.answered_ms) call.answered_ms -= std::min(call.answered_ms - 1, seen - at);  // 0 means: not answered
  if (call.record.status == call::Status::in_progress) ledger_.write(call);
}

/// The leg is over; once the record is sealed it says what was known by then.
void Calls::noteTalk(Call& call, const hks_state& state) {
  call::Record& r = call.record;
  if (r.ended_unix_ms || !state.duration_ms) return;
  const std::uint64_t now = clockOf(call), life_ms = now > r.started_unix_ms ? now - r.started_unix_ms : 0;
  if (!r.answered_unix_ms)
    r.answered_unix_ms = state.answered_unix_ms ? call::plausibleAnswer(said(state), r.started_unix_ms, now)
                                                : now - std::min(state.duration_ms, life_ms);
  std::optional<std::uint64_t> own_ms;
  if (call.answered_ms) own_ms = Thread::allMs() - call.answered_ms;
  call.talked_ms = call::plausibleTalk(said(state), own_ms, std::max(life_ms, own_ms.value_or(0)));
  // They talked longer than we saw: the answer was earlier than we saw it.
  const std::uint64_t seen_ms = own_ms ? *own_ms : now > r.answered_unix_ms ? now - r.answered_unix_ms : 0;
  if (call.talked_ms > seen_ms)
    r.answered_unix_ms -=
        std::min(call.talked_ms - seen_ms, r.answered_unix_ms - std::min(r.answered_unix_ms, r.started_unix_ms));
}

}  // namespace hookswitch::control
