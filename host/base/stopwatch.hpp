// The cheapest clock there is, for spans that are nearly always too short to matter.
#pragma once

#include <cstdint>

#if !defined(__x86_64__)
#include <chrono>
#endif

namespace hookswitch::base {

/// How long it is since it was made. On x86-64 it reads the processor's own counter, which takes a fraction of what the
/// system's clock takes, and asks that clock how fast the counter runs only when a span is worth it. [any]
class Stopwatch {
 public:
  Stopwatch() : begin_(ticks()) {}

  /// Microseconds; 0 for what was certainly shorter than a millisecond.
  std::uint64_t us() const {
    const std::uint64_t passed = ticks() - begin_;
    return passed < certainly_short ? 0 : inUs(passed);
  }

 private:
  static constexpr std::uint64_t certainly_short = 500'000;  ///< ticks; no counter of x86-64 is slower than 500 MHz
#if defined(__x86_64__)
  static std::uint64_t ticks() { return __builtin_ia32_rdtsc(); }
#else
  static std::uint64_t ticks() {
    return std::uint64_t(std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
  }
#endif
  static std::uint64_t inUs(std::uint64_t passed);
  struct Origin;
  static const Origin origin_;  ///< when the program was loaded

  std::uint64_t begin_;
};

}  // namespace hookswitch::base
