// What the lines of plugins and people do with a hook that waits.
#include <utility>

#include "host/call/teardown.hpp"

namespace hookswitch::call {

using State = HookRow::State;

std::vector<Action> Teardown::give(Phase phase, const std::string& plugin, std::uint64_t now_ms) {
  Step step{now_ms};
  if (Hook* hook = hooks_.find(phase, plugin); hook && hook->inLine()) hooks_.send(*hook, step);
  return std::move(step.actions);
}

void Teardown::planned(Phase phase, const std::string& plugin, std::uint64_t at_ms) {
  if (Hook* hook = hooks_.find(phase, plugin)) hook->plan(at_ms);
}

std::vector<Action> Teardown::expire(Phase phase, const std::string& plugin, std::uint64_t now_ms) {
  Step step{now_ms};
  Hook* hook = hooks_.find(phase, plugin);
  if (!hook || !hook->inLine() || hooks_.repetition().expiry(phase, hook->times().first_ms) > now_ms) return {};
  const std::string& why = hook->row().error;
  conclude(*hook, State::dead, why.empty() ? "its turn did not come in time" : std::string(why), step);
  return advance(step);
}

std::optional<std::vector<Action>> Teardown::retryNow(Phase phase, const std::string& plugin, std::uint64_t now_ms,
                                                      Action::Came came) {
  Step step{now_ms};
  Hook* hook = hooks_.find(phase, plugin);
  if (!hook || !hook->mayBeRetried()) return std::nullopt;
  const std::int64_t place = hook->revive(now_ms);
  hooks_.start(*hook, came, step);
  step.actions.back().first_ms = place;
  return advance(step);
}

std::optional<std::vector<Action>> Teardown::discard(Phase phase, const std::string& plugin, std::uint64_t now_ms) {
  Step step{now_ms};
  Hook* hook = hooks_.find(phase, plugin);
  if (!hook || !hook->mayBeDiscarded()) return std::nullopt;
  conclude(*hook, State::discarded, std::string(hook->row().error), step);
  return advance(step);
}

bool Teardown::onlyInLine() const {
  if (!left_ || released_ || legUnconfirmed()) return false;
  for (auto& hook : hooks_)
    if (!hook.onlyInLine()) return false;
  return true;
}

}  // namespace hookswitch::call
