// When a hook that has failed is tried again, and when it is given up.
#pragma once

#include <algorithm>
#include <cstdint>

#include "host/base/backoff.hpp"
#include "host/call/teardown_limits.hpp"

namespace hookswitch::call {

/// The policy of repetition for the hooks of one call. When a notification is tried again is for its line to say; here
/// is what they all have in common, and what is particular to a leg: it costs money while it is up, so that its tries
/// are near one another. Times by the clock of the Teardown.
class Repetition {
 public:
  Repetition(const TeardownLimits& limits, std::uint64_t seed)
      : limits_(limits), backoff_({limits.first_retry_ms, limits.leg_retry_ms, limits.jitter_percent}, seed) {}

  /// What a receiver demands is obeyed, but nobody waits beyond the end of the hook's life.
  std::uint64_t obeyed(std::uint64_t after_ms) const { return std::min(after_ms, limits_.give_up_ms + 1); }

  /// From a failure of a leg's hook to its next try, which is as long after the latest try as the number of tries asks,
  /// or as long after the failure as is demanded.
  std::uint64_t legWait(std::uint32_t attempts, std::uint64_t since_sent_ms, std::uint64_t demanded_ms) {
    const std::uint64_t own = backoff_.wait(attempts);
    return std::max(own - std::min(own, since_sent_ms), obeyed(demanded_ms));
  }

  /// A leg's hook that is repeated gets less time than its first try, lest a try be late for the next.
  std::uint32_t legDeadline(std::uint32_t attempts, std::uint32_t deadline_ms) const {
    return attempts > 1 ? std::min(deadline_ms, limits_.leg_deadline_ms) : deadline_ms;
  }

  /// From then on a hook that began at `first_ms` is not worth an attempt.
  std::uint64_t expiry(Phase phase, std::int64_t first_ms) const {
    const std::uint64_t life = phase == Phase::started ? limits_.started_give_up_ms : limits_.give_up_ms;
    return std::uint64_t(std::max<std::int64_t>(0, first_ms + std::int64_t(life)));
  }

 private:
  TeardownLimits limits_;
  base::Backoff backoff_;
};

}  // namespace hookswitch::call
