#include "host/call/leg_end.hpp"

#include <algorithm>

namespace hookswitch::call {
namespace {

using State = HookRow::State;

constexpr const char* reported_over = "the carrier reported the leg over";

/// The carrier was asked and has not said, or the hook was given up: the leg may run.
bool leavesOpen(State s) { return isOpen(s) || s == State::dead || s == State::failed || s == State::fault; }

bool isRefusal(State s) { return leavesOpen(s) && s != State::pending; }

}  // namespace

void LegEnd::begin(const std::vector<HookSpec>& specs) {
  for (auto& spec : specs) {
    const bool of_leg = spec.phase == Phase::settle || spec.phase == Phase::hangup || spec.phase == Phase::confirm;
    if (!of_leg || spec.plugin != situation_.carrier) continue;
    specs_.push_back(spec);
    specs_.back().deadline_ms = std::min(spec.deadline_ms, limits_.deadline(spec.phase));
  }
  begun_ = true;
}

const HookSpec* LegEnd::spec(Phase phase) const {
  const auto found = std::find_if(specs_.begin(), specs_.end(), [&](auto& spec) { return spec.phase == phase; });
  return found == specs_.end() ? nullptr : &*found;
}

void LegEnd::conclude(Hook& hook, State state, const char* reason, Step& step) {
  hook.conclude(state, reason, step.now_ms);
  attemptOver(hook, step);
}

/// A settle of an earlier run was about the start of that run, so the carrier is asked again.
void LegEnd::settle(Step& step) {
  const HookSpec* settle = spec(Phase::settle);
  if (!settle) return;
  Hook& hook = hooks_.findOrAdd(*settle, step.now_ms);
  hook.join(settle->deadline_ms);
  hooks_.send(hook, step);
}

void LegEnd::hangUp(Step& step) {
  const HookSpec* hangup = spec(Phase::hangup);
  if (!hangup) return;
  Hook& hook = hooks_.findOrAdd(*hangup, step.now_ms);
  // What an earlier run of the gateway has concluded is not done twice, but one that was skipped for want of a name may
  // have it now.
  const bool named_since = hook.unsent() && situation_.named() && !situation_.gone();
  if (!isOpen(hook.row().state) && !named_since) {
    if (!situation_.gone() && hook.row().attempts) confirmLater(step.now_ms);
    return;
  }
  hook.join(hangup->deadline_ms);
  if (situation_.leg == Leg::over)
    conclude(hook, hook.row().attempts ? State::done : State::skipped, reported_over, step);
  else if (situation_.named())
    hooks_.send(hook, step);
  else if (situation_.leg == Leg::dialling)  // the carrier's answer to the create request brings the name
    hook.awaitName(step.now_ms + limits_.naming_ms);
  else
    conclude(hook, State::skipped, "the carrier never had this leg", step);
}

void LegEnd::resume(Step& step) {
  bool open = false;
  for (std::size_t i = 0, n = hooks_.size(); i < n; ++i)
    if (hooks_[i].kind() == Hook::Kind::leg) open = resume(hooks_[i], step) || open;
  // A hang-up was under way before the restart: the carrier says how the leg has fared since.
  const HookSpec* settle = spec(Phase::settle);
  if (!open || situation_.gone() || situation_.named() || !settle) return;
  Hook& hook = hooks_.findOrAdd(*settle, step.now_ms);
  hooks_.send(hook, step);
}

/// True: the leg may run.
bool LegEnd::resume(Hook& hook, Step& step) {
  const bool named_since = hook.isLegHangup() && hook.unsent() && situation_.named() && !situation_.gone();
  if (named_since) {  // after it was skipped, by a run that went no further
    hook.tryAt(step.now_ms);
    return false;
  }
  if (!isOpen(hook.row().state)) return false;
  if (hook.isLegHangup() && !situation_.named())
    conclude(hook, State::skipped, "the carrier had not named the leg before the restart", step);
  else
    hook.tryAt(step.now_ms);
  return true;
}

void LegEnd::askAgain(Step& step) {
  Hook* confirm = find(Phase::confirm);
  if (confirm && confirm->row().state == State::pending && !confirm->due())
    confirm->tryAt(step.now_ms + limits_.confirm_after_ms);
}

void LegEnd::attemptOver(const Hook& hook, Step& step) {
  if (!hook.isLegHangup()) return;
  const State state = hook.row().state;
  refusal_ = isRefusal(state) ? hook.row().error : std::string();
  // Accepted is not over, and a leg whose hang-up was refused may be running: either way the carrier is asked.
  const bool final = state == State::done || (leavesOpen(state) && !isOpen(state));
  if (final && !situation_.gone()) confirmLater(step.now_ms);
}

void LegEnd::confirmLater(std::uint64_t now_ms) {
  const HookSpec* confirm = spec(Phase::confirm);
  if (!confirm || find(Phase::confirm)) return;
  const Hook* hangup = find(Phase::hangup);
  const bool soon = hangup && hangup->row().attempts > 1;
  hooks_.add(*confirm, now_ms)
      .tryAt(now_ms + (soon ? std::min(limits_.confirm_soon_ms, limits_.confirm_after_ms) : limits_.confirm_after_ms));
}

void LegEnd::nameStillMissing(Hook& hook, Step& step) {
  if (hook.awaited())  // the phase goes on; the hang-up waits until the create request is answered one way or the other
    hook.nameStillMissing(std::uint64_t(hook.times().first_ms) +
                          std::max(limits_.unnamed_give_up_ms, limits_.naming_ms + 1));
  else
    conclude(hook, State::failed, "the carrier never said what became of the dial request", step);
}

void LegEnd::named(Step& step) {
  Hook* hangup = begun_ ? find(Phase::hangup) : nullptr;
  if (!hangup || !(hangup->waitsForName() || hangup->unsent())) return;
  hangup->named();
  hooks_.send(*hangup, step);
}

void LegEnd::over(Step& step) {
  if (!begun_) return;
  for (auto& hook : hooks_) {
    if (hook.kind() != Hook::Kind::leg || !leavesOpen(hook.row().state)) continue;
    // Who asked for the end hears what became of the request, so the refusal stays; that closing the media has ended
    // the leg as well is luck. An answer that is still on its way says nothing new.
    const bool asked = hook.row().attempts || hook.row().phase == Phase::confirm;
    hook.close(asked ? State::done : State::skipped, reported_over, step.now_ms);
  }
}

bool LegEnd::unconfirmed() const {
  if (!begun_ || situation_.gone()) return false;
  const bool confirms = find(Phase::confirm);  // which stands for the hang-up then
  for (auto& hook : hooks_) {
    const bool counts = hook.kind() == Hook::Kind::leg && !(confirms && hook.isLegHangup());
    if (counts && leavesOpen(hook.row().state)) return true;
  }
  return false;
}

}  // namespace hookswitch::call
