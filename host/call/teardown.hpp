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
/// Does the hook wait for its turn in its plugin's line? Nobody waits for these: one plugin is given few at a time.
inline bool standsInLine(Phase phase) { return phase == Phase::notify || phase == Phase::started; }
inline bool isOpen(HookRow::State s) { return s == HookRow::State::pending || s == HookRow::State::retrying; }
const char* name(HookRow::State);

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

/// What the driver must do next, in order.
struct Action {
  enum class Kind : std::uint8_t {
    send_hook = 1,   ///< give `plugin` CALL_PHASE(phase, id, attempt, deadline_ms)
    stop_media = 2,  ///< stop the bridge, close the AI socket, then the media socket; answer mediaStopped()
    seal = 3,        ///< fix duration and transcript in the record
    leave = 4,       ///< the call leaves the list; whoever waits for the end gets `answer` now
    release = 5,     ///< nothing runs for this call any more
    line_up = 6,     ///< the hook takes its place in the line of `plugin`; when its turn comes, give() it
  };
  /// How a hook came into its line.
  enum class Came : std::uint8_t {
    fresh = 1,       ///< never given
    refused = 2,     ///< the plugin said RETRY
    unanswered = 3,  ///< no answer in time, or the plugin failed on it
    restored = 4,    ///< an earlier run of the gateway had it
    urged = 5,       ///< a person wants it tried now
    held = 6,        ///< it was not given: the plugin is held back there
  };
  Kind kind;
  std::uint64_t id = 0;
  std::string plugin{};
  Phase phase = Phase::hangup;
  std::uint32_t attempt = 0, deadline_ms = 0;
  std::string answer{};  ///< leave: empty for success, else the carrier's sentence for the 502
  // line_up
  Came came = Came::fresh;
  std::int64_t first_ms = 0;  ///< when the hook began: its place in the line
  std::uint64_t expires_ms = 0;
  std::uint64_t after_ms = 0;  ///< what the plugin demands, or what was left of it; 0: nothing
  bool apart = false, mend = false;
  std::string reason{};
};

/// What a plugin wishes for a hook that is to be tried again.
struct Wish {
  bool apart = false;  ///< HKS_HOOK_APART
  bool mend = false;   ///< HKS_HOOK_MEND
  std::string memo{};
};

/// What is known when the end begins.
struct Situation {
  std::string carrier;     ///< plugin id of the carrier of this call
  bool leg_named = false;  ///< the carrier gave the leg an id
  bool leg_over = false;   ///< the carrier reported the leg over, or it never came into being
  bool dialling = false;   ///< a create request is under way: the leg will be named, or fail
  bool has_media = false;  ///< a bridge exists on a media loop
  bool recovery = false;   ///< after a restart: what is known of the leg may be old, settle comes first
};

/// Bounds, milliseconds. A hook's own deadline is cut to its phase's.
struct TeardownLimits {
  std::uint32_t hangup_ms = 10'000;
  std::uint32_t disconnect_ms = 5'000;
  std::uint32_t record_ms = 5'000;
  std::uint32_t notify_ms = 15'000;
  std::uint32_t naming_ms = 5'000;             ///< how long the hang-up phase waits for a leg that is still unnamed ...
  std::uint32_t unnamed_give_up_ms = 600'000;  ///< ... and the tombstone of it, in the background
  std::uint32_t media_ms = 2'000;
  std::uint32_t settle_ms = 10'000;
  std::uint32_t confirm_after_ms = 2'000;    ///< how long the carrier may take to report the end of the leg by itself
  std::uint32_t confirm_soon_ms = 500;       ///< the same, when the hang-up took more than one try
  std::uint32_t leg_deadline_ms = 3'000;     ///< of a hang-up's repetitions, of settle and confirm after the first
  std::uint32_t leg_retry_ms = 2'500;        ///< longest time from one try to end a leg to the next: it costs money
  std::uint32_t jitter_percent = 20;         ///< a wait is made longer by up to this much, by chance
  std::uint32_t first_retry_ms = 1'000;      ///< doubling ...
  std::uint32_t longest_retry_ms = 300'000;  ///< ... up to here; a longer wait that a receiver demands is obeyed
  std::uint64_t give_up_ms = 72ull * 3600 * 1000;
  std::uint64_t started_give_up_ms = 600'000;  ///< "a call has begun" is no news after ten minutes
};

/// The hooks of one call, and above all its end. Every function takes the time in milliseconds of any monotonic clock
/// and returns what to do. Phases: (settle,) hangup, disconnect, record, notify. The next one starts when nobody in
/// this one is pending, and never later than the latest deadline. What is still open goes on in the background: settle,
/// hang-ups, confirm (from the hang-up until the carrier says that the leg is over) and notifications, each with
/// retries until it is dead.
///
/// Ids are made here, unique per object; answers with an unknown or stale id are ignored.
class Teardown {
 public:
  /// `first_id`: hook ids count up from here, and chance (for jitter) depends on it.
  Teardown(TeardownLimits limits, std::uint64_t first_id);

  /// Rows of an earlier run, before anything else is called. What was settled stays; what was under way is sent again
  /// by begin(), or by resume().
  void restore(std::vector<StoredRow> rows);
  /// The call had left the list before the restart: only its background work goes on.
  std::vector<Action> resume(std::vector<HookSpec> hooks, const Situation& situation, std::uint64_t now_ms);

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
  std::vector<Action> hookDone(std::uint64_t id, HookRow::State verdict, std::uint64_t after_ms,
                               const std::string& reason, std::uint64_t now_ms, const Wish& wish = {});
  /// The hook that send_hook asked for was not given to its plugin, and is asked for again after this long: that was no
  /// attempt. In a line it holds those behind it, unless it waits `apart`. One that happens once (disconnect, record,
  /// another plugin's hangup) is failed. A stale id changes nothing.
  std::vector<Action> postpone(std::uint64_t id, std::uint64_t after_ms, const std::string& reason,
                               std::uint64_t now_ms, bool apart = false);
  /// The turn of a hook that stands in its line has come. Empty: it does not stand there any more.
  std::vector<Action> give(Phase phase, const std::string& plugin, std::uint64_t now_ms);
  /// The line expects to give it then; 0: whenever its turn comes. For the ledger.
  void planned(Phase phase, const std::string& plugin, std::uint64_t at_ms);
  /// A hook in its line is too old to be worth an attempt: dead.
  std::vector<Action> expire(Phase phase, const std::string& plugin, std::uint64_t now_ms);
  /// Try a background hook again at once, though it is dead or waits. False: there is none, or it is under way or
  /// settled.
  bool retryNow(Phase phase, const std::string& plugin, std::uint64_t now_ms, std::vector<Action>& out,
                Action::Came came = Action::Came::urged);
  /// Never try it again. False as above.
  bool discard(Phase phase, const std::string& plugin, std::uint64_t now_ms, std::vector<Action>& out);
  /// Deadlines and retries that are due.
  std::vector<Action> tick(std::uint64_t now_ms);

  /// When tick() wants to be called; none when nothing is timed.
  std::optional<std::uint64_t> nextTick() const;

  const std::vector<HookRow>& rows() const { return rows_view_; }
  HookTimes times(std::size_t i) const {
    return {hooks_[i].first_ms, hooks_[i].queued ? hooks_[i].planned : hooks_[i].retry_at, hooks_[i].spec.deadline_ms};
  }
  /// Indices of rows that changed since the last call: what the ledger must learn.
  std::vector<std::size_t> takeChanged();
  /// The end was asked of the carrier, and nobody has said yet that the leg is over.
  bool legUnconfirmed() const;
  /// Of the leg: hooks whose answer is awaited, and those that are due within `soon_ms`, unless they have failed so
  /// often that nobody should wait for the next try. What stands in a line, its line knows.
  bool busyWithin(std::uint64_t now_ms, std::uint64_t soon_ms) const;
  static constexpr std::uint32_t hopeless_attempts = 4;
  /// Nothing is left but notifications that stand in their lines.
  bool onlyInLine() const;
  Phase phase() const { return phase_; }
  bool left() const { return left_; }
  bool released() const { return released_; }
  /// Empty, or why the carrier did not take the hang-up (its sentence).
  const std::string& hangupError() const { return hangup_error_; }

 private:
  struct Hook {
    HookSpec spec;
    bool host = false;  ///< the host's own part, no message is sent
    bool waits_for_name = false;
    std::int64_t first_ms = 0;
    std::uint64_t sent_ms = 0, deadline = 0, retry_at = 0;
    bool queued = false;        ///< stands in its line ...
    std::uint64_t planned = 0;  ///< ... until then, or whenever its turn comes
    bool awaiting = false;      ///< counts for the phase: it does not end before this is settled
    bool changed = true;
  };
  void enter(Phase phase, std::vector<Action>& out, std::uint64_t now_ms);
  void advance(std::vector<Action>& out, std::uint64_t now_ms);
  void send(std::size_t i, std::vector<Action>& out, std::uint64_t now_ms);
  /// Now, or when its turn comes.
  void start(std::size_t i, std::vector<Action>& out, std::uint64_t now_ms, Action::Came came,
             std::uint64_t after_ms = 0);
  std::uint64_t expiry(std::size_t i) const;
  void settle(std::size_t i, HookRow::State state, const std::string& reason, std::uint64_t now_ms);
  void retryLater(std::size_t i, std::uint64_t after_ms, const std::string& reason, std::uint64_t now_ms,
                  std::vector<Action>& out, Action::Came came, const Wish& wish = {});
  bool isHangup(std::size_t i) const;  ///< the carrier's own hang-up
  bool isLeg(std::size_t i) const;     ///< settle, the carrier's hang-up, confirm
  bool unsent(std::size_t i) const;
  bool inBackground(std::size_t i) const;  ///< goes on when the call has left the list
  void confirmLater(std::uint64_t now_ms);
  std::uint64_t chance(std::uint64_t below);
  std::size_t add(HookSpec spec, bool host);
  std::optional<std::size_t> find(Phase phase, const std::string& plugin) const;
  std::uint32_t limit(Phase phase) const;

  std::vector<HookSpec> specs_;
  TeardownLimits limits_;
  std::uint64_t next_id_, chance_;
  Situation situation_;
  std::vector<Hook> hooks_;  ///< parallel to rows_view_
  std::vector<HookRow> rows_view_;
  Phase phase_ = Phase::hangup;
  bool announced_ = false, begun_ = false, left_ = false, released_ = false;
  std::string hangup_error_;
};

}  // namespace hookswitch::call
