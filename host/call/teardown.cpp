#include "host/call/teardown.hpp"

#include <algorithm>
#include <utility>

namespace hookswitch::call {

using State = HookRow::State;

Teardown::Teardown(TeardownLimits limits, std::uint64_t first_id, const Situation& situation)
    : limits_(limits), situation_(situation), hooks_(limits_, first_id), leg_(limits_, hooks_, situation_) {}

void Teardown::conclude(Hook& hook, State state, const std::string& reason, Step& step) {
  hook.conclude(state, reason, step.now_ms);
  leg_.attemptOver(hook, step);
}

std::vector<Action> Teardown::announce(const std::vector<HookSpec>& hooks, std::uint64_t now_ms) {
  Step step{now_ms};
  if (std::exchange(announced_, true)) return {};
  for (auto spec : hooks) {
    if (spec.phase != Phase::started || hooks_.find(spec.phase, spec.plugin)) continue;
    spec.deadline_ms = std::min(spec.deadline_ms, limits_.deadline(spec.phase));
    hooks_.start(hooks_.add(spec, now_ms), Action::Came::fresh, step);
  }
  return std::move(step.actions);
}

std::vector<Action> Teardown::begin(std::vector<HookSpec> hooks, std::uint64_t now_ms) {
  Step step{now_ms};
  if (std::exchange(begun_, true)) return {};
  specs_ = std::move(hooks);
  hooks_.setCarrier(situation_.carrier);
  leg_.begin(specs_);
  for (auto& hook : hooks_)
    if (hook.row().phase == Phase::started && hook.isUnplanned()) startRestored(hook, step);
  dropUnhooked(step);
  leg_.askAgain(step);
  enter(leg_.settlesFirst() ? Phase::settle : Phase::hangup, step);
  return advance(step);
}

void Teardown::enter(Phase phase, Step& step) {
  phase_ = phase;
  if (phase == Phase::settle) return leg_.settle(step);
  for (auto& spec : specs_)
    if (spec.phase == phase) ask(spec, step);
  if (phase == Phase::disconnect) stopMedia(step);
  if (phase == Phase::record) seal(step);
}

void Teardown::ask(HookSpec spec, Step& step) {
  if (spec.phase == Phase::hangup && spec.plugin == hooks_.carrier()) return leg_.hangUp(step);
  Hook* known = hooks_.find(spec.phase, spec.plugin);
  if (known && !isOpen(known->row().state)) return;  // an earlier run of the gateway has concluded it
  spec.deadline_ms = std::min(spec.deadline_ms, limits_.deadline(spec.phase));
  Hook& hook = known ? *known : hooks_.add(spec, step.now_ms);
  hook.join(spec.deadline_ms);
  if (known)
    startRestored(hook, step);
  else
    hooks_.start(hook, Action::Came::fresh, step);
}

void Teardown::stopMedia(Step& step) {
  Hook& hook = hooks_.findOrAdd({host_plugin, Phase::disconnect, limits_.media_ms}, step.now_ms);
  if (situation_.media == Media::up) {
    hook.work(limits_.media_ms, step.now_ms);
    step.actions.push_back(Action{Action::Kind::stop_media});
  } else if (hook.row().state == State::pending) {  // after a restart the media went with the process
    hook.conclude(hook.row().attempts ? State::done : State::skipped, "there was no media", step.now_ms);
  }
}

void Teardown::seal(Step& step) {
  Hook& hook = hooks_.findOrAdd({host_plugin, Phase::record, limits_.record_ms}, step.now_ms);
  hook.work(limits_.record_ms, step.now_ms);
  hook.conclude(State::done, {}, step.now_ms);
  step.actions.push_back(Action{Action::Kind::seal});
}

/// Every notify hook is started before anybody hears that the call has ended; nobody waits for their answers.
void Teardown::leave(Step& step) {
  enter(Phase::notify, step);
  for (auto& hook : hooks_) hook.release();
  left_ = true;
  Action leave{Action::Kind::leave};
  if (!leg_.refusal().empty()) leave.hung_up = base::Failure(leg_.refusal());
  step.actions.push_back(std::move(leave));
}

std::vector<Action> Teardown::advance(Step& step) {
  while (begun_ && !left_ && !hooks_.awaited()) {
    switch (phase_) {
      case Phase::settle: enter(Phase::hangup, step); break;
      case Phase::hangup: enter(Phase::disconnect, step); break;
      case Phase::disconnect: enter(Phase::record, step); break;
      default: leave(step); break;
    }
  }
  if (left_ && hooks_.working())
    released_ = false;
  else if (left_ && !std::exchange(released_, true))
    step.actions.push_back(Action{Action::Kind::release});
  return std::move(step.actions);
}

std::vector<Action> Teardown::legNamed(std::uint64_t now_ms) {
  Step step{now_ms};
  leg_.named(step);
  return advance(step);
}

std::vector<Action> Teardown::legOver(std::uint64_t now_ms) {
  Step step{now_ms};
  leg_.over(step);
  return advance(step);
}

std::vector<Action> Teardown::mediaStopped(std::uint64_t now_ms) {
  Step step{now_ms};
  Hook* hook = hooks_.find(Phase::disconnect, host_plugin);
  if (hook && hook->row().state != State::skipped) hook->conclude(State::done, {}, now_ms);
  return advance(step);
}

std::vector<Action> Teardown::hookDone(std::uint64_t id, State verdict, std::uint64_t after_ms,
                                       const std::string& reason, std::uint64_t now_ms, const Wish& wish) {
  Step step{now_ms};
  Hook* hook = hooks_.findAttempt(id);
  if (hook && hook->answered({verdict, after_ms, reason, wish}, hooks_.repetition(), step))
    leg_.attemptOver(*hook, step);
  return advance(step);
}

std::vector<Action> Teardown::postpone(std::uint64_t id, std::uint64_t after_ms, const std::string& reason,
                                       std::uint64_t now_ms, bool apart) {
  Step step{now_ms};
  Hook* hook = hooks_.findAttempt(id);
  if (hook && hook->postponed(after_ms, reason, apart, hooks_.repetition(), step)) leg_.attemptOver(*hook, step);
  return advance(step);
}

std::vector<Action> Teardown::tick(std::uint64_t now_ms) {
  Step step{now_ms};
  for (std::size_t i = 0; i < hooks_.size(); ++i) {  // a hang-up that is concluded may add a hook
    Hook& hook = hooks_[i];
    if (hook.isOverdue(now_ms) && hook.waitsForName()) {
      leg_.nameStillMissing(hook, step);
    } else if (hook.isOverdue(now_ms)) {
      hook.unanswered(hooks_.repetition(), step);
      leg_.attemptOver(hook, step);
    }
    if (hook.isRetryDue(now_ms)) hooks_.send(hook, step);
  }
  return advance(step);
}

bool Teardown::busyWithin(std::uint64_t now_ms, std::uint64_t soon_ms) const {
  if (begun_ && !left_) return true;
  return std::any_of(hooks_.begin(), hooks_.end(), [&](const Hook& hook) {
    if (hook.kind() == Hook::Kind::news) return false;
    const bool hopeless = hook.row().attempts >= hopeless_attempts;
    return hook.isUnderWay() || (hook.isRetryDue(now_ms + soon_ms) && !hopeless);
  });
}

}  // namespace hookswitch::call
