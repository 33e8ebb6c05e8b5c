// Clocks for loops under test: the system's with what the test has added to it, and one that only the test moves.
#pragma once

#include <atomic>
#include <cstdint>

#include "host/base/loop.hpp"

namespace base_test {

/// [any]
class MovedClock final : public hookswitch::base::Clock {
 public:
  /// So much time has passed at once, and the process has lived through it. Wakes nobody, see passOn().
  void pass(std::int64_t ms) { moved_ms_ += ms; }
  /// The same for the wall clock alone.
  void passOnTheWall(std::int64_t ms) { wall_ms_ += ms; }
  /// From here on no time passes but by these two. Whole milliseconds on all clocks: sums of them are exact.
  void hold() {
    const auto whole = [](std::int64_t us) { return (us / 1000 + 1) * 1000; };  // not back
    lived_us_ = whole(system().livedUs());
    all_us_ = whole(system().allUs());
    pacing_us_ = whole(system().pacingUs());
    unix_ms_ = std::int64_t(system().unixMs());
    held_ = true;
  }

  std::int64_t livedUs() const override { return (held_ ? lived_us_.load() : system().livedUs()) + moved_ms_ * 1000; }
  std::int64_t allUs() const override { return (held_ ? all_us_.load() : system().allUs()) + moved_ms_ * 1000; }
  std::int64_t pacingUs() const override {
    return (held_ ? pacing_us_.load() : system().pacingUs()) + moved_ms_ * 1000;
  }
  std::uint64_t unixMs() const override {
    return std::uint64_t((held_ ? unix_ms_.load() : std::int64_t(system().unixMs())) + moved_ms_ + wall_ms_);
  }

 private:
  std::atomic<bool> held_{false};
  std::atomic<std::int64_t> lived_us_{0}, all_us_{0}, pacing_us_{0}, unix_ms_{0};  // counts when held
  std::atomic<std::int64_t> moved_ms_{0}, wall_ms_{0};
};

/// Every clock in one, and no time passes but by pass(). [any]
class StillClock final : public hookswitch::base::Clock {
 public:
  /// Wakes nobody; a loop that waits for a timer looks again before long.
  void pass(std::int64_t ms) { now_us_ += ms * 1000; }

  std::int64_t livedUs() const override { return now_us_; }
  std::int64_t allUs() const override { return now_us_; }
  std::int64_t pacingUs() const override { return now_us_; }
  std::uint64_t unixMs() const override { return std::uint64_t(now_us_ / 1000); }
  int longestSleepMs() const override { return 5; }

 private:
  std::atomic<std::int64_t> now_us_{1'000'000};
};

}  // namespace base_test
