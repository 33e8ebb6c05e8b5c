// When the two talked, by the carrier's clock, as far as that is plausible. Pure functions. [any]
#pragma once

#include <cstdint>
#include <optional>

namespace hookswitch::call {

/// What a carrier says of a leg's times, milliseconds; 0: nothing. A carrier that counts seconds has a `unit_ms` of
/// 1000, and its times mean some instant of that second.
struct SaidTimes {
  std::uint64_t answered_unix_ms = 0, duration_ms = 0;
  std::uint32_t unit_ms = 1;
};

/// So far a carrier's clock may be off ours, either way; one that is further off is not believed at all.
inline constexpr std::uint64_t clock_tolerance_ms = 2'000;

/// When the call was answered: what the carrier says, to the instant of its unit that is nearest to ours. Never before
/// the call began and never after we saw the answer, whatever the carrier says.
std::uint64_t plausibleAnswer(const SaidTimes& said, std::uint64_t started_unix_ms, std::uint64_t observed_unix_ms);

/// How long the two talked: our own measure, if there is one and the carrier says the same as exactly as it counts;
/// else what the carrier says, but no longer than `longest_ms`, the life of the call as we saw it. `said.duration_ms`
/// is not 0.
std::uint64_t plausibleTalk(const SaidTimes& said, std::optional<std::uint64_t> own_ms, std::uint64_t longest_ms);

}  // namespace hookswitch::call
