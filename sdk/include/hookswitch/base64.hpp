// hookswitch/base64.hpp - Base64 (RFC 4648): the plain alphabet with padding (§4), and the one that is safe in URLs and
// file names, without padding (RFC 4648 §5). By table and into a buffer of the caller's, for audio that travels in JSON
// 50 times a second. Everything here is a pure function. [any]
#ifndef HKS_BASE64_HPP
#define HKS_BASE64_HPP
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hks {

enum class Base64 { Plain = 1, UrlSafe = 2 };

namespace base64_detail {
constexpr char kPlain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char kUrlSafe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr const char* letters(Base64 alphabet) { return alphabet == Base64::Plain ? kPlain : kUrlSafe; }
/// What each byte stands for; 0xFF: nothing. Values are below 64, so one bad byte shows in the top bits of many.
constexpr std::array<uint8_t, 256> inverse(Base64 alphabet) {
  std::array<uint8_t, 256> table{};
  for (auto& value : table) value = 0xFF;
  for (uint8_t i = 0; i < 64; ++i) table[static_cast<unsigned char>(letters(alphabet)[i])] = i;
  return table;
}
template <Base64 alphabet>
struct Inverse {
  static constexpr std::array<uint8_t, 256> table = inverse(alphabet);
};
}  // namespace base64_detail

/// Appends the Base64 of `bytes`, without line breaks. Allocates only when `out` must grow.
template <Base64 alphabet = Base64::Plain>
void encodeBase64(std::string& out, std::string_view bytes) {
  constexpr const char* letters = base64_detail::letters(alphabet);
  constexpr bool padded = alphabet == Base64::Plain;
  const size_t start = out.size(), tail = bytes.size() % 3;
  out.resize(start + bytes.size() / 3 * 4 + (tail == 0 ? 0 : padded ? 4 : tail + 1));
  char* to = out.data() + start;
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  for (size_t left = bytes.size(); left >= 3; left -= 3, from += 3) {
    const uint32_t three = uint32_t(from[0]) << 16 | uint32_t(from[1]) << 8 | from[2];
    *to++ = letters[three >> 18];
    *to++ = letters[three >> 12 & 63];
    *to++ = letters[three >> 6 & 63];
    *to++ = letters[three & 63];
  }
  if (tail == 0) return;
  const uint32_t rest = uint32_t(from[0]) << 16 | (tail == 2 ? uint32_t(from[1]) << 8 : 0u);
  *to++ = letters[rest >> 18];
  *to++ = letters[rest >> 12 & 63];
  if (tail == 2) *to++ = letters[rest >> 6 & 63];
  if (!padded) return;
  if (tail == 1) *to++ = '=';
  *to = '=';
}

/// Appends what `text` stands for. False, with `out` as it was, on any other character and on a length that cannot be;
/// padding may be missing, but where it stands it completes a group of four. Allocates only when `out` must grow.
template <Base64 alphabet = Base64::Plain>
bool decodeBase64(std::string& out, std::string_view text) {
  const auto& value = base64_detail::Inverse<alphabet>::table;
  if (text.size() % 4 == 0)
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  const size_t tail = text.size() % 4, start = out.size();
  if (tail == 1) return false;
  out.resize(start + text.size() / 4 * 3 + (tail == 0 ? 0 : tail - 1));
  char* to = out.data() + start;
  const auto* from = reinterpret_cast<const unsigned char*>(text.data());
  uint8_t seen = 0;  // one test at the end instead of one for each character
  for (size_t fours = text.size() / 4; fours; --fours, from += 4) {
    const uint8_t a = value[from[0]], b = value[from[1]], c = value[from[2]], d = value[from[3]];
    seen = uint8_t(seen | a | b | c | d);
    const uint32_t three = uint32_t(a) << 18 | uint32_t(b) << 12 | uint32_t(c) << 6 | d;
    *to++ = char(three >> 16);
    *to++ = char(three >> 8);
    *to++ = char(three);
  }
  if (tail) {
    const uint8_t a = value[from[0]], b = value[from[1]], c = tail == 3 ? value[from[2]] : uint8_t(0);
    seen = uint8_t(seen | a | b | c);
    *to++ = char(a << 2 | b >> 4);
    if (tail == 3) *to = char(b << 4 | c >> 2);
  }
  if (seen < 64) return true;
  out.resize(start);
  return false;
}

inline std::string base64(std::string_view bytes) {
  std::string out;
  encodeBase64(out, bytes);
  return out;
}
inline std::string base64Url(std::string_view bytes) {
  std::string out;
  encodeBase64<Base64::UrlSafe>(out, bytes);
  return out;
}

}  // namespace hks
#endif
