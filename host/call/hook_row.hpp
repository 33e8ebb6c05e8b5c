// What is known of one hook of a call: what a plugin asked for, how it fared, and its times.
#pragma once

#include <cstdint>
#include <string>

#include "host/call/types.hpp"

namespace hookswitch::call {

/// A plugin that asked to be told of a phase.
struct HookSpec {
  std::string plugin;
  Phase phase = Phase::notify;
  std::uint32_t deadline_ms = 5000;  ///< of one attempt
};

/// How one participant of one phase fared; a row of the teardown table.
struct HookRow {
  enum class State : std::uint8_t {
    pending = 1,
    done = 2,
    skipped = 3,    ///< not interested, or not needed (a leg that is over needs no hang-up)
    timed_out = 4,  ///< no answer before the deadline; a late one changes only the error's wording
    fault = 5,      ///< the plugin failed on it
    retrying = 6,   ///< failed for a passing reason, will be tried again
    failed = 7,     ///< given up
    dead = 8,       ///< a background hook that was given up; POST /api/hooks/{id}/retry revives it
    discarded = 9,  ///< a background hook that somebody gave up through the API
  };
  std::uint64_t id = 0;  ///< of the current attempt; an answer with another id is stale
  Phase phase = Phase::notify;
  std::string plugin;  ///< "host" for the host's own work
  State state = State::pending;
  std::uint32_t attempts = 0;
  std::uint64_t ms = 0;  ///< from the first attempt to the latest answer
  std::string error;     ///< why; of notify and started, once done: the receipt, how far the news came
  std::string memo{};    ///< what the plugin wants to be told again at the next attempt
  bool apart = false;    ///< retrying: what is behind it in its line need not wait for it
};

/// The name of the host as a participant.
inline constexpr const char* host_plugin = "host";

/// Does the hook wait for its turn in its plugin's line? No phase waits for these, and one plugin is given few at a
/// time.
inline bool standsInLine(Phase phase) { return phase == Phase::notify || phase == Phase::started; }
inline bool isOpen(HookRow::State s) { return s == HookRow::State::pending || s == HookRow::State::retrying; }
const char* name(HookRow::State);  ///< "timed-out", as the API spells it

/// What a row needs beside itself to go on after a restart. Times by the clock of the Teardown.
struct HookTimes {
  std::int64_t first_ms = 0;      ///< of the first attempt; may lie before the clock's zero
  std::uint64_t retry_at = 0;     ///< of the next attempt; 0: none is planned, or whenever its turn comes
  std::uint32_t deadline_ms = 0;  ///< of one attempt
};

/// A row of an earlier run of the gateway.
struct StoredRow {
  HookRow row;
  HookTimes times;
};

}  // namespace hookswitch::call
