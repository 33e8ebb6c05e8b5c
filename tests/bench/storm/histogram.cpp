#include "tests/bench/storm/histogram.hpp"

#include <algorithm>
#include <vector>

namespace storm {

void Histogram::add(std::int64_t ns) {
  const std::uint64_t us = ns > 0 ? std::uint64_t(ns) / 1000 : 0;
  std::size_t bucket = std::size_t(us);
  if (us >= kFine) {
    const unsigned shift = 63u - unsigned(__builtin_clzll(us)) - 6u;
    bucket = (shift + 1) * kFine + ((us >> shift) - kFine);
  }
  ++buckets_[std::min(bucket, buckets_.size() - 1)];
  ++count_;
}

double Histogram::ms(double part) const {
  if (count_ == 0) return 0;
  std::uint64_t left = std::uint64_t(double(count_ - 1) * part);
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    if (left >= buckets_[i]) {
      left -= buckets_[i];
      continue;
    }
    const std::size_t shift = i < kFine ? 0 : i / kFine - 1;
    const double low = i < kFine ? double(i) : double((i % kFine + kFine) << shift);
    return (low + double(std::uint64_t(1) << shift) / 2) / 1000;
  }
  return 0;
}

double median(const double* values, unsigned count) {
  std::vector<double> sorted(values, values + count);
  std::sort(sorted.begin(), sorted.end());
  if (sorted.empty()) return 0;
  return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

}  // namespace storm
