#include "host/base/timers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace hookswitch::base {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TimersTest : public testing::Test {
 protected:
  Timers::Task task(int number) {
    return [this, number] { fired.push_back(number); };
  }
  /// The numbers of those that were due by then, in their order.
  std::vector<int> due(std::int64_t lived_us, std::int64_t all_us) {
    fired.clear();
    const Timers::Id made_before = timers.nextId();
    for (;;) {
      Timers::Task task;
      if (!timers.take({lived_us, all_us}, made_before, task)) return fired;
      task();
    }
  }
  Timers timers;
  std::vector<int> fired;
};

TEST_F(TimersTest, TheTwoKindsGoByTheirOwnTimes) {
  timers.add(100, task(1));
  timers.addAll(100, task(2));
  EXPECT_THAT(due(99, 99), IsEmpty());
  EXPECT_THAT(due(50, 100), ElementsAre(2)) << "the process stood still for 50";
  EXPECT_THAT(due(100, 150), ElementsAre(1));
  EXPECT_EQ(timers.size(), 0u);
}

TEST_F(TimersTest, WhatHasBeenDueForLongestComesFirst) {
  timers.add(30, task(1));
  timers.addAll(1010, task(2));
  timers.add(20, task(3));
  timers.addAll(1025, task(4));
  EXPECT_THAT(due(40, 1040), ElementsAre(2, 3, 4, 1));
}

TEST_F(TimersTest, TheSameTimeIsTheOrderOfTheirMaking) {
  timers.add(10, task(1));
  timers.addAll(10, task(2));
  timers.add(10, task(3));
  EXPECT_THAT(due(10, 10), ElementsAre(1, 2, 3));
}

TEST_F(TimersTest, OneThatIsMadeInTheSameLookWaitsForTheNext) {
  timers.add(0, [&] {
    fired.push_back(1);
    timers.add(0, task(2));
  });
  timers.add(5, task(3));
  EXPECT_THAT(due(10, 10), ElementsAre(1, 3));
  EXPECT_THAT(due(10, 10), ElementsAre(2));
}

TEST_F(TimersTest, OneThatFiresMayCancelAnother) {
  const Timers::Id second = timers.add(10, task(2));
  timers.add(5, [&] { timers.cancel(second); });
  timers.cancel(0);
  timers.cancel(4711);
  EXPECT_THAT(due(10, 10), IsEmpty());
  EXPECT_EQ(timers.size(), 0u);
}

TEST_F(TimersTest, KnowsHowLongItIsUntilTheNext) {
  EXPECT_FALSE(timers.untilNext({0, 0}));
  timers.add(100, task(1));
  EXPECT_EQ(timers.untilNext({40, 0}), 60);
  timers.addAll(1030, task(2));
  EXPECT_EQ(timers.untilNext({40, 1000}), 30);
  EXPECT_EQ(timers.untilNext({40, 2000}), 0);
}

}  // namespace
}  // namespace hookswitch::base
