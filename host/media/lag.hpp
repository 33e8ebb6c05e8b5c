// How late a loop is, as a figure that one late turn does not move. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace hookswitch::media {

/// The median of the newest probes. A process that stood still, a machine that slept, a step that took long: each is
/// one late probe, and the figure stays. It rises only while most turns are late.
class Lag {
 public:
  /// By how much one probe came late.
  void add(std::int64_t late_us) {
    newest_[next_] = std::max<std::int64_t>(late_us, 0);
    next_ = (next_ + 1) % probes;
  }
  std::int64_t figureUs() const {
    auto sorted = newest_;
    std::nth_element(sorted.begin(), sorted.begin() + middle, sorted.end());
    return sorted[middle];
  }

  static constexpr std::size_t probes = 16, middle = (probes - 1) / 2;

 private:
  std::array<std::int64_t, probes> newest_{};  // what has not been measured yet counts as in time
  std::size_t next_ = 0;
};

}  // namespace hookswitch::media
