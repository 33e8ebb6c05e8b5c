#include "host/call/carrier_times.hpp"

#include <algorithm>

namespace hookswitch::call {

std::uint64_t plausibleAnswer(const SaidTimes& said, std::uint64_t started_unix_ms, std::uint64_t observed_unix_ms) {
  const std::uint64_t first = said.answered_unix_ms, last = first + std::max(said.unit_ms, 1u) - 1;
  if (!first || first > observed_unix_ms + clock_tolerance_ms || last + clock_tolerance_ms < started_unix_ms)
    return observed_unix_ms;
  const std::uint64_t nearest = std::min(std::max(observed_unix_ms, first), last);
  return std::min(std::max(nearest, started_unix_ms), observed_unix_ms);
}

std::uint64_t plausibleTalk(const SaidTimes& said, std::optional<std::uint64_t> own_ms, std::uint64_t longest_ms) {
  const std::uint64_t unit = std::max(said.unit_ms, 1u);
  if (own_ms && std::max(*own_ms, said.duration_ms) - std::min(*own_ms, said.duration_ms) < unit) return *own_ms;
  return std::min(said.duration_ms, longest_ms);
}

}  // namespace hookswitch::call
