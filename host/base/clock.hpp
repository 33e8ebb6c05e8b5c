// The clocks by which a loop goes. The gateway has one, the system's; a test gives its own and moves it.
#pragma once

#include <cstdint>
#include <string>

namespace hookswitch::base {

/// All of it [any]; none of the first three ever goes back.
class Clock {
 public:
  /// Two of them at one moment.
  struct Reading {
    std::int64_t lived_us, pacing_us;
  };
  virtual ~Clock() = default;

  /// Time that the process has lived, microseconds: of LivedClock, which stands still while the process does. For
  /// whatever is judged by its silence, and for deadlines of what we do ourselves.
  virtual std::int64_t livedUs() const = 0;
  /// The same with all the time in which the process or its machine stood still: for how long something took, and for
  /// what goes on in the world without us.
  virtual std::int64_t allUs() const = 0;
  /// Monotonic, microseconds: for pacing.
  virtual std::int64_t pacingUs() const = 0;
  /// Both for the price of one, where they come from the same clock.
  virtual Reading read() const { return {livedUs(), pacingUs()}; }
  /// Milliseconds since 1970 by the wall clock.
  virtual std::uint64_t unixMs() const = 0;
  /// The longest that a loop may sleep while a timer waits, milliseconds. This clock may jump while everybody sleeps: a
  /// machine that was suspended wakes nobody.
  virtual int longestSleepMs() const { return 1'000; }

  static const Clock& system();
};

/// Names the run of the machine: while it is the same, Clock::allUs() of an earlier process compares. Empty: not known.
/// [any]
const std::string& bootId();

}  // namespace hookswitch::base
