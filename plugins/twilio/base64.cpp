#include "plugins/twilio/base64.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace hookswitch::twilio {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kBad = 0xFF;

constexpr std::array<std::uint8_t, 256> makeReverse() {
  std::array<std::uint8_t, 256> table{};
  for (auto& value : table) value = kBad;
  for (std::uint8_t i = 0; i < 64; ++i) table[static_cast<unsigned char>(kAlphabet[i])] = i;
  return table;
}
constexpr auto kReverse = makeReverse();

}  // namespace

void base64EncodeTo(std::string& out, std::string_view bytes) {
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4);
  char* to = out.data() + start;
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, from += 3) {
    const std::uint32_t word = std::uint32_t(from[0]) << 16 | std::uint32_t(from[1]) << 8 | from[2];
    *to++ = kAlphabet[word >> 18];
    *to++ = kAlphabet[word >> 12 & 63];
    *to++ = kAlphabet[word >> 6 & 63];
    *to++ = kAlphabet[word & 63];
  }
  if (left == 0) return;
  const std::uint32_t word = std::uint32_t(from[0]) << 16 | (left == 2 ? std::uint32_t(from[1]) << 8 : 0u);
  *to++ = kAlphabet[word >> 18];
  *to++ = kAlphabet[word >> 12 & 63];
  *to++ = left == 2 ? kAlphabet[word >> 6 & 63] : '=';
  *to = '=';
}

bool base64Decode(std::string& out, std::string_view text) {
  if (text.size() % 4 == 0)  // only then can the end be padding
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  const std::size_t tail = text.size() % 4;
  if (tail == 1) return false;
  out.resize(text.size() / 4 * 3 + (tail == 0 ? 0 : tail - 1));
  char* to = out.data();
  const auto* from = reinterpret_cast<const unsigned char*>(text.data());
  std::uint8_t seen = 0;  // collects the high bit of kBad; one test at the end instead of one per character
  for (std::size_t i = 0; i < text.size() / 4; ++i, from += 4) {
    const std::uint8_t a = kReverse[from[0]], b = kReverse[from[1]], c = kReverse[from[2]], d = kReverse[from[3]];
    seen |= a | b | c | d;
    *to++ = char(a << 2 | b >> 4);
    *to++ = char(b << 4 | c >> 2);
    *to++ = char(c << 6 | d);
  }
  if (tail >= 2) {
    const std::uint8_t a = kReverse[from[0]], b = kReverse[from[1]];
    seen |= a | b;
    *to++ = char(a << 2 | b >> 4);
    if (tail == 3) {
      const std::uint8_t c = kReverse[from[2]];
      seen |= c;
      *to = char(b << 4 | c >> 2);
    }
  }
  return (seen & 0x80) == 0;
}

}  // namespace hookswitch::twilio
