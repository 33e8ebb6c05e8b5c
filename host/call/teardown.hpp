// The end of one call as a pure state machine: events in, actions out. No clock, no thread, no socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/call/action.hpp"
#include "host/call/hooks.hpp"
#include "host/call/leg_end.hpp"
#include "host/call/teardown_limits.hpp"

namespace hookswitch::call {

/// The hooks of one call, and above all its end: the walk through the phases. Every function takes the time in
/// milliseconds of any monotonic clock and returns what to do. Phases: (settle,) hangup, disconnect, record, notify.
/// The next one starts when nobody in this one is pending, and never later than the latest deadline. What is still open
/// goes on in the background: settle, hang-ups, confirm (from the hang-up until the carrier says that the leg is over)
/// and notifications, each with retries until it is dead.
///
/// Ids are made here, unique per object; answers with an unknown or stale id are ignored.
class Teardown {
 public:
  /// `first_id`: hook ids count up from here, and chance (for jitter) depends on it. `situation`: the facts of the
  /// call, which its owner keeps; what changes there is changed before the event is told here.
  Teardown(TeardownLimits limits, std::uint64_t first_id, const Situation& situation);
  Teardown(const Teardown&) = delete;
  Teardown& operator=(const Teardown&) = delete;

  /// Rows of an earlier run, before anything else is called. What was concluded stays; what was under way is sent again
  /// by begin(), or by resume().
  void restore(std::vector<StoredRow> rows);
  /// The call had left the list before the restart: only its background work goes on.
  std::vector<Action> resume(std::vector<HookSpec> hooks, std::uint64_t now_ms);

  /// Start the hooks of Phase::started among `hooks`; they run beside everything else. At most once.
  std::vector<Action> announce(const std::vector<HookSpec>& hooks, std::uint64_t now_ms);
  /// The end begins: the one door has decided who ended the call. Only the first call counts.
  std::vector<Action> begin(std::vector<HookSpec> hooks, std::uint64_t now_ms);
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
  /// Deadlines and retries that are due.
  std::vector<Action> tick(std::uint64_t now_ms);
  /// When tick() wants to be called; none when nothing is timed.
  std::optional<std::uint64_t> nextTick() const { return hooks_.nextDue(); }

  /// The turn of a hook that stands in its line has come. Empty: it does not stand there any more.
  std::vector<Action> give(Phase phase, const std::string& plugin, std::uint64_t now_ms);
  /// The line expects to give it then; 0: whenever its turn comes. For the ledger.
  void planned(Phase phase, const std::string& plugin, std::uint64_t at_ms);
  /// A hook in its line is too old to be worth an attempt: dead.
  std::vector<Action> expire(Phase phase, const std::string& plugin, std::uint64_t now_ms);
  /// Try a background hook again at once, though it is dead or waits. None: there is none, it is under way, or it is
  /// concluded for good.
  std::optional<std::vector<Action>> retryNow(Phase phase, const std::string& plugin, std::uint64_t now_ms,
                                              Action::Came came = Action::Came::urged);
  /// Never try it again. None as above.
  std::optional<std::vector<Action>> discard(Phase phase, const std::string& plugin, std::uint64_t now_ms);

  HookRows rows() const { return hooks_.rows(); }
  HookTimes times(std::size_t i) const { return hooks_[i].times(); }
  /// Indices of rows that changed since the last call: what the ledger must learn.
  std::vector<std::size_t> takeChanged() { return hooks_.takeChanged(); }
  /// The end was asked of the carrier, and nobody has said yet that the leg is over.
  bool legUnconfirmed() const { return leg_.unconfirmed(); }
  /// Of the leg: hooks whose answer is awaited, and those that are due within `soon_ms`, unless they have failed so
  /// often that nobody should wait for the next try. What stands in a line, its line knows.
  bool busyWithin(std::uint64_t now_ms, std::uint64_t soon_ms) const;
  static constexpr std::uint32_t hopeless_attempts = 4;
  /// Nothing is left but notifications that stand in their lines.
  bool onlyInLine() const;
  bool left() const { return left_; }
  bool released() const { return released_; }

 private:
  void enter(Phase phase, Step& step);
  void ask(HookSpec spec, Step& step);
  void stopMedia(Step& step);
  void seal(Step& step);
  void leave(Step& step);
  std::vector<Action> advance(Step& step);
  void conclude(Hook& hook, HookRow::State state, const std::string& reason, Step& step);
  void startRestored(Hook& hook, Step& step);
  void dropUnhooked(Step& step);

  const TeardownLimits limits_;
  const Situation& situation_;
  Hooks hooks_;
  LegEnd leg_;
  std::vector<HookSpec> specs_;  ///< who is asked in which phase
  Phase phase_ = Phase::hangup;
  bool announced_ = false, begun_ = false, left_ = false, released_ = false;
};

}  // namespace hookswitch::call
