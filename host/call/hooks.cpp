#include "host/call/hooks.hpp"

#include <algorithm>
#include <utility>

namespace hookswitch::call {

Hooks::Hooks(const TeardownLimits& limits, std::uint64_t first_id)
    : repetition_(limits, first_id), next_id_(first_id) {}

void Hooks::restore(std::vector<StoredRow> rows) {
  for (auto& row : rows) hooks_.emplace_back(std::move(row));
}

void Hooks::setCarrier(const std::string& carrier) {
  carrier_ = carrier;
  for (auto& hook : hooks_) hook.learnCarrier(carrier);
}

Hook& Hooks::add(const HookSpec& spec, std::uint64_t now_ms) { return hooks_.emplace_back(spec, carrier_, now_ms); }

Hook& Hooks::findOrAdd(const HookSpec& spec, std::uint64_t now_ms) {
  Hook* known = find(spec.phase, spec.plugin);
  return known ? *known : add(spec, now_ms);
}

Hook* Hooks::find(Phase phase, const std::string& plugin) {
  const auto found = std::find_if(hooks_.begin(), hooks_.end(), [&](const Hook& hook) {
    return hook.row().phase == phase && hook.row().plugin == plugin;
  });
  return found == hooks_.end() ? nullptr : &*found;
}

Hook* Hooks::findAttempt(std::uint64_t id) {
  const auto found =
      std::find_if(hooks_.begin(), hooks_.end(), [&](const Hook& hook) { return id && hook.row().id == id; });
  return found == hooks_.end() ? nullptr : &*found;
}

void Hooks::send(Hook& hook, Step& step) { hook.send(next_id_++, repetition_, step); }

void Hooks::start(Hook& hook, Action::Came came, Step& step, std::uint64_t after_ms) {
  if (hook.kind() == Hook::Kind::news)
    hook.lineUp(came, after_ms, repetition_, step);
  else
    send(hook, step);
}

bool Hooks::awaited() const {
  return std::any_of(hooks_.begin(), hooks_.end(), [](const Hook& hook) { return hook.awaited(); });
}

bool Hooks::working() const {
  return std::any_of(hooks_.begin(), hooks_.end(), [](const Hook& hook) { return hook.working(); });
}

std::optional<std::uint64_t> Hooks::nextDue() const {
  std::optional<std::uint64_t> next;
  for (auto& hook : hooks_)
    if (const auto due = hook.due(); due && (!next || *due < *next)) next = due;
  return next;
}

std::vector<std::size_t> Hooks::takeChanged() {
  std::vector<std::size_t> changed;
  for (std::size_t i = 0; i < hooks_.size(); ++i)
    if (hooks_[i].takeChanged()) changed.push_back(i);
  return changed;
}

}  // namespace hookswitch::call
