// How loud a piece of the caller's audio is.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace hookswitch::speech {

/// Mean of the samples' distance from zero, 0 to 32768, of 16 bit, little end first; of a piece without a sample 0.
/// Silence on a phone line stays below 100. By every fifth sample: it is asked of each piece of a caller who listens.
/// [any]
inline std::uint32_t loudness(std::string_view pcm) {
  std::uint64_t sum = 0, count = 0;
  for (std::size_t at = 0; at + 1 < pcm.size(); at += 10, ++count) {
    const auto low = static_cast<unsigned char>(pcm[at]), high = static_cast<unsigned char>(pcm[at + 1]);
    sum += std::uint64_t(std::abs(int(std::int16_t(low | high << 8))));
  }
  return count ? std::uint32_t(sum / count) : 0;
}

}  // namespace hookswitch::speech
