// The bounds of an end, in milliseconds.
#pragma once

#include <cstdint>

#include "host/call/types.hpp"

namespace hookswitch::call {

/// A hook's own deadline is cut to its phase's.
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
  std::uint32_t longest_retry_ms = 300'000;  ///< ... up to here in a line; a longer wait that is demanded is obeyed
  std::uint64_t give_up_ms = 72ull * 3600 * 1000;
  std::uint64_t started_give_up_ms = 600'000;  ///< "a call has begun" is no news after ten minutes

  /// The longest deadline of an attempt in that phase.
  std::uint32_t deadline(Phase phase) const {
    switch (phase) {
      case Phase::hangup: return hangup_ms;
      case Phase::disconnect: return disconnect_ms;
      case Phase::record: return record_ms;
      case Phase::settle: return settle_ms;
      case Phase::confirm: return leg_deadline_ms;
      default: return notify_ms;
    }
  }
};

}  // namespace hookswitch::call
