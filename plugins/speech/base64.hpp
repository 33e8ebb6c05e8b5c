// Base64 as both speech models put audio into JSON: standard alphabet, padded, no line breaks (RFC 4648 §4).
// On the frame path, so by table and into a buffer that is used again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::speech {

namespace base64_detail {
inline constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
inline constexpr std::uint8_t kBad = 0xFF;
constexpr std::array<std::uint8_t, 256> inverse() {
  std::array<std::uint8_t, 256> table{};
  for (auto& value : table) value = kBad;
  for (std::uint8_t i = 0; i < 64; ++i) table[static_cast<unsigned char>(kAlphabet[i])] = i;
  return table;
}
inline constexpr auto kInverse = inverse();
}  // namespace base64_detail

/// Appends the base64 of `bytes` to `out`. [any]
inline void encodeBase64(std::string& out, std::string_view bytes) {
  using base64_detail::kAlphabet;
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4);
  char* to = out.data() + start;
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, from += 3) {
    const std::uint32_t three = std::uint32_t(from[0]) << 16 | std::uint32_t(from[1]) << 8 | from[2];
    *to++ = kAlphabet[three >> 18];
    *to++ = kAlphabet[three >> 12 & 63];
    *to++ = kAlphabet[three >> 6 & 63];
    *to++ = kAlphabet[three & 63];
  }
  if (left == 0) return;
  const std::uint32_t tail = std::uint32_t(from[0]) << 16 | (left == 2 ? std::uint32_t(from[1]) << 8 : 0);
  *to++ = kAlphabet[tail >> 18];
  *to++ = kAlphabet[tail >> 12 & 63];
  *to++ = left == 2 ? kAlphabet[tail >> 6 & 63] : '=';
  *to = '=';
}

/// Appends what `text` stands for to `out`. False, with `out` as it was, when the text is not base64; missing padding
/// is let pass. [any]
inline bool decodeBase64(std::string& out, std::string_view text) {
  using base64_detail::kInverse;
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  if (text.size() % 4 == 1) return false;
  const std::size_t start = out.size();
  out.resize(start + text.size() / 4 * 3 + (text.size() % 4 ? text.size() % 4 - 1 : 0));
  char* to = out.data() + start;
  const auto* from = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t left = text.size();
  std::uint8_t bad = 0;
  for (; left >= 4; left -= 4, from += 4) {
    const std::uint8_t a = kInverse[from[0]], b = kInverse[from[1]], c = kInverse[from[2]], d = kInverse[from[3]];
    bad |= a | b | c | d;  // valid values are below 64, so the top bits of kBad survive
    const std::uint32_t three = std::uint32_t(a) << 18 | std::uint32_t(b) << 12 | std::uint32_t(c) << 6 | d;
    *to++ = char(three >> 16);
    *to++ = char(three >> 8);
    *to++ = char(three);
  }
  if (left) {
    const std::uint8_t a = kInverse[from[0]], b = kInverse[from[1]],
                       c = left == 3 ? kInverse[from[2]] : std::uint8_t(0);
    bad |= a | b | c;
    const std::uint32_t three = std::uint32_t(a) << 18 | std::uint32_t(b) << 12 | std::uint32_t(c) << 6;
    *to++ = char(three >> 16);
    if (left == 3) *to = char(three >> 8);
  }
  if (bad < 64) return true;
  out.resize(start);
  return false;
}

}  // namespace hookswitch::speech
