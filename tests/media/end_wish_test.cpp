#include "host/media/end_wish.hpp"

#include <gtest/gtest.h>

namespace hookswitch::media {
namespace {

constexpr std::int64_t one_second = 1'000'000;

TEST(EndWish, WaitsForWhateverIsQueuedAndNoLonger) {
  EndWish wish;
  wish.wait(0, 40 * one_second, call::EndedBy::agent, "done");
  EXPECT_FALSE(wish.due(20 * one_second, false, 40 * one_second)) << "40 s are heard, not 15";
  EXPECT_FALSE(wish.due(41 * one_second, false, 41 * one_second)) << "marks may be late";
  EXPECT_TRUE(wish.due(41 * one_second, true, 41 * one_second));
  EXPECT_FALSE(wish.due(42 * one_second, true, 42 * one_second)) << "once";
}

TEST(EndWish, ACarrierThatReportsNothingEndsItWithAMargin) {
  EndWish wish;
  wish.wait(0, 2 * one_second, call::EndedBy::agent, "done");
  EXPECT_FALSE(wish.due(4 * one_second, false, 2 * one_second));
  EXPECT_TRUE(wish.due(2 * one_second + EndWish::margin_us, false, 2 * one_second));
}

TEST(EndWish, WhatIsQueuedMeanwhileIsHeardTooButNotForEver) {
  EndWish wish;
  wish.wait(0, 2 * one_second, call::EndedBy::agent, "done");
  for (std::int64_t now = 0; now < EndWish::longest_us; now += one_second)
    ASSERT_FALSE(wish.due(now, false, now + 10 * one_second)) << now;
  EXPECT_TRUE(wish.due(EndWish::longest_us, false, EndWish::longest_us + 10 * one_second));
}

TEST(EndWish, IsForgottenWhenTheCallerGoesOn) {
  EndWish wish;
  wish.wait(0, one_second, call::EndedBy::agent, "done");
  EXPECT_TRUE(wish.waits());
  wish.forget();
  EXPECT_FALSE(wish.waits());
  EXPECT_FALSE(wish.due(60 * one_second, true, 0));
}

}  // namespace
}  // namespace hookswitch::media
