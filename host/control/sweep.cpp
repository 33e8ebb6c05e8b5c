#include "host/control/sweep.hpp"

#include <algorithm>

#include "host/base/log.hpp"
#include "host/control/component.hpp"
#include "host/control/plugins.hpp"

namespace hookswitch::control {

namespace {

constexpr std::uint64_t idle_ms = 5'000, answer_ms = 120'000, list_again_ms = 30'000, longest_ms = 300'000,
                        give_up_ms = 3'600'000;

}  // namespace

void Sweep::start() {
  for (auto& carrier : plugins_.carriers()) ask(carrier);
}

void Sweep::ask(const std::string& carrier) {
  Round& round = rounds_[carrier];
  Session* session = plugins_.session(carrier);
  if (!session || plugins_.suspects().held(
                      carrier, "CALL_SWEEP")) {  // it is asked once it is switched on, and not held back any more
    round.timer = control_.after(idle_ms, [this, carrier] { ask(carrier); });
    return;
  }
  if (!plugins_.takesPart(carrier, call::Phase::settle)) {
    rounds_.erase(carrier);  // it cannot list its legs
    return;
  }
  round.message = ids_.next();
  if (!round.first_ms) round.first_ms = control_.nowMs();
  round.timer = control_.after(answer_ms, [this, carrier] { again(carrier, "the plugin has not finished in time"); });
  sendSweep(*session, round.message);
  plugins_.suspects().worked(carrier, "CALL_SWEEP");
}

void Sweep::over(Session& session, const SweepEnd& end) {
  const auto it = rounds_.find(session.id());
  if (it == rounds_.end() || it->second.message != end.id) return;
  control_.cancel(it->second.timer);
  if (!end.incomplete.empty()) return again(session.id(), end.incomplete);
  if (it->second.attempts) log::notice(component::recovery, session.id() + ": every leg was listed");
  rounds_.erase(it);
}

/// The carrier could not be asked for all of its legs; one that nobody knows costs money until it is found.
void Sweep::again(const std::string& carrier, const std::string& why) {
  Round& round = rounds_[carrier];
  round.message = 0;
  if (round.said != why)
    log::warn(component::recovery, carrier + ": could not list every leg, which is tried again for an hour: " + why);
  round.said = why;
  if (control_.nowMs() - round.first_ms > give_up_ms) {
    log::error(
        component::recovery,
        carrier +
            ": legs that the gateway does not know were not looked for to the end, the next start tries again: " + why);
    rounds_.erase(carrier);
    return;
  }
  const std::uint64_t wait = std::min(list_again_ms << std::min(round.attempts++, 4u), longest_ms);
  round.timer = control_.after(wait, [this, carrier] { ask(carrier); });
}

}  // namespace hookswitch::control
