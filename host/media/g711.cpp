#include "host/media/g711.hpp"

#include <array>

namespace hookswitch::media {
namespace {

// mu-law: 8 segments of 16 steps, on a curve shifted by 33 steps of the 14-bit scale (132 of 16 bits), so that each
// segment begins at a power of two. Codes are sent inverted.
constexpr int kMuBias = 132;
constexpr int kMuLargest = 32767;  // of the shifted magnitude: beyond it the last step goes on

constexpr std::uint8_t muLawOf(int sample) {
  const bool negative = sample < 0;
  int magnitude = (negative ? ~sample : sample) + kMuBias;  // ~: the interval of a negative sample is (-upper, -lower]
  if (magnitude > kMuLargest) magnitude = kMuLargest;
  int segment = 7;
  while ((magnitude >> (segment + 7)) == 0) --segment;
  const int step = (magnitude >> (segment + 3)) & 15;
  return static_cast<std::uint8_t>(~((negative ? 0x80 : 0) | (segment << 4) | step));
}

constexpr std::int16_t muLawSampleOf(std::uint8_t code) {
  const int bits = ~code & 0xFF;
  const int segment = (bits >> 4) & 7;
  const int magnitude = ((((bits & 15) << 3) + kMuBias) << segment) - kMuBias;
  return static_cast<std::int16_t>((bits & 0x80) != 0 ? -magnitude : magnitude);
}

// A-law: two segments of 16 steps of 16, then six with steps that double. Sent with every other bit inverted.
constexpr std::uint8_t kALawToggle = 0x55;

constexpr std::uint8_t aLawOf(int sample) {
  const bool negative = sample < 0;
  const int magnitude = (negative ? ~sample : sample) >> 4;  // 0..2047
  int segment = 0;
  while ((magnitude >> (segment + 5)) != 0) ++segment;  // 0: below 32
  const int bits = segment == 0 ? magnitude : ((segment + 1) << 4) | ((magnitude >> segment) & 15);
  return static_cast<std::uint8_t>((bits | (negative ? 0 : 0x80)) ^ kALawToggle);
}

constexpr std::int16_t aLawSampleOf(std::uint8_t code) {
  const int bits = code ^ kALawToggle;
  const int segment = (bits >> 4) & 7;
  int magnitude = ((bits & 15) << 4) + 8;
  if (segment != 0) magnitude = (magnitude + 256) << (segment - 1);
  return static_cast<std::int16_t>((bits & 0x80) != 0 ? magnitude : -magnitude);
}

using EncodeTable = std::array<std::uint8_t, 65536>;
using DecodeTable = std::array<std::int16_t, 256>;

template <typename Code>
EncodeTable encodeTable(Code code) {
  EncodeTable table{};
  for (int i = 0; i < 65536; ++i) table[static_cast<std::size_t>(i)] = code(i < 32768 ? i : i - 65536);
  return table;
}

template <typename Sample>
constexpr DecodeTable decodeTable(Sample sample) {
  DecodeTable table{};
  for (int i = 0; i < 256; ++i) table[static_cast<std::size_t>(i)] = sample(static_cast<std::uint8_t>(i));
  return table;
}

// Indexed by the sample's bits taken as unsigned. Built at start-up: clang takes so many constant steps for an endless
// loop.
const EncodeTable kToMuLaw = encodeTable(muLawOf);
const EncodeTable kToALaw = encodeTable(aLawOf);
constexpr DecodeTable kFromMuLaw = decodeTable(muLawSampleOf);
constexpr DecodeTable kFromALaw = decodeTable(aLawSampleOf);

static_assert(muLawOf(0) == kMuLawSilence && aLawOf(0) == kALawSilence);

void encode(const EncodeTable& table, const std::int16_t* in, std::size_t n, std::uint8_t* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = table[static_cast<std::uint16_t>(in[i])];
}

void decode(const DecodeTable& table, const std::uint8_t* in, std::size_t n, std::int16_t* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = table[in[i]];
}

}  // namespace

std::uint8_t encodeMuLaw(std::int16_t sample) { return kToMuLaw[static_cast<std::uint16_t>(sample)]; }
std::uint8_t encodeALaw(std::int16_t sample) { return kToALaw[static_cast<std::uint16_t>(sample)]; }
std::int16_t decodeMuLaw(std::uint8_t code) { return kFromMuLaw[code]; }
std::int16_t decodeALaw(std::uint8_t code) { return kFromALaw[code]; }

void encodeMuLaw(const std::int16_t* in, std::size_t n, std::uint8_t* out) { encode(kToMuLaw, in, n, out); }
void encodeALaw(const std::int16_t* in, std::size_t n, std::uint8_t* out) { encode(kToALaw, in, n, out); }
void decodeMuLaw(const std::uint8_t* in, std::size_t n, std::int16_t* out) { decode(kFromMuLaw, in, n, out); }
void decodeALaw(const std::uint8_t* in, std::size_t n, std::int16_t* out) { decode(kFromALaw, in, n, out); }

}  // namespace hookswitch::media
