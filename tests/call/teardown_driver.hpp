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

inline HookSpec hook(const std::string& plugin, Phase phase, std::uint32_t deadline_ms = 5000) {
  return {plugin, phase, deadline_ms};
}

/// A call in progress over a carrier named "carrier": its leg has a name and there are media.
inline Situation inProgress() {
  Situation s;
  s.carrier = "carrier";
  s.leg = Leg::named;
  s.media = Media::up;
  return s;
}

/// A create request is under way: no name, no media.
inline Situation dialling() {
  Situation s;
  s.carrier = "carrier";
  s.leg = Leg::dialling;
  return s;
}

/// "hangup:carrier/1" for a hook (phase, plugin, attempt), else "stop-media", "seal", "leave", "leave(<error>)",
/// "release".
inline std::string toText(const Action& a) {
  switch (a.kind) {
    case Action::Kind::send_hook: return std::string(name(a.phase)) + ":" + a.plugin + "/" + std::to_string(a.attempt);
    case Action::Kind::stop_media: return "stop-media";
    case Action::Kind::seal: return "seal";
    case Action::Kind::leave: return a.hung_up ? "leave" : "leave(" + a.hung_up.error() + ")";
    case Action::Kind::release: return "release";
    case Action::Kind::line_up: return "line-up";
  }
  return "?";
}

/// A line in which nobody else stands: a turn comes at once, or after what was demanded, or 1, 2, 4 ... 300 s.
struct Turn {
  Phase phase;
  std::string plugin;
  std::uint64_t at, expires;
};

/// Without chance: the tests compute times.
inline TeardownLimits exact(TeardownLimits limits = {}) {
  limits.jitter_percent = 0;
  return limits;
}

class Driver {
 public:
  explicit Driver(TeardownLimits limits = {}) : machine(exact(limits), 1000, situation) {}

  void announce(const std::vector<HookSpec>& hooks) { take(machine.announce(hooks, now)); }
  void begin(std::vector<HookSpec> hooks, const Situation& known = inProgress()) {
    situation = known;
    take(machine.begin(std::move(hooks), now));
  }
  void resume(std::vector<HookSpec> hooks, const Situation& known) {
    situation = known;
    take(machine.resume(std::move(hooks), now));
  }
  void named() {
    situation.leg = Leg::named;
    take(machine.legNamed(now));
  }
  void over() {
    situation.leg = Leg::over;
    take(machine.legOver(now));
  }
  void mediaStopped() {
    situation.media = Media::gone;
    take(machine.mediaStopped(now));
  }
  void answer(std::uint64_t id, State verdict, std::uint64_t after_ms = 0, const std::string& reason = {}) {
    take(machine.hookDone(id, verdict, after_ms, reason, now));
  }
  /// To the newest attempt of that plugin's hook.
  void answer(Phase phase, const std::string& plugin, State verdict = State::done, std::uint64_t after_ms = 0,
              const std::string& reason = {}) {
    answer(idOf(phase, plugin), verdict, after_ms, reason);
  }
  void putOff(Phase phase, const std::string& plugin, std::uint64_t after_ms, const std::string& reason) {
    take(machine.postpone(idOf(phase, plugin), after_ms, reason, now));
  }
  /// Moves the clock; every tick that falls due on the way comes at its own time.
  void pass(std::uint64_t ms) {
    const std::uint64_t until = now + ms;
    for (auto next = nextEvent(); next && *next <= until; next = nextEvent()) {
      now = std::max(now, *next);
      take(machine.tick(now));
      auto due = std::move(turns);
      turns.clear();
      for (auto& turn : due) {
        if (turn.expires <= now)
          take(machine.expire(turn.phase, turn.plugin, now));
        else if (turn.at > now)
          turns.push_back(turn);
        else
          take(machine.give(turn.phase, turn.plugin, now));
      }
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
    return std::size_t(std::count_if(all.begin(), all.end(),
                                     [&](const Action& a) { return toText(a).compare(0, what.size(), what) == 0; }));
  }

  std::size_t count(Action::Kind kind) const {
    return std::size_t(std::count_if(all.begin(), all.end(), [&](const Action& a) { return a.kind == kind; }));
  }

  std::optional<std::uint64_t> nextEvent() const {
    auto next = machine.nextTick();
    for (auto& turn : turns)
      if (const auto at = std::min(turn.at, turn.expires); !next || at < *next) next = at;
    return next;
  }

  /// What the machine asks for: written down, and the line's part of it done.
  void take(std::vector<Action> actions) {
    for (auto& a : actions) {
      if (a.kind == Action::Kind::line_up) {
        turns.erase(std::remove_if(turns.begin(), turns.end(),
                                   [&](auto& t) { return t.phase == a.phase && t.plugin == a.plugin; }),
                    turns.end());
        const std::uint64_t own =
            a.came == Action::Came::refused || a.came == Action::Came::unanswered
                ? std::min<std::uint64_t>(1000ull << std::min(std::max(a.attempt, 1u) - 1, 20u), 300'000)
                : 0;
        const std::uint64_t at = now + std::max(own, a.after_ms);
        machine.planned(a.phase, a.plugin, at > now ? at : 0);
        if (at > now)
          turns.push_back({a.phase, a.plugin, at, a.expires_ms});
        else
          take(machine.give(a.phase, a.plugin, now));
        continue;
      }
      did_.push_back(toText(a));
      all.push_back(a);
    }
  }

  std::uint64_t now = 50'000;
  Situation situation;
  Teardown machine;
  std::vector<Action> all;
  std::vector<Turn> turns;

 private:
  std::vector<std::string> did_;
};

inline std::vector<HookSpec> carrierHooks() {
  return {hook("carrier", Phase::hangup), hook("carrier", Phase::confirm), hook("carrier", Phase::settle),
          hook("n", Phase::notify)};
}

inline Situation quiet(Situation s) {
  s.media = Media::gone;
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
