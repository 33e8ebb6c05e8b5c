// Keys as sound, read as an exchange reads them.
#include "host/media/tones.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "host/media/g711.hpp"

namespace media_test {
namespace {

using namespace hookswitch::media;

/// How much of this frequency there is (Goertzel).
double power(const std::vector<double>& samples, double hz) {
  const double w = 2 * std::cos(6.283185307179586 * hz / 8000);
  double a = 0, b = 0;
  for (const double x : samples) {
    const double c = x + w * a - b;
    b = a;
    a = c;
  }
  return a * a + b * b - w * a * b;
}

std::string keysIn(const std::string& pcm) {
  static const double low[] = {697, 770, 852, 941}, high[] = {1209, 1336, 1477, 1633};
  static const char* const names = "123A456B789C*0#D";
  std::string keys;
  bool between = true;
  for (std::size_t at = 0; at + 320 <= pcm.size(); at += 320) {  // 20 ms
    std::vector<double> x;
    double energy = 0;
    for (std::size_t i = at; i < at + 320; i += 2) {
      x.push_back(std::int16_t((unsigned char)pcm[i] | (unsigned char)pcm[i + 1] << 8) / 32768.0);
      energy += x.back() * x.back();
    }
    if (energy < 0.5) {
      between = true;
      continue;
    }
    if (!between) continue;
    between = false;
    int l = 0, h = 0;
    for (int i = 1; i < 4; ++i) {
      if (power(x, low[i]) > power(x, low[l])) l = i;
      if (power(x, high[i]) > power(x, high[h])) h = i;
    }
    keys += names[l * 4 + h];
  }
  return keys;
}

TEST(Tones, EveryKeyIsItsTwoTones) {
  EXPECT_EQ(keysIn(keyTones(AudioFormat::s16_8k, "0123456789*#ABCD")), "0123456789*#ABCD");
  EXPECT_EQ(keysIn(keyTones(AudioFormat::s16_8k, "11w1")), "111") << "the same key twice is two tones";
}

TEST(Tones, AreAsLongAsTheySay) {
  EXPECT_EQ(keyTones(AudioFormat::pcmu_8k, "1").size(), (tone_ms + pause_ms) * 8u);
  EXPECT_EQ(keyTones(AudioFormat::pcmu_8k, "w").size(), wait_ms * 8u);
  EXPECT_EQ(keyTones(AudioFormat::s16_24k, "1w").size(), (tone_ms + pause_ms + wait_ms) * 48u);
  EXPECT_TRUE(keyTones(AudioFormat::pcmu_8k, "x ").empty()) << "what is no key is left out";
}

}  // namespace
}  // namespace media_test
