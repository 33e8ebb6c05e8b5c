#include "tests/bench/storm/sound.hpp"

#include <array>
#include <cstring>
#include <vector>

namespace storm {

namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t kNone = 0xff000000;

/// Two characters for every twelve bits.
struct Pairs {
  char text[4096][2];
  Pairs() {
    for (unsigned i = 0; i < 4096; ++i) text[i][0] = kAlphabet[i >> 6], text[i][1] = kAlphabet[i & 63];
  }
};

/// The bits of a character at each of the four places of a group.
struct Bits {
  std::uint32_t at[4][256];
  Bits() {
    for (auto& place : at)
      for (auto& bits : place) bits = kNone;
    for (unsigned i = 0; i < 64; ++i)
      for (unsigned place = 0; place < 4; ++place) at[place][std::uint8_t(kAlphabet[i])] = i << (18 - 6 * place);
  }
};

const Pairs pairs;
const Bits bits;

std::int16_t decodeMuLaw(std::uint8_t byte) {
  const int inverted = ~byte & 0xff;
  const int magnitude = (((inverted & 0x0f) << 3) + 0x84) << ((inverted & 0x70) >> 4);
  return std::int16_t(inverted & 0x80 ? 0x84 - magnitude : magnitude - 0x84);
}

std::uint8_t encodeMuLaw(int sample) {
  const int sign = sample < 0 ? 0x80 : 0;
  int magnitude = sample < 0 ? -sample : sample;
  magnitude = (magnitude > 32635 ? 32635 : magnitude) + 0x84;
  int exponent = 7;
  for (int bit = 0x4000; exponent > 0 && !(magnitude & bit); bit >>= 1) --exponent;
  return std::uint8_t(~(sign | exponent << 4 | ((magnitude >> (exponent + 3)) & 0x0f)));
}

struct MuLaw {
  std::array<std::int16_t, 256> sample{};
  std::vector<std::uint8_t> byte = std::vector<std::uint8_t>(65536);
  MuLaw() {
    for (unsigned i = 0; i < 256; ++i) sample[i] = decodeMuLaw(std::uint8_t(i));
    for (int i = -32768; i < 32768; ++i) byte[std::uint16_t(i)] = encodeMuLaw(i);
  }
};

const MuLaw law;

}  // namespace

void encodeBase64(char* to, const void* from, std::size_t size) {
  const auto* in = static_cast<const std::uint8_t*>(from);
  for (; size >= 3; size -= 3, in += 3, to += 4) {
    const unsigned group = unsigned(in[0]) << 16 | unsigned(in[1]) << 8 | in[2];
    std::memcpy(to, pairs.text[group >> 12], 2);
    std::memcpy(to + 2, pairs.text[group & 4095], 2);
  }
  if (size == 0) return;
  const unsigned group = unsigned(in[0]) << 16 | (size == 2 ? unsigned(in[1]) << 8 : 0u);
  std::memcpy(to, pairs.text[group >> 12], 2);
  to[2] = size == 2 ? kAlphabet[group >> 6 & 63] : '=';
  to[3] = '=';
}

std::size_t decodeBase64(void* to, std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return 0;
  const std::size_t padding = text.back() != '=' ? 0 : text[text.size() - 2] == '=' ? 2 : 1;
  const auto* in = reinterpret_cast<const std::uint8_t*>(text.data());
  auto* out = static_cast<std::uint8_t*>(to);
  std::uint32_t wrong = 0;
  std::size_t groups = text.size() / 4 - (padding ? 1 : 0);
  for (; groups > 0; --groups, in += 4, out += 3) {
    const std::uint32_t group = bits.at[0][in[0]] | bits.at[1][in[1]] | bits.at[2][in[2]] | bits.at[3][in[3]];
    wrong |= group;
    out[0] = std::uint8_t(group >> 16), out[1] = std::uint8_t(group >> 8), out[2] = std::uint8_t(group);
  }
  if (padding) {
    const std::uint32_t third = padding == 1 ? bits.at[2][in[2]] : 0;
    const std::uint32_t group = bits.at[0][in[0]] | bits.at[1][in[1]] | third;
    wrong |= group;
    *out++ = std::uint8_t(group >> 16);
    if (padding == 1) *out++ = std::uint8_t(group >> 8);
  }
  return wrong & kNone ? 0 : std::size_t(out - static_cast<std::uint8_t*>(to));
}

std::int16_t fromMuLaw(std::uint8_t byte) { return law.sample[byte]; }

std::uint8_t toMuLaw(std::int16_t sample) { return law.byte[std::uint16_t(sample)]; }

std::string_view between(std::string_view text, std::string_view key) {
  const void* at = ::memmem(text.data(), text.size(), key.data(), key.size());
  if (!at) return {};
  const char* const begin = static_cast<const char*>(at) + key.size();
  const std::size_t left = std::size_t(text.data() + text.size() - begin);
  const void* end = std::memchr(begin, '"', left);
  return end ? std::string_view(begin, std::size_t(static_cast<const char*>(end) - begin)) : std::string_view();
}

}  // namespace storm
