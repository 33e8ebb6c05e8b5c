#include "plugins/speech/loudness.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace hookswitch::speech {
namespace {

std::string samples(std::initializer_list<int> values, int times = 100) {
  std::string pcm;
  for (int i = 0; i < times; ++i)
    for (const int value : values) pcm += {char(value & 0xFF), char(value >> 8 & 0xFF)};
  return pcm;
}

TEST(Loudness, IsTheMeanDistanceFromZero) {
  EXPECT_EQ(loudness(samples({0})), 0u);
  EXPECT_EQ(loudness(samples({700})), 700u);
  EXPECT_EQ(loudness(samples({-700})), 700u);
  EXPECT_EQ(loudness(samples({300, -700})), 500u);
  EXPECT_EQ(loudness(samples({-32768})), 32768u);
}

TEST(Loudness, OfAPieceWithoutASampleIsNothing) {
  EXPECT_EQ(loudness({}), 0u);
  EXPECT_EQ(loudness("x"), 0u);
  EXPECT_EQ(loudness(std::string_view("\x10\x00\x7f", 3)), 16u) << "half a sample counts for nothing";
}

}  // namespace
}  // namespace hookswitch::speech
