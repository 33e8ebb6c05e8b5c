#include "host/media/g711.hpp"

#include <gtest/gtest.h>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace hookswitch::media {
namespace {

// The definition, from tables 1a/1b and 2a/2b of ITU-T G.711: segments of intervals whose width doubles. Written as the
// recommendation has it, decision value by decision value, on its own scales: 13 bits for A-law, 14 bits for mu-law.
struct Law {
  std::vector<int> decisions;  // x(n): interval n is [x(n), x(n+1))
  int scale;                   // to 16 bits
};

Law muLaw() {
  Law law{{0, 1}, 4};
  int width = 2;
  for (int segment = 0; segment < 8; ++segment, width *= 2)
    for (int step = segment == 0 ? 1 : 0; step < 16; ++step) law.decisions.push_back(law.decisions.back() + width);
  return law;  // ends at 8159
}

Law aLaw() {
  Law law{{0}, 8};
  for (int step = 0; step < 32; ++step) law.decisions.push_back(law.decisions.back() + 2);
  for (int width = 4; width <= 128; width *= 2)
    for (int step = 0; step < 16; ++step) law.decisions.push_back(law.decisions.back() + width);
  return law;  // ends at 4096
}

// Number of the interval of a magnitude on the 16-bit scale; beyond the last decision value the last one goes on.
int intervalOf(const Law& law, int magnitude) {
  int n = 0;
  while (n < 127 && magnitude >= law.decisions[static_cast<std::size_t>(n) + 1] * law.scale) ++n;
  return n;
}

// Intervals are half-open in the same direction on the whole line of numbers, so those of negative samples are the
// mirror image with the ends exchanged. The recommendation leaves a sample exactly on a decision value to us.
int magnitudeOf(int sample) { return sample < 0 ? -sample - 1 : sample; }

std::uint8_t muLawCode(int sample) {
  const int n = intervalOf(muLaw(), magnitudeOf(sample));
  return static_cast<std::uint8_t>((sample < 0 ? 127 : 255) - n);
}

std::uint8_t aLawCode(int sample) {
  const int n = intervalOf(aLaw(), magnitudeOf(sample));
  return static_cast<std::uint8_t>(((sample < 0 ? 0 : 128) + n) ^ 0x55);
}

TEST(G711, TheTestsOwnTablesEndWhereTheRecommendationSays) {
  const Law mu = muLaw();
  const Law a = aLaw();
  EXPECT_EQ(mu.decisions.size(), 129u);
  EXPECT_EQ(mu.decisions[16], 31);
  EXPECT_EQ(mu.decisions[128], 8159);
  EXPECT_EQ(a.decisions.size(), 129u);
  EXPECT_EQ(a.decisions[32], 64);
  EXPECT_EQ(a.decisions[128], 4096);
}

TEST(G711, EncodesAllSamplesToTheCodeOfTheirInterval) {
  const Law mu = muLaw();
  const Law a = aLaw();
  for (int sample = -32768; sample <= 32767; ++sample) {
    const int magnitude = magnitudeOf(sample);
    const auto muCode = static_cast<std::uint8_t>((sample < 0 ? 127 : 255) - intervalOf(mu, magnitude));
    const auto aCode = static_cast<std::uint8_t>(((sample < 0 ? 0 : 128) + intervalOf(a, magnitude)) ^ 0x55);
    ASSERT_EQ(encodeMuLaw(static_cast<std::int16_t>(sample)), muCode) << sample;
    ASSERT_EQ(encodeALaw(static_cast<std::int16_t>(sample)), aCode) << sample;
  }
}

TEST(G711, DecodesAllCodesToTheMiddleOfTheirInterval) {
  const Law mu = muLaw();
  const Law a = aLaw();
  for (std::size_t n = 0; n < 128; ++n) {
    // Table 2: y(0) = 0, y(n) = (x(n) + x(n+1)) / 2. Table 1: y(n) = (x(n-1) + x(n)) / 2 with n from 1.
    const int muValue = n == 0 ? 0 : (mu.decisions[n] + mu.decisions[n + 1]) * mu.scale / 2;
    const int aValue = (a.decisions[n] + a.decisions[n + 1]) * a.scale / 2;
    EXPECT_EQ(decodeMuLaw(static_cast<std::uint8_t>(255 - n)), muValue) << n;
    EXPECT_EQ(decodeMuLaw(static_cast<std::uint8_t>(127 - n)), -muValue) << n;
    EXPECT_EQ(decodeALaw(static_cast<std::uint8_t>((128 + n) ^ 0x55)), aValue) << n;
    EXPECT_EQ(decodeALaw(static_cast<std::uint8_t>(n ^ 0x55)), -aValue) << n;
  }
}

TEST(G711, TheErrorIsAtMostHalfAnInterval) {
  const Law mu = muLaw();
  const Law a = aLaw();
  for (int sample = -32635; sample <= 32635; ++sample) {  // where mu-law begins to clip
    const auto value = static_cast<std::int16_t>(sample);
    const auto muN = static_cast<std::size_t>(intervalOf(mu, magnitudeOf(sample)));
    const auto aN = static_cast<std::size_t>(intervalOf(a, magnitudeOf(sample)));
    const int muHalf = muN == 0 ? mu.scale : (mu.decisions[muN + 1] - mu.decisions[muN]) * mu.scale / 2;
    const int aHalf = (a.decisions[aN + 1] - a.decisions[aN]) * a.scale / 2;
    ASSERT_LE(std::abs(decodeMuLaw(encodeMuLaw(value)) - sample), muHalf) << sample;
    ASSERT_LE(std::abs(decodeALaw(encodeALaw(value)) - sample), aHalf) << sample;
  }
}

TEST(G711, IsMonotonic) {
  for (int sample = -32768; sample < 32767; ++sample) {
    const auto low = static_cast<std::int16_t>(sample);
    const auto high = static_cast<std::int16_t>(sample + 1);
    ASSERT_LE(decodeMuLaw(encodeMuLaw(low)), decodeMuLaw(encodeMuLaw(high))) << sample;
    ASSERT_LE(decodeALaw(encodeALaw(low)), decodeALaw(encodeALaw(high))) << sample;
  }
}

TEST(G711, DecodingAndEncodingAgainGivesTheSameCode) {
  for (int code = 0; code < 256; ++code) {
    const auto byte = static_cast<std::uint8_t>(code);
    // Minus zero of mu-law has no sample of its own: it comes back as plus zero.
    EXPECT_EQ(encodeMuLaw(decodeMuLaw(byte)), code == 0x7F ? 0xFF : byte);
    EXPECT_EQ(encodeALaw(decodeALaw(byte)), byte);
  }
}

TEST(G711, KnowsTheSilenceBytes) {
  EXPECT_EQ(encodeMuLaw(std::int16_t{0}), 0xFF);
  EXPECT_EQ(encodeALaw(std::int16_t{0}), 0xD5);
  EXPECT_EQ(kMuLawSilence, 0xFF);
  EXPECT_EQ(kALawSilence, 0xD5);
  EXPECT_EQ(decodeMuLaw(kMuLawSilence), 0);
  EXPECT_EQ(decodeALaw(kALawSilence), 8);
}

TEST(G711, TheExtremesAreTheLastCodes) {
  EXPECT_EQ(encodeMuLaw(std::int16_t{32767}), 0x80);
  EXPECT_EQ(encodeMuLaw(std::int16_t{-32768}), 0x00);
  EXPECT_EQ(decodeMuLaw(0x80), 32124);
  EXPECT_EQ(encodeALaw(std::int16_t{32767}), 0xAA);
  EXPECT_EQ(encodeALaw(std::int16_t{-32768}), 0x2A);
  EXPECT_EQ(decodeALaw(0xAA), 32256);
}

TEST(G711, BlocksAreTheSampleBySampleResult) {
  std::vector<std::int16_t> samples;
  for (int i = 0; i < 331; ++i) samples.push_back(static_cast<std::int16_t>(i * 197 - 32768));
  std::vector<std::uint8_t> codes(samples.size());
  std::vector<std::int16_t> back(samples.size());
  encodeMuLaw(samples.data(), samples.size(), codes.data());
  decodeMuLaw(codes.data(), codes.size(), back.data());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(codes[i], muLawCode(samples[i]));
    EXPECT_EQ(back[i], decodeMuLaw(codes[i]));
  }
  encodeALaw(samples.data(), samples.size(), codes.data());
  decodeALaw(codes.data(), codes.size(), back.data());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(codes[i], aLawCode(samples[i]));
    EXPECT_EQ(back[i], decodeALaw(codes[i]));
  }
}

}  // namespace
}  // namespace hookswitch::media
