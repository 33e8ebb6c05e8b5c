#include "tests/fakes/twilio_audio.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace fakes {
namespace {

std::string little(std::uint32_t value, int size) {
  std::string out;
  for (int i = 0; i < size; ++i) out += char(value >> (8 * i));
  return out;
}

std::string wav(std::uint32_t format, std::uint32_t channels, std::uint32_t rate, std::uint32_t bits,
                const std::string& data) {
  return "RIFF" + little(0, 4) + "WAVEfmt " + little(16, 4) + little(format, 2) + little(channels, 2) +
         little(rate, 4) + little(0, 4) + little(2, 2) + little(bits, 2) + "LIST" + little(3, 4) + "abc" +
         std::string(1, '\0') + "data" + little(std::uint32_t(data.size()), 4) + data;
}

std::string sine(std::uint32_t rate, double hz, std::size_t samples) {
  std::string out;
  for (std::size_t n = 0; n < samples; ++n)
    out += little(std::uint32_t(std::lround(8000 * std::sin(2 * 3.14159265358979 * hz * double(n) / rate))), 2);
  return out;
}

TEST(TwilioAudio, CompandsEveryCodeBackToItself) {
  for (int code = 0; code < 256; ++code) {
    if (code == 0x7f) continue;  // negative zero: becomes 0xff
    EXPECT_EQ(toMulaw(fromMulaw(std::uint8_t(code))), code);
  }
  EXPECT_EQ(toMulaw(0), 0xff);
  EXPECT_EQ(toMulaw(32767), 0x80);
  EXPECT_EQ(toMulaw(-32768), 0x00);
}

TEST(TwilioAudio, BringsEveryRateToEightKilohertz) {
  for (const std::uint32_t rate : {8000u, 16000u, 22050u, 24000u, 48000u}) {
    const auto audio = parseWav(wav(1, 1, rate, 16, sine(rate, 440, rate / 2)), "x");
    ASSERT_EQ(audio->size(), 4000u) << rate;
    double dot = 0, energy = 0, reference = 0;
    for (std::size_t n = 0; n < audio->size(); ++n) {
      // Averaging over a span centres the sample half a span later.
      const double shift = rate > 8000 ? 0.5 - 0.5 * 8000 / rate : 0;
      const double want = std::sin(2 * 3.14159265358979 * 440 * (double(n) + shift) / 8000);
      const double got = fromMulaw(std::uint8_t((*audio)[n]));
      dot += want * got;
      energy += got * got;
      reference += want * want;
    }
    EXPECT_GT(dot / std::sqrt(energy * reference), 0.995) << rate;
  }
}

TEST(TwilioAudio, TakesMulawFilesAsTheyAre) { EXPECT_EQ(*parseWav(wav(7, 1, 8000, 8, "abcd"), "x"), "abcd"); }

TEST(TwilioAudio, RefusesOtherFilesWithASentence) {
  EXPECT_THROW(parseWav("not a wav file", "x"), std::invalid_argument);
  EXPECT_THROW(parseWav(wav(1, 2, 8000, 16, "abcd"), "x"), std::invalid_argument);
  EXPECT_THROW(parseWav(wav(3, 1, 8000, 32, "abcd"), "x"), std::invalid_argument);
  EXPECT_THROW(parseWav(wav(1, 1, 8000, 16, "").substr(0, 40), "x"), std::invalid_argument);
  EXPECT_THROW(readWav("/nowhere/at/all.wav"), std::invalid_argument);
}

TEST(TwilioAudio, MakesAToneOfTheLengthAskedFor) { EXPECT_EQ(makeTone(440, 250)->size(), 2000u); }

}  // namespace
}  // namespace fakes
