// Base64 and mu-law of the benchmark's own, so that what it measures with does not change with what it measures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace storm {

constexpr std::size_t kFrameBytes = 160;                       ///< 20 ms of mu-law
constexpr std::size_t kFrameText = (kFrameBytes + 2) / 3 * 4;  ///< the same as base64

constexpr std::size_t base64Size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }
/// Writes base64Size(size) characters.
void encodeBase64(char* to, const void* bytes, std::size_t size);
/// Writes up to size / 4 * 3 bytes and returns how many; 0 when it is not base64.
std::size_t decodeBase64(void* to, std::string_view text);

std::int16_t fromMuLaw(std::uint8_t byte);
std::uint8_t toMuLaw(std::int16_t sample);

/// What is between the quotes behind `key`, which ends with a quote; null data when it is not there.
std::string_view between(std::string_view text, std::string_view key);

}  // namespace storm
