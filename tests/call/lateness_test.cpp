// How late the frames of a call left, by buckets.
#include "host/call/lateness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using hookswitch::call::Lateness;
using testing::ElementsAre;

TEST(Lateness, AFrameIsInTheFirstBucketThatReachesToIt) {
  Lateness late;
  for (const std::int64_t us : {-300, 0, 1, 5'000, 5'001, 50'000, 1'000'000, 1'000'001, 7'000'000}) late.add(us);
  EXPECT_THAT(late.counts(), ElementsAre(2u, 2u, 1u, 0u, 1u, 0u, 0u, 0u, 1u, 2u));
  EXPECT_EQ(late.frames(), 9u);
  EXPECT_EQ(late.late(), 7u);
  EXPECT_EQ(late.worstUs(), 7'000'000u);
  EXPECT_EQ(late.sumUs(), 1u + 5'000 + 5'001 + 50'000 + 1'000'000 + 1'000'001 + 7'000'000);
}

TEST(Lateness, AQuantileIsABoundThatSoManyFramesKept) {
  Lateness late;
  EXPECT_EQ(late.quantileMs(990), 0u);
  for (int i = 0; i < 990; ++i) late.add(0);
  for (int i = 0; i < 10; ++i) late.add(30'000);
  EXPECT_EQ(late.quantileMs(990), 0u);
  late.add(30'000);
  EXPECT_EQ(late.quantileMs(990), 30u) << "the bucket reaches to 50 ms, but no frame was that late";
  late.add(60'000);
  EXPECT_EQ(late.quantileMs(990), 50u);
  late.add(4'000'000);
  EXPECT_EQ(late.quantileMs(1000), 4000u);
}

TEST(Lateness, OneIsAddedToAnother) {
  Lateness one, other;
  one.add(0);
  one.add(15'000);
  other.add(700'000);
  one.add(other);
  EXPECT_EQ(one.frames(), 3u);
  EXPECT_EQ(one.sumUs(), 715'000u);
  EXPECT_EQ(one.worstUs(), 700'000u);
  EXPECT_EQ(one.quantileMs(500), 20u);
}
