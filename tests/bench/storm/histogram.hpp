// Times of a whole run in a fixed room: buckets of 1/64 of their value, so a percentile is right within 2 %.
#pragma once

#include <array>
#include <cstdint>

namespace storm {

class Histogram {
 public:
  void add(std::int64_t ns);
  void clear() { *this = {}; }
  std::uint64_t count() const { return count_; }
  /// `part`: 0.5 for the median. Milliseconds; 0 when nothing was added.
  double ms(double part) const;

 private:
  static constexpr unsigned kFine = 64;
  std::array<std::uint32_t, 40 * kFine> buckets_{};  // of microseconds
  std::uint64_t count_ = 0;
};

double median(const double* values, unsigned count);

}  // namespace storm
