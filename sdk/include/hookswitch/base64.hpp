// hookswitch/base64.hpp - Base64 (RFC 4648): the plain alphabet with padding (§4), and the one that is safe in URLs and
// file names, without padding (RFC 4648 §5). Into a buffer of the caller's, for audio that travels in JSON 50 times a
// second: by table, and for the plain alphabet as many characters at once as the processor can (base64_x86.hpp).
// Everything here is a pure function. [any]
#ifndef HKS_BASE64_HPP
#define HKS_BASE64_HPP
#include <hookswitch/base64_x86.hpp>

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

/// How many characters at once: one group by table, 16, 32.
enum class Way { Table = 1, Ssse3 = 2, Avx2 = 3 };
inline Way bestWay() {
#ifdef HKS_BASE64_X86
  if (__builtin_cpu_supports("avx2")) return Way::Avx2;
  if (__builtin_cpu_supports("ssse3")) return Way::Ssse3;
#endif
  return Way::Table;
}
/// From the front, so many of the bytes (of the characters) as the way can; the table does the rest.
inline size_t encodeMany([[maybe_unused]] Way way, [[maybe_unused]] char* to,
                         [[maybe_unused]] const unsigned char* from, [[maybe_unused]] size_t size) {
#ifdef HKS_BASE64_X86
  if (way == Way::Avx2) return encodeAvx2(to, from, size);
  if (way == Way::Ssse3) return encodeSsse3(to, from, size);
#endif
  return 0;
}
inline size_t decodeMany([[maybe_unused]] Way way, [[maybe_unused]] char* to,
                         [[maybe_unused]] const unsigned char* from, [[maybe_unused]] size_t size,
                         [[maybe_unused]] bool& bad) {
#ifdef HKS_BASE64_X86
  if (way == Way::Avx2) return decodeAvx2(to, from, size, bad);
  if (way == Way::Ssse3) return decodeSsse3(to, from, size, bad);
#endif
  return 0;
}

/// What stands behind the padding that completes a group of four; false: no Base64 has this length.
constexpr bool dropPadding(std::string_view& text) {
  if (text.size() % 4 == 0)
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  return text.size() % 4 != 1;
}

template <Base64 alphabet>
char* encode(char* to, std::string_view bytes, Way way) {
  constexpr const char* of = letters(alphabet);
  constexpr bool padded = alphabet == Base64::Plain;
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  size_t left = bytes.size();
  if (padded) {
    const size_t done = encodeMany(way, to, from, left);
    from += done;
    to += done / 3 * 4;
    left -= done;
  }
  for (; left >= 3; left -= 3, from += 3) {
    const uint32_t three = uint32_t(from[0]) << 16 | uint32_t(from[1]) << 8 | from[2];
    *to++ = of[three >> 18];
    *to++ = of[three >> 12 & 63];
    *to++ = of[three >> 6 & 63];
    *to++ = of[three & 63];
  }
  if (left == 0) return to;
  const uint32_t rest = uint32_t(from[0]) << 16 | (left == 2 ? uint32_t(from[1]) << 8 : 0u);
  *to++ = of[rest >> 18];
  *to++ = of[rest >> 12 & 63];
  if (left == 2) *to++ = of[rest >> 6 & 63];
  if (!padded) return to;
  if (left == 1) *to++ = '=';
  *to++ = '=';
  return to;
}

template <Base64 alphabet>
bool decode(char* to, std::string_view text, size_t& size, Way way) {
  const auto& value = Inverse<alphabet>::table;
  if (!dropPadding(text)) return false;
  const size_t tail = text.size() % 4;
  size = text.size() / 4 * 3 + (tail == 0 ? 0 : tail - 1);
  const auto* from = reinterpret_cast<const unsigned char*>(text.data());
  size_t left = text.size() - tail;
  bool bad = false;
  if (alphabet == Base64::Plain) {
    const size_t done = decodeMany(way, to, from, left, bad);
    from += done;
    to += done / 4 * 3;
    left -= done;
  }
  uint8_t seen = 0;  // one test at the end instead of one for each character
  for (; left; left -= 4, from += 4) {
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
  return !bad && seen < 64;
}
}  // namespace base64_detail

/// How many characters encodeBase64 makes of so many bytes, and at most how many bytes decodeBase64 makes of so many
/// characters.
template <Base64 alphabet = Base64::Plain>
constexpr size_t base64Size(size_t bytes) {
  const size_t tail = bytes % 3;
  return bytes / 3 * 4 + (tail == 0 ? 0 : alphabet == Base64::Plain ? 4 : tail + 1);
}
constexpr size_t base64Room(size_t characters) { return (characters + 3) / 4 * 3; }

/// Writes the Base64 of `bytes`, without line breaks, to where base64Size of them have room. Returns the end of it.
template <Base64 alphabet = Base64::Plain>
char* encodeBase64(char* to, std::string_view bytes) {
  return base64_detail::encode<alphabet>(to, bytes, base64_detail::bestWay());
}

/// Writes what `text` stands for to where base64Room of it has room; `size`: so many bytes. False on any other
/// character and on a length that cannot be, and then what stands there means nothing. Padding may be missing, but
/// where it stands it completes a group of four.
template <Base64 alphabet = Base64::Plain>
bool decodeBase64(char* to, std::string_view text, size_t& size) {
  return base64_detail::decode<alphabet>(to, text, size, base64_detail::bestWay());
}

/// Appends it. Allocates only when `out` must grow.
template <Base64 alphabet = Base64::Plain>
void encodeBase64(std::string& out, std::string_view bytes) {
  const size_t start = out.size();
  out.resize(start + base64Size<alphabet>(bytes.size()));
  encodeBase64<alphabet>(out.data() + start, bytes);
}

/// Appends it; when it returns false, `out` is as it was. Allocates only when `out` must grow.
template <Base64 alphabet = Base64::Plain>
bool decodeBase64(std::string& out, std::string_view text) {
  const size_t start = out.size();
  out.resize(start + base64Room(text.size()));
  size_t size = 0;
  const bool good = decodeBase64<alphabet>(out.data() + start, text, size);
  out.resize(good ? start + size : start);
  return good;
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
