// The timers of a loop, and what comes before and after them.
#include <future>

#include "host/base/lived_clock.hpp"
#include "tests/base/loop_support.hpp"
#include "tests/base/moved_clock.hpp"
#include "tests/base/pretended_clock.hpp"

namespace loop_test {
namespace {

using hookswitch::base::Loop;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(LoopTimers, RunsTasksInTheOrderOfPosting) {
  Loop t{"test"};
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) t.post([&order, i] { order.push_back(i); });
  t.start();
  on(t, [&] { order.push_back(5); });
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(LoopTimers, TimersFireInTheOrderOfTheirTimesAndCancelledOnesDoNot) {
  base_test::StillClock clock;
  Loop t{"test", clock};
  t.start();
  std::vector<int> order;
  std::promise<void> last;
  on(t, [&] {
    t.after(30, [&] {
      order.push_back(4);
      last.set_value();
    });
    const auto victim = t.after(5, [&] { order.push_back(3); });
    t.after(1, [&] { order.push_back(1); });
    t.after(10, [&] { order.push_back(2); });
    t.cancel(victim);
    t.cancel(victim);
    t.cancel(0);
    t.cancel(12345);
    EXPECT_EQ(t.timers(), 3u);
    clock.pass(29);
  });
  EXPECT_TRUE(comes(t, [&] { return t.timers() == 1; }));
  on(t, [&] { EXPECT_THAT(order, ElementsAre(1, 2)); });
  clock.pass(1);
  last.get_future().wait();
  EXPECT_THAT(order, ElementsAre(1, 2, 4));
  on(t, [&] { EXPECT_EQ(t.timers(), 0u); });
}

TEST(LoopTimers, AProcessThatStoodStillGivesEverybodyTheirTimeAnew) {
  const hookswitch::base::LivedClock::Heartbeat heartbeat;
  Loop t{"test"};
  t.start();
  bool judged = false;
  std::promise<void> limit;
  on(t, [&] {
    t.after(600'000, [&] { judged = true; });
    t.afterAll(600'000, [&] { limit.set_value(); });
    base_test::pass(std::chrono::seconds(700));
  });
  limit.get_future().wait();  // what goes by all of the time is due
  on(t, [&] { EXPECT_FALSE(judged); });
}

TEST(LoopTimers, WhatWasPostedWhileItWasBusyComesBeforeATimer) {
  Loop t{"test"};
  t.start();
  std::vector<int> order;
  std::promise<void> last;
  on(t, [&] {
    t.after(1, [&] {
      order.push_back(2);
      last.set_value();
    });
    for (const auto due = t.nowMs() + 2; t.nowMs() < due;) continue;
    t.post([&] { order.push_back(1); });
  });
  last.get_future().wait();
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(LoopTimers, TimersOfTheSameTimeFireInTheOrderOfTheirMaking) {
  Loop t{"test"};
  t.start();
  std::vector<int> order;
  std::promise<void> last;
  on(t, [&] {
    for (int i = 0; i < 4; ++i) t.after(0, [&order, i] { order.push_back(i); });
    t.after(5, [&] { last.set_value(); });
  });
  last.get_future().wait();
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
}

TEST(LoopTimers, NoTimerFiresEarly) {
  Loop t{"test"};
  t.start();
  std::promise<std::int64_t> at;
  std::int64_t begin = 0;
  std::uint64_t begin_ms = 0, at_ms = 0;
  on(t, [&] {
    begin = t.livedUs();
    begin_ms = t.nowMs();
    t.after(20, [&] {
      at_ms = t.nowMs();
      at.set_value(t.livedUs());
    });
  });
  EXPECT_GE(at.get_future().get() - begin, 20'000);
  EXPECT_GE(at_ms, begin_ms + 20);
}

TEST(LoopTimers, ATimerMayCancelAnotherThatIsDueAndMakeANewOne) {
  Loop t{"test"};
  t.start();
  std::vector<int> order;
  std::promise<void> last;
  on(t, [&] {
    auto victim = std::make_shared<Loop::TimerId>(0);
    t.after(0, [&, victim] {
      order.push_back(1);
      t.cancel(*victim);
      t.after(3, [&] {
        order.push_back(3);
        last.set_value();
      });
    });
    *victim = t.after(0, [&] { order.push_back(2); });
  });
  last.get_future().wait();
  EXPECT_THAT(order, ElementsAre(1, 3));
}

TEST(LoopTimers, StopRunsWhatWasPostedBeforeAndWhatThatPosts) {
  Loop t{"test"};
  std::vector<int> order;
  t.start();
  std::promise<void> entered, release;
  t.post([&] {
    entered.set_value();
    release.get_future().wait();
  });
  entered.get_future().wait();
  t.post([&] {
    order.push_back(1);
    t.post([&] { order.push_back(2); });
  });
  release.set_value();
  t.stop();
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(LoopTimers, StopDropsTimersAndWhatComesLater) {
  Loop t{"test"};
  std::vector<int> order;
  t.start();
  on(t, [&] { t.after(60'000, [&] { order.push_back(1); }); });
  t.stop();
  t.post([&] { order.push_back(2); });
  t.stop();
  EXPECT_THAT(order, IsEmpty());
}

TEST(LoopTimers, OneThatNeverStartedStopsAtOnce) {
  bool ran = false;
  {
    Loop t{"test"};
    t.post([&ran] { ran = true; });
    t.stop();
  }
  EXPECT_FALSE(ran);  // there was no thread, and nobody else's runs what belongs to it
}

}  // namespace
}  // namespace loop_test
