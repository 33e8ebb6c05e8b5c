#include "host/base/stopwatch.hpp"

#include <algorithm>
#include <chrono>

namespace hookswitch::base {

struct Stopwatch::Origin {
  std::chrono::steady_clock::time_point time = std::chrono::steady_clock::now();
  std::uint64_t at = ticks();
};
const Stopwatch::Origin Stopwatch::origin_;

/// How fast the counter runs is known by all that has passed since the program was loaded, of which the span is a part.
std::uint64_t Stopwatch::inUs(std::uint64_t passed) {
  const std::uint64_t all = std::max<std::uint64_t>(ticks() - origin_.at, 1);
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - origin_.time;
  return std::uint64_t(double(passed) * (double(took.count()) / double(all)) / 1000);
}

}  // namespace hookswitch::base
