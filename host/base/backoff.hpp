// How long to wait until what has failed is tried again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

namespace hookswitch::base {

/// Waits that double from the first to the longest, each made longer by chance, so that what failed together is not
/// tried again together. Used by one thread.
class Backoff {
 public:
  struct Limits {
    std::uint64_t first_ms = 1'000, longest_ms = 300'000;
    std::uint32_t jitter_percent = 20;  ///< a wait is made longer by up to this much
  };
  Backoff(Limits limits, std::uint64_t seed) : limits_(limits) {
    std::seed_seq both{std::uint32_t(seed), std::uint32_t(seed >> 32)};
    chance_.seed(both);
  }

  /// After so many failures in a row; 0 counts as 1. Milliseconds.
  std::uint64_t wait(std::uint32_t failures) {
    const std::uint32_t doublings = std::clamp<std::uint32_t>(failures, 1, 20) - 1;
    const std::uint64_t own = std::min(limits_.first_ms << doublings, limits_.longest_ms);
    return own + std::uniform_int_distribution<std::uint64_t>(0, own * limits_.jitter_percent / 100)(chance_);
  }

 private:
  Limits limits_;
  std::minstd_rand chance_;
};

}  // namespace hookswitch::base
