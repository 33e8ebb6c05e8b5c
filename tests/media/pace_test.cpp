#include "host/media/pace.hpp"

#include <gtest/gtest.h>

#include <random>

namespace hookswitch::media {
namespace {

constexpr std::int64_t a_ms = 1'000, a_s = 1'000'000;

TEST(Pace, AModelInRealTimeLacksNothingHoweverItsNetworkWobbles) {
  std::mt19937 random(3);
  Pace pace;
  std::int64_t before = 0;
  for (std::int64_t i = 1; i <= 500; ++i) {
    const std::int64_t now = i * 20 * a_ms + std::int64_t(random() % 15'000);
    pace.came(now - before, 20 * a_ms);
    before = now;
    EXPECT_EQ(pace.lacksUs(20 * a_s), 0) << i;
  }
}

TEST(Pace, WhatStallsIsNotSlow) {
  Pace pace;
  for (int i = 0; i < 500; ++i) pace.came(i % 25 == 24 ? 200 * a_ms : 20 * a_ms, 20 * a_ms);
  EXPECT_EQ(pace.lacksUs(20 * a_s), 0);
}

TEST(Pace, ASlowModelIsKnownWithinSecondsWhateverItsDeltas) {
  for (const int delta_ms : {20, 100, 200}) {
    Pace pace;
    for (int i = 0; i < 2'500 / delta_ms; ++i) pace.came(delta_ms * a_ms * 100 / 95, delta_ms * a_ms);
    EXPECT_NEAR(double(pace.lacksUs(20 * a_s)), 1e6, 0.05e6) << delta_ms;
  }
}

TEST(Pace, AModelAtHalfOfRealTimeIsKnownAtOnce) {
  Pace pace;
  for (int i = 0; i < 3; ++i) pace.came(200 * a_ms, 100 * a_ms);
  EXPECT_EQ(pace.lacksUs(1 * a_s), a_s / 2);
}

TEST(Pace, DeltasThatGrowLongerAreUsualSoon) {
  Pace pace;
  pace.came(1 * a_ms, 20 * a_ms);
  for (int i = 0; i < 100; ++i) pace.came(110 * a_ms, 100 * a_ms);
  EXPECT_GT(pace.lacksUs(20 * a_s), a_s);
}

}  // namespace
}  // namespace hookswitch::media
