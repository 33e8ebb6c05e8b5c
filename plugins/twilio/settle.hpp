// The end of a leg: hung up, confirmed, and settled after a restart.
#pragma once

#include "plugins/twilio/children.hpp"
#include "plugins/twilio/look_up.hpp"
#include "plugins/twilio/ports.hpp"
#include "plugins/twilio/progress.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace hookswitch::twilio {

/// Answers the phases of a call's end. Nothing is ever concluded from silence: what Twilio could not be asked is asked
/// again, by the host, for as long as it takes. [control]
class Settler {
 public:
  static constexpr std::uint32_t kDeadline_ms = 10'000;  ///< of each of the three hooks
  static constexpr std::int64_t kYoung_s = 60;           ///< so long a call may be on its way to Twilio's lists
  static constexpr std::uint32_t kAttempts = 10;         ///< of a search; their waits alone add up to a minute

  Settler(Ports& ports, LookUp& look_up, const Progress& progress, Children& children)
      : ports_(ports), look_up_(look_up), progress_(progress), children_(children) {}

  /// Exactly one HOOK_DONE for each, in this step or a later one.
  void onPhase(const hks_phase& phase, hks::Out& out);

 private:
  struct Ask;
  void sayFirst(const Ask& ask, hks::Out& out);
  void hangUp(const Ask& ask, hks::Out& out);
  /// The leg was hung up, or is over: now those that were rung for it. `confirmed`: OK means that none of them lives.
  void endChildren(const Ask& ask, bool confirmed, hks::Out& out);
  void look(const Ask& ask, bool over, hks::Out& out);
  void confirm(const Ask& ask, hks::Out& out);
  void endAgain(const Ask& ask, hks::Out& out);
  void settle(const Ask& ask, hks::Out& out);
  void search(const Ask& ask, const hks_call& call, hks::Out& out);
  void onLookedUp(const Ask& ask, const LookUp::Result& result, hks::Out& out);
  /// True: it is over and the host was told.
  bool report(const Ask& ask, const Leg& leg, hks::Out& out);
  void reportUnknown(const Ask& ask, hks::Out& out);

  Ports& ports_;
  LookUp& look_up_;
  const Progress& progress_;
  Children& children_;
  std::set<std::string> speaks_;                   // calls whose caller hears a last sentence, by our call id
  std::map<std::string, std::uint64_t> searches_;  // under way, by our call id; the hook that waits for it, 0: none
};

}  // namespace hookswitch::twilio
