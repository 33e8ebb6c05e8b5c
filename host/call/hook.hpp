// One hook of one call, as a pure machine: from its first attempt until nobody waits for it any more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "host/call/action.hpp"
#include "host/call/hook_row.hpp"
#include "host/call/repetition.hpp"

namespace hookswitch::call {

/// What a plugin wishes for a hook that is to be tried again.
struct Wish {
  bool apart = false;  ///< HKS_HOOK_APART
  bool mend = false;   ///< HKS_HOOK_MEND
  std::string memo{};
};

/// A plugin's answer to an attempt.
struct Answer {
  HookRow::State verdict = HookRow::State::done;
  std::uint64_t after_ms = 0;  ///< retrying: what the plugin demands
  std::string reason{};
  Wish wish{};
};

/// The row, and what the hook waits for. Its events take the time in milliseconds of the Teardown's clock, and append
/// what is to be done to the step. Who sends attempts numbers them; ids of one call are unique.
class Hook {
 public:
  /// What becomes of an attempt that fails.
  enum class Kind : std::uint8_t {
    once = 1,  ///< it is not repeated: disconnect, record, the hang-up of a plugin that is not the call's carrier
    leg = 2,   ///< settle, the carrier's hang-up, confirm: repeated soon, in the background, until the leg is over
    news = 3,  ///< notify, started: goes back to its plugin's line
  };

  Hook(const HookSpec& spec, const std::string& carrier, std::uint64_t now_ms);
  /// As an earlier run of the gateway left it.
  explicit Hook(StoredRow stored);
  /// Which plugin is the call's carrier; until this is known, a hang-up counts as `once`.
  void learnCarrier(const std::string& carrier);

  const HookRow& row() const { return row_; }
  HookTimes times() const;
  Kind kind() const { return kind_; }
  bool inBackground() const { return kind_ != Kind::once; }  ///< goes on when the call has left the list
  bool isLegHangup() const { return kind_ == Kind::leg && row_.phase == Phase::hangup; }
  bool isHost() const { return row_.plugin == host_plugin; }
  /// Concluded without ever having been sent: there was no leg, as far as anybody knew.
  bool unsent() const { return !row_.attempts && row_.state != HookRow::State::pending; }
  bool awaited() const { return awaited_; }  ///< its phase does not end before it is concluded
  bool waitsForName() const { return waits_ == Waits::name; }
  bool inLine() const { return waits_ == Waits::turn; }
  bool working() const;      ///< the call is not released while this is so
  bool onlyInLine() const;   ///< nothing but its turn is waited for, or nothing at all
  bool isUnderWay() const;   ///< pending, and timed
  bool isUnplanned() const;  ///< open, and neither under way nor in its line: what an earlier run had
  /// A person may have it tried again at once: it waits, or was given up.
  bool mayBeRetried() const { return mayBeDiscarded() || (inBackground() && row_.state == HookRow::State::discarded); }
  bool mayBeDiscarded() const;
  /// When unanswered() or retry is due; none when nothing is timed.
  std::optional<std::uint64_t> due() const;
  bool isOverdue(std::uint64_t now_ms) const;   ///< the deadline of an attempt, or of a name, is over
  bool isRetryDue(std::uint64_t now_ms) const;  ///< the next attempt is due
  /// Of a row of an earlier run: how much of the wait for its next attempt is left.
  std::uint64_t remaining(std::uint64_t now_ms) const;
  /// True once after every change that the ledger must learn.
  bool takeChanged();

  /// Its phase has begun and waits for it.
  void join(std::uint32_t deadline_ms);
  /// The phase does not wait any longer.
  void release() { awaited_ = false; }
  /// An attempt goes to the plugin.
  void send(std::uint64_t id, const Repetition& repetition, Step& step);
  /// The host itself does it, and has this long.
  void work(std::uint32_t deadline_ms, std::uint64_t now_ms);
  /// A hang-up for which the leg has no name yet.
  void awaitName(std::uint64_t until_ms);
  void nameStillMissing(std::uint64_t until_ms);
  void named();
  /// The next attempt is due then. Milliseconds, not 0.
  void tryAt(std::uint64_t at_ms);
  /// It takes its place in its plugin's line; one that was concluded is revived.
  void lineUp(Action::Came came, std::uint64_t after_ms, const Repetition& repetition, Step& step);
  /// A person wants it tried: its life begins anew, its place in the line stays. Returns when the hook began.
  std::int64_t revive(std::uint64_t now_ms);
  /// The line expects its turn then; 0: whenever it comes.
  void plan(std::uint64_t at_ms);

  /// The plugin's answer to the current attempt. False: it came late and at most the row's words and wait have changed.
  bool answered(const Answer& answer, Repetition& repetition, Step& step);
  /// Nobody answered before the deadline.
  void unanswered(Repetition& repetition, Step& step);
  /// It was not given to its plugin, which was no attempt. False: the hook is not pending.
  bool postponed(std::uint64_t after_ms, const std::string& reason, bool apart, const Repetition& repetition,
                 Step& step);
  /// An attempt has this outcome, or there will be none; nothing is waited for. Who tries again says so afterwards.
  void conclude(HookRow::State state, const std::string& reason, std::uint64_t now_ms);
  /// Likewise, without regard to what a plugin may still answer.
  void close(HookRow::State state, const std::string& reason, std::uint64_t now_ms);

 private:
  enum class Waits : std::uint8_t {
    nothing = 1,
    answer = 2,  ///< of the plugin, or of the host's own work, until the deadline
    name = 3,    ///< of the leg, until the deadline
    time = 4,    ///< of the next attempt
    turn = 5,    ///< in its line; `until_` is what the line plans, or 0
  };
  void rest(Waits waits, std::uint64_t until_ms = 0);
  void judge(const Answer& answer, Repetition& repetition, Step& step);
  void demand(const Answer& answer, const Repetition& repetition, Step& step);
  void repeat(const Answer& answer, Action::Came came, Repetition& repetition, Step& step);
  void say(HookRow::State state, const std::string& reason);

  HookRow row_;
  Kind kind_ = Kind::once;
  Waits waits_ = Waits::nothing;
  std::uint64_t until_ = 0;    ///< the end of the wait; 0: it has none
  std::int64_t first_ms_ = 0;  ///< when it began; may lie before the clock's zero
  std::uint64_t sent_ms_ = 0;  ///< the latest attempt of this run
  std::uint32_t deadline_ms_;  ///< of one attempt
  bool awaited_ = false;
  bool changed_ = true;
};

}  // namespace hookswitch::call
