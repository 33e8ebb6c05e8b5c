#include "host/call/lateness.hpp"

#include <algorithm>
#include <numeric>

namespace hookswitch::call {

void Lateness::add(std::int64_t late_us) {
  const std::uint64_t late = late_us > 0 ? std::uint64_t(late_us) : 0;
  std::size_t bucket = 0;
  while (bucket < bounds_ms.size() && late > bounds_ms[bucket] * std::uint64_t{1000}) ++bucket;
  ++counts_[bucket];
  sum_us_ += late;
  worst_us_ = std::max(worst_us_, late);
}

void Lateness::add(const Lateness& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  sum_us_ += other.sum_us_;
  worst_us_ = std::max(worst_us_, other.worst_us_);
}

std::uint64_t Lateness::frames() const { return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0}); }

std::uint64_t Lateness::quantileMs(unsigned thousandths) const {
  const std::uint64_t worst_ms = (worst_us_ + 999) / 1000, wanted = (frames() * thousandths + 999) / 1000;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < bounds_ms.size(); ++i)
    if ((seen += counts_[i]) >= wanted) return std::min<std::uint64_t>(bounds_ms[i], worst_ms);
  return worst_ms;
}

}  // namespace hookswitch::call
