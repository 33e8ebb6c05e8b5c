#include "plugins/telegram/pace.hpp"

#include <gtest/gtest.h>

namespace hookswitch::telegram {
namespace {

TEST(TelegramPace, AllowsABurstOfThreeThenOneASecond) {
  Pace pace;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pace.ready());
    pace.sent();
  }
  EXPECT_FALSE(pace.ready());
  EXPECT_TRUE(pace.tick());
  ASSERT_TRUE(pace.ready());
  pace.sent();
  EXPECT_FALSE(pace.ready());
}

TEST(TelegramPace, NeedsNoMoreTicksOnceEverythingIsForgotten) {
  Pace pace;
  pace.sent();
  EXPECT_FALSE(pace.tick());
}

TEST(TelegramPace, AllowsAGroupTwentyMessagesInAnyMinute) {
  Pace pace(true);
  std::deque<int> sent;
  for (int second = 0; second < 300; ++second) {
    while (pace.ready()) {
      pace.sent();
      sent.push_back(second);
    }
    while (!sent.empty() && sent.front() <= second - 60) sent.pop_front();
    ASSERT_LE(sent.size(), 20u) << second;
    pace.tick();
  }
  EXPECT_GT(sent.size(), 10u);  // it does go on
}

}  // namespace
}  // namespace hookswitch::telegram
