#include "host/media/idle_watch.hpp"

#include <gtest/gtest.h>

namespace {

using hookswitch::media::IdleWatch;

constexpr std::int64_t second = 1'000'000;

/// Twenty milliseconds at a time, as a loop does. True when the watch expired on the way.
bool pass(IdleWatch& watch, std::int64_t& now, std::int64_t us) {
  bool expired = false;
  for (const std::int64_t end = now + us; now < end;) expired = watch.expired(now += 20'000) || expired;
  return expired;
}

TEST(IdleWatch, ExpiresOnceWhenTheLimitIsReached) {
  IdleWatch watch(30);
  std::int64_t now = 5 * second;
  watch.expired(now);
  EXPECT_FALSE(pass(watch, now, 30 * second - 20'000));
  EXPECT_TRUE(pass(watch, now, 20'000));
  EXPECT_FALSE(pass(watch, now, 100 * second));
}

TEST(IdleWatch, ASignOfLifeBeginsAnew) {
  IdleWatch watch(2);
  std::int64_t now = 0;
  watch.expired(now);
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(pass(watch, now, 2 * second - 20'000));
    watch.alive(now);
  }
  EXPECT_TRUE(pass(watch, now, 2 * second));
}

TEST(IdleWatch, TimeInWhichNobodyWatchedIsNotSilence) {
  IdleWatch watch(30);
  std::int64_t now = 0;
  watch.expired(now);
  EXPECT_FALSE(watch.expired(now += 3600 * second));  // the process was stopped: one step of a second
  EXPECT_FALSE(pass(watch, now, 29 * second - 20'000));
  EXPECT_TRUE(pass(watch, now, 20'000));
}

TEST(IdleWatch, AClockThatStepsBackCountsNothing) {
  IdleWatch watch(2);
  std::int64_t now = 100 * second;
  watch.expired(now);
  EXPECT_FALSE(pass(watch, now, second));
  EXPECT_FALSE(watch.expired(now = 0));
  EXPECT_FALSE(pass(watch, now, second - 20'000));
  EXPECT_TRUE(pass(watch, now, 20'000));
}

TEST(IdleWatch, ZeroIsNever) {
  IdleWatch watch(0);
  std::int64_t now = 0;
  EXPECT_FALSE(pass(watch, now, 3600 * second));
}

TEST(IdleWatch, TheLongestLimitDoesNotOverflow) {
  IdleWatch watch(0xFFFF'FFFFu);
  std::int64_t now = 0;
  EXPECT_FALSE(pass(watch, now, 3600 * second));
}

}  // namespace
