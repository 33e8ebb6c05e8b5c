// A commit that does not come back is noticed by whoever asks meanwhile.
#include "host/store/hang_watch.hpp"

#include <gtest/gtest.h>

namespace {

using namespace hookswitch::store;

struct Watch : testing::Test {
  std::uint64_t now = 1000;
  StoreOptions options() {
    StoreOptions o;
    o.slow_ms = 5000;
    o.remind_ms = 60'000;
    o.now_ms = [this] { return now; };
    return o;
  }
  HangWatch watch{options()};
};

TEST_F(Watch, NothingHangsWhileNothingIsUnderWay) {
  now += 1'000'000;
  EXPECT_FALSE(watch.hangs());
  EXPECT_FALSE(watch.mustBeSaid());
  EXPECT_EQ(watch.lasts(), 0u);
}

TEST_F(Watch, ItHangsWhenItTakesLongerThanSlow) {
  watch.begin();
  now += 5000;
  EXPECT_FALSE(watch.hangs());
  now += 1;
  EXPECT_TRUE(watch.hangs());
  EXPECT_EQ(watch.lasts(), 5001u);
  EXPECT_FALSE(watch.end()) << "nobody has said so";
  EXPECT_FALSE(watch.hangs());
}

TEST_F(Watch, ItIsSaidAtOnceThenNowAndThenAndAlsoWhenItIsOver) {
  watch.begin();
  now += 6000;
  EXPECT_TRUE(watch.mustBeSaid());
  EXPECT_FALSE(watch.mustBeSaid());
  now += 60'000;
  EXPECT_TRUE(watch.mustBeSaid());
  EXPECT_EQ(watch.end(), 66'000u);
  watch.begin();
  now += 6000;
  EXPECT_TRUE(watch.mustBeSaid()) << "the next one is another";
}

}  // namespace
