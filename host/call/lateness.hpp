// How late the sound of a call left for its listener.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hookswitch::call {

/// Frames by the gap that was heard before them: how much later one left than the carrier had played everything before
/// it. 0 for a frame that came in time, and for the first after a pause that the speaker made. A value; no thread.
class Lateness {
 public:
  /// Upper bounds of the buckets, inclusive; one more takes what is later.
  static constexpr std::array<std::uint32_t, 9> bounds_ms{0, 5, 10, 20, 50, 100, 200, 500, 1000};
  using Counts = std::array<std::uint64_t, bounds_ms.size() + 1>;

  void add(std::int64_t late_us);  ///< of one frame; negative counts as 0
  void add(const Lateness& other);

  const Counts& counts() const { return counts_; }  ///< of each bucket alone
  std::uint64_t frames() const;
  std::uint64_t late() const { return frames() - counts_[0]; }
  std::uint64_t sumUs() const { return sum_us_; }
  std::uint64_t worstUs() const { return worst_us_; }
  /// A time that at least so many thousandths of the frames did not exceed: a bound of a bucket, or the worst. 0: there
  /// are no frames. `thousandths`: 1..1000.
  std::uint64_t quantileMs(unsigned thousandths) const;

 private:
  Counts counts_{};
  std::uint64_t sum_us_ = 0, worst_us_ = 0;
};

}  // namespace hookswitch::call
