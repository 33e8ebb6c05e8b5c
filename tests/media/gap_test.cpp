// The states of a gap of our own making.
#include "host/media/gap.hpp"

#include <gtest/gtest.h>

namespace media_test {
namespace {

using hookswitch::media::Gap;
constexpr std::int64_t s = 1'000'000;

TEST(Gap, IsAskedForOnceWhatWasSentHasBeenPlayed) {
  Gap gap;
  gap.begin(0, 350'000);
  EXPECT_FALSE(gap.quiet(349'999));
  EXPECT_EQ(gap.untilUs(), 350'000);
  EXPECT_TRUE(gap.quiet(350'000));
  EXPECT_FALSE(gap.quiet(1 * s)) << "once";
}

TEST(Gap, AStreamThatEndsBeforeTheActIsAskedForEndsForAReasonOfItsOwn) {
  Gap gap;
  EXPECT_FALSE(gap.breaks({true, "stop"})) << "without any gap";
  gap.begin(0, 350'000);
  EXPECT_FALSE(gap.breaks({true, "stop"}));
}

TEST(Gap, AStreamThatComesBackInTimeEndsNothing) {
  Gap gap;
  gap.begin(0, 0);
  EXPECT_TRUE(gap.quiet(0));
  EXPECT_TRUE(gap.breaks({true, "stop"}));
  gap.taken(16 * s, "why");
  gap.over();
  EXPECT_FALSE(gap.active());
  EXPECT_EQ(gap.due(100 * s), Gap::Due::nothing);
  EXPECT_FALSE(gap.breaks({true, "stop"})) << "the next one is the end again";
}

TEST(Gap, AStreamThatNeverComesBackIsSaidOnce) {
  Gap gap;
  gap.begin(0, 0);
  EXPECT_TRUE(gap.quiet(0));
  gap.taken(16 * s, "it did not come back");
  EXPECT_TRUE(gap.breaks({false, "closed"}));
  EXPECT_EQ(gap.due(16 * s - 1), Gap::Due::nothing);
  EXPECT_EQ(gap.due(16 * s), Gap::Due::end);
  EXPECT_EQ(gap.why(), "it did not come back");
  EXPECT_EQ(gap.due(17 * s), Gap::Due::nothing);
}

TEST(Gap, AStreamThatEndedForAnActThatWasRefusedIsGivenBack) {
  Gap gap;
  gap.begin(0, 0);
  EXPECT_TRUE(gap.quiet(0));
  EXPECT_FALSE(gap.refused().has_value());
  gap.begin(1 * s, 0);
  EXPECT_TRUE(gap.quiet(1 * s));
  EXPECT_TRUE(gap.breaks({true, "stop"}));
  const auto lost = gap.refused();
  ASSERT_TRUE(lost.has_value());
  EXPECT_TRUE(lost->far_end_left);
  EXPECT_EQ(lost->reason, "stop");
  EXPECT_FALSE(gap.active());
}

TEST(Gap, WhatBecomesOfTheStreamTellsWhetherAnActWithoutAnAnswerWasCarriedOut) {
  Gap untouched;
  untouched.begin(0, 0);
  EXPECT_TRUE(untouched.quiet(0));
  untouched.unsure(10 * s, 20 * s, "why");
  EXPECT_EQ(untouched.due(10 * s), Gap::Due::resume);

  Gap carried_out;
  carried_out.begin(0, 0);
  EXPECT_TRUE(carried_out.quiet(0));
  carried_out.unsure(10 * s, 20 * s, "why");
  EXPECT_TRUE(carried_out.breaks({true, "stop"}));
  EXPECT_EQ(carried_out.due(10 * s), Gap::Due::nothing);
  EXPECT_EQ(carried_out.due(20 * s), Gap::Due::end);

  Gap before;  // the stream was quicker than the lost answer
  before.begin(0, 0);
  EXPECT_TRUE(before.quiet(0));
  EXPECT_TRUE(before.breaks({true, "stop"}));
  before.unsure(10 * s, 20 * s, "why");
  EXPECT_EQ(before.due(10 * s), Gap::Due::nothing);
  EXPECT_EQ(before.due(20 * s), Gap::Due::end);
}

TEST(Gap, TonesAreOverByThemselvesAndTouchNoStream) {
  Gap gap;
  gap.begin(0, 0);
  EXPECT_TRUE(gap.quiet(0));
  gap.tones(2 * s);
  EXPECT_FALSE(gap.breaks({true, "stop"}));
  EXPECT_EQ(gap.due(2 * s), Gap::Due::resume);
}

}  // namespace
}  // namespace media_test
