// Drives a Teardown under a clock that the tests move, and writes down what it asked for.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "host/call/teardown.hpp"

namespace call_test {

using namespace hookswitch::call;
using State = HookRow::State;

inline HookSpec hook(const std::string& plugin, Phase phase, std::uint32_t deadline_ms = 5000) { return {plugin, phase, deadline_ms}; }

/// A call in progress over a carrier named "carrier": its leg has a name and there are media.
inline Situation inProgress() {
  Situation s;
  s.carrier = "carrier";
  s.leg_named = true;
  s.has_media = true;
  return s;
}

/// A create request is under way: no name, no media.
inline Situation dialling() {
  Situation s;
  s.carrier = "carrier";
  s.dialling = true;
  return s;
}

/// "hangup:carrier/1" for a hook (phase, plugin, attempt), else "stop-media", "seal", "leave", "leave(<error>)", "release".
inline std::string toText(const Action& a) {
  switch (a.kind) {
    case Action::Kind::send_hook: return std::string(name(a.phase)) + ":" + a.plugin + "/" + std::to_string(a.attempt);
    case Action::Kind::stop_media: return "stop-media";
    case Action::Kind::seal: return "seal";
    case Action::Kind::leave: return a.answer.empty() ? "leave" : "leave(" + a.answer + ")";
    case Action::Kind::release: return "release";
  }
  return "?";
}

/// Without chance: the tests compute times.
inline TeardownLimits exact(TeardownLimits limits = {}) {
  limits.jitter_percent = 0;
  return limits;
}

class Driver {
 public:
  explicit Driver(TeardownLimits limits = {}) : machine(exact(limits), 1000) {}

  void announce(const std::vector<HookSpec>& hooks) { take(machine.announce(hooks, now)); }
  void begin(std::vector<HookSpec> hooks, const Situation& situation = inProgress()) { take(machine.begin(std::move(hooks), situation, now)); }
  void named() { take(machine.legNamed(now)); }
  void over() { take(machine.legOver(now)); }
  void mediaStopped() { take(machine.mediaStopped(now)); }
  void answer(std::uint64_t id, State verdict, std::uint64_t after_ms = 0, const std::string& reason = {}) {
    take(machine.hookDone(id, verdict, after_ms, reason, now));
  }
  /// To the newest attempt of that plugin's hook.
  void answer(Phase phase, const std::string& plugin, State verdict = State::done, std::uint64_t after_ms = 0, const std::string& reason = {}) {
    answer(idOf(phase, plugin), verdict, after_ms, reason);
  }
  void putOff(Phase phase, const std::string& plugin, std::uint64_t after_ms, const std::string& reason) {
    take(machine.postpone(idOf(phase, plugin), after_ms, reason, now));
  }
  /// Moves the clock; every tick that falls due on the way comes at its own time.
  void pass(std::uint64_t ms) {
    const std::uint64_t until = now + ms;
    for (auto next = machine.nextTick(); next && *next <= until; next = machine.nextTick()) {
      now = std::max(now, *next);
      take(machine.tick(now));
    }
    now = until;
  }

  /// What was asked for since the last did().
  std::vector<std::string> did() {
    auto out = std::move(did_);
    did_.clear();
    return out;
  }
  const HookRow& row(Phase phase, const std::string& plugin) const {
    for (auto& r : machine.rows())
      if (r.phase == phase && r.plugin == plugin) return r;
    static const HookRow none{};
    ADD_FAILURE() << "there is no row " << name(phase) << ":" << plugin;
    return none;
  }
  State state(Phase phase, const std::string& plugin) const { return row(phase, plugin).state; }
  std::uint64_t idOf(Phase phase, const std::string& plugin) const { return row(phase, plugin).id; }
  std::size_t count(const std::string& what) const {
    return std::size_t(std::count_if(all.begin(), all.end(), [&](const Action& a) { return toText(a).compare(0, what.size(), what) == 0; }));
  }

  std::size_t count(Action::Kind kind) const {
    return std::size_t(std::count_if(all.begin(), all.end(), [&](const Action& a) { return a.kind == kind; }));
  }

  std::uint64_t now = 50'000;
  Teardown machine;
  std::vector<Action> all;

 private:
  void take(std::vector<Action> actions) {
    for (auto& a : actions) {
      did_.push_back(toText(a));
      all.push_back(a);
    }
  }
  std::vector<std::string> did_;
};

inline std::vector<HookSpec> carrierHooks() {
  return {hook("carrier", Phase::hangup), hook("carrier", Phase::confirm), hook("carrier", Phase::settle), hook("n", Phase::notify)};
}

inline Situation quiet(Situation s) {
  s.has_media = false;
  return s;
}

inline Situation recovered() {
  Situation s = quiet(inProgress());
  s.recovery = true;
  return s;
}

/// What the ledger would hold of the machine, at the same moment by the clock of the next run.
inline std::vector<StoredRow> stored(const Driver& d) {
  std::vector<StoredRow> rows;
  for (std::size_t i = 0; i < d.machine.rows().size(); ++i) rows.push_back({d.machine.rows()[i], d.machine.times(i)});
  return rows;
}

}  // namespace call_test
