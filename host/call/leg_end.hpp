// The end of a call's leg: what became of it after a restart, its hang-up, and whether it is over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/call/hooks.hpp"
#include "host/call/situation.hpp"

namespace hookswitch::call {

/// The three hooks of the call's carrier: settle, hang-up, confirm. A leg costs money while it is up, so they are
/// repeated in the background until it is over. Works on the hooks of its Teardown.
class LegEnd {
 public:
  /// `situation` says what is known of the leg, at every event; it outlives this.
  LegEnd(const TeardownLimits& limits, Hooks& hooks, const Situation& situation)
      : limits_(limits), hooks_(hooks), situation_(situation) {}

  /// The end begins, or an earlier run's goes on; `specs` are the hooks that plugins have now.
  void begin(const std::vector<HookSpec>& specs);

  /// What is known of the leg is old: the carrier is asked before it is hung up.
  bool settlesFirst() const { return situation_.recovery && !situation_.gone(); }
  void settle(Step& step);
  /// The hang-up phase begins for the carrier.
  void hangUp(Step& step);
  /// A call that an earlier run had ended: its hang-up and the questions go on.
  void resume(Step& step);
  /// An earlier run has asked whether the leg is over and has not heard the answer: it is asked again.
  void askAgain(Step& step);

  /// An attempt of `hook` is over, well or not; of interest is the carrier's hang-up.
  void attemptOver(const Hook& hook, Step& step);
  /// The hang-up has waited long enough for the leg's name, in its phase or after it.
  void nameStillMissing(Hook& hook, Step& step);
  /// The carrier has named the leg: a hang-up that waits for this goes out.
  void named(Step& step);
  /// The carrier has reported the leg over, or the create request has failed: nothing is left to hang up.
  void over(Step& step);

  /// The end was asked of the carrier, and nobody has said yet that the leg is over.
  bool unconfirmed() const;
  /// Empty, or why the carrier did not take the hang-up: its sentence.
  const std::string& refusal() const { return refusal_; }

 private:
  Hook* find(Phase phase) const { return hooks_.find(phase, hooks_.carrier()); }
  const HookSpec* spec(Phase phase) const;
  void conclude(Hook& hook, HookRow::State state, const char* reason, Step& step);
  bool resume(Hook& hook, Step& step);
  void confirmLater(std::uint64_t now_ms);

  TeardownLimits limits_;
  Hooks& hooks_;
  const Situation& situation_;
  std::vector<HookSpec> specs_;  ///< of the carrier, for the leg
  bool begun_ = false;
  std::string refusal_;
};

}  // namespace hookswitch::call
