// The end of one call as a pure state machine: events in, actions out. No clock, no thread, no socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/call/types.hpp"

namespace hookswitch::call {

/// A plugin that asked to be told of a phase.
struct HookSpec {
  std::string plugin;
  Phase phase = Phase::notify;
  std::uint32_t deadline_ms = 5000;
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
  };
  std::uint64_t id = 0;     ///< of the current attempt; an answer with another id is stale
  Phase phase = Phase::notify;
  std::string plugin;       ///< "host" for the host's own work
  State state = State::pending;
  std::uint32_t attempts = 0;
  std::uint64_t ms = 0;     ///< from the first attempt to the latest answer
  std::string error;
};
const char* name(HookRow::State);

/// What the driver must do next, in order.
struct Action {
  enum class Kind : std::uint8_t {
    send_hook = 1,   ///< give `plugin` CALL_PHASE(phase, id, attempt, deadline_ms)
    stop_media = 2,  ///< stop the bridge, close the AI socket, then the media socket; answer mediaStopped()
    seal = 3,        ///< fix duration and transcript in the record
    leave = 4,       ///< the call leaves the list; whoever waits for the end gets `answer` now
    release = 5,     ///< nothing runs for this call any more
  };
  Kind kind;
  std::uint64_t id = 0;
  std::string plugin{};
  Phase phase = Phase::hangup;
  std::uint32_t attempt = 0, deadline_ms = 0;
  std::string answer{};      ///< leave: empty for success, else the carrier's sentence for the 502
};

/// What is known when the end begins.
struct Situation {
  std::string carrier;            ///< plugin id of the carrier of this call
  bool leg_named = false;         ///< the carrier gave the leg an id
  bool leg_over = false;          ///< the carrier reported the leg over, or it never came into being
  bool dialling = false;          ///< a create request is under way: the leg will be named, or fail
  bool has_media = false;         ///< a bridge exists on a media loop
};

/// Bounds, milliseconds. A hook's own deadline is cut to its phase's.
struct TeardownLimits {
  std::uint32_t hangup_ms = 10'000;
  std::uint32_t disconnect_ms = 5'000;
  std::uint32_t record_ms = 5'000;
  std::uint32_t notify_ms = 15'000;
  std::uint32_t naming_ms = 5'000;          ///< how long the hang-up phase waits for a leg that is still unnamed ...
  std::uint32_t unnamed_give_up_ms = 600'000;  ///< ... and the tombstone of it, in the background
  std::uint32_t media_ms = 2'000;
  std::uint32_t first_retry_ms = 1'000;     ///< doubling ...
  std::uint32_t longest_retry_ms = 300'000; ///< ... up to here; a longer wait that a receiver demands is obeyed
  std::uint64_t give_up_ms = 72ull * 3600 * 1000;
  std::uint64_t started_give_up_ms = 600'000;  ///< "a call has begun" is no news after ten minutes
};

/// The hooks of one call, and above all its end. Every function takes the time in milliseconds of any monotonic clock and returns what to do.
/// Phases: hangup, disconnect, record, notify. The next one starts when nobody in this one is pending, and never later
/// than the latest deadline. Hang-ups and notifications that are still open go on in the background.
///
/// Ids are made here, unique per object; answers with an unknown or stale id are ignored.
class Teardown {
 public:
  /// `first_id`: hook ids count up from here.
  Teardown(TeardownLimits limits, std::uint64_t first_id);

  /// Start the hooks of Phase::started among `hooks`; they run beside everything else. At most once.
  std::vector<Action> announce(const std::vector<HookSpec>& hooks, std::uint64_t now_ms);
  /// The end begins: the one door has decided who ended the call. Only the first call counts.
  std::vector<Action> begin(std::vector<HookSpec> hooks, const Situation& situation, std::uint64_t now_ms);
  bool begun() const { return begun_; }
  /// The carrier named the leg while the end was under way, or after its create request seemed to have failed: it is
  /// hung up at once.
  std::vector<Action> legNamed(std::uint64_t now_ms);
  /// The carrier reported the leg over, or the create request failed: nothing is left to hang up.
  std::vector<Action> legOver(std::uint64_t now_ms);
  std::vector<Action> mediaStopped(std::uint64_t now_ms);
  std::vector<Action> hookDone(std::uint64_t id, HookRow::State verdict, std::uint64_t after_ms, const std::string& reason,
                               std::uint64_t now_ms);
  /// Deadlines and retries that are due.
  std::vector<Action> tick(std::uint64_t now_ms);

  /// When tick() wants to be called; none when nothing is timed.
  std::optional<std::uint64_t> nextTick() const;

  const std::vector<HookRow>& rows() const { return rows_view_; }
  Phase phase() const { return phase_; }
  bool left() const { return left_; }
  bool released() const { return released_; }
  /// Empty, or why the carrier did not take the hang-up (its sentence).
  const std::string& hangupError() const { return hangup_error_; }

 private:
  struct Hook {
    HookSpec spec;
    bool host = false;                    ///< the host's own part, no message is sent
    bool waits_for_name = false;
    std::uint64_t first_ms = 0, deadline = 0, retry_at = 0;
    bool awaiting = false;                ///< counts for the phase: it does not end before this is settled
  };
  void enter(Phase phase, std::vector<Action>& out, std::uint64_t now_ms);
  void advance(std::vector<Action>& out, std::uint64_t now_ms);
  void send(std::size_t i, std::vector<Action>& out, std::uint64_t now_ms);
  void settle(std::size_t i, HookRow::State state, const std::string& reason, std::uint64_t now_ms);
  void retryLater(std::size_t i, std::uint64_t after_ms, const std::string& reason, std::uint64_t now_ms);
  bool isHangup(std::size_t i) const;     ///< the carrier's own hang-up
  std::size_t add(HookSpec spec, bool host);
  std::uint32_t limit(Phase phase) const;

  std::vector<HookSpec> specs_;
  TeardownLimits limits_;
  std::uint64_t next_id_;
  Situation situation_;
  std::vector<Hook> hooks_;          ///< parallel to rows_view_
  std::vector<HookRow> rows_view_;
  Phase phase_ = Phase::hangup;
  bool announced_ = false, begun_ = false, left_ = false, released_ = false;
  std::string hangup_error_;
};

}  // namespace hookswitch::call
