// What an earlier run of the gateway has left of an end.
#include <algorithm>
#include <utility>

#include "host/call/teardown.hpp"

namespace hookswitch::call {

using State = HookRow::State;

void Teardown::restore(std::vector<StoredRow> rows) {
  for (auto& row : rows) announced_ = announced_ || row.row.phase == Phase::started;
  hooks_.restore(std::move(rows));
}

void Teardown::startRestored(Hook& hook, Step& step) {
  hooks_.start(hook, Action::Came::restored, step, hook.remaining(step.now_ms));
}

/// A hook whose plugin takes no part in its phase any more gets no answer, so it is concluded.
void Teardown::dropUnhooked(Step& step) {
  for (std::size_t i = 0; i < hooks_.size(); ++i) {
    Hook& hook = hooks_[i];
    const HookRow& row = hook.row();
    const bool hooked = std::any_of(specs_.begin(), specs_.end(),
                                    [&](auto& spec) { return spec.phase == row.phase && spec.plugin == row.plugin; });
    if (!isOpen(row.state) || hooked || hook.isHost() || row.phase == Phase::started) continue;
    // A carrier that cannot be asked has said all it will when it takes the hang-up.
    const bool question = row.phase == Phase::settle || row.phase == Phase::confirm;
    conclude(hook, question ? State::skipped : State::failed, "the plugin takes no part in it any more", step);
  }
}

std::vector<Action> Teardown::resume(std::vector<HookSpec> hooks, std::uint64_t now_ms) {
  Step step{now_ms};
  begun_ = left_ = true;
  phase_ = Phase::notify;
  specs_ = std::move(hooks);
  hooks_.setCarrier(situation_.carrier);
  leg_.begin(specs_);
  for (auto& hook : hooks_) {
    if (!isOpen(hook.row().state)) continue;
    if (hook.kind() == Hook::Kind::news) startRestored(hook, step);
    if (hook.kind() == Hook::Kind::once) hook.conclude(State::failed, "the gateway was restarted meanwhile", now_ms);
  }
  leg_.resume(step);
  auto due = tick(now_ms);
  step.actions.insert(step.actions.end(), due.begin(), due.end());
  return std::move(step.actions);
}

}  // namespace hookswitch::call
