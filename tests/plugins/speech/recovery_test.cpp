#include "plugins/speech/recovery.hpp"

#include <gtest/gtest.h>
#include <hookswitch/testing.hpp>

#include <map>
#include <vector>

namespace {

using hookswitch::speech::Recovery;

constexpr std::uint64_t kTimer = 7;

/// The host's side: only timers are taken.
class Timers {
 public:
  Timers() {
    sink_.host = this;
    sink_.put = [](const hks_sink* sink, const hks_msg* message) -> hks_status {
      auto& timers = *static_cast<Timers*>(sink->host);
      if (message->type == HKS_TIMER) timers.set[message->id] = reinterpret_cast<const hks_timer*>(message)->after_ms;
      return HKS_OK;
    };
    sink_.get = [](const hks_sink*, const char*) -> const void* { return nullptr; };
  }
  hks::Out out{&sink_};
  std::map<std::uint64_t, std::uint64_t> set;

 private:
  hks_sink sink_{};
};

/// The pauses of a model that never comes back.
std::vector<std::uint64_t> pausesOf(Recovery& recovery, hks::Out& out, std::uint64_t demanded_ms = 0) {
  std::vector<std::uint64_t> all;
  while (const auto pause = recovery.lost(out, demanded_ms)) all.push_back(*pause);
  return all;
}

TEST(Recovery, TriesAtOnceAndThenWithGrowingPausesWithinItsTime) {
  Timers timers;
  Recovery recovery(kTimer);
  recovery.allow(10'000);
  EXPECT_EQ(pausesOf(recovery, timers.out), (std::vector<std::uint64_t>{0, 150, 300, 600, 1200, 2000, 2000, 2000}));
  EXPECT_EQ(timers.set.at(kTimer), 10'000u);
}

TEST(Recovery, WithoutAnyTimeNothingIsTried) {
  Timers timers;
  Recovery recovery(kTimer);
  EXPECT_FALSE(recovery.lost(timers.out));
  EXPECT_TRUE(timers.set.empty());
}

TEST(Recovery, WaitsAsLongAsTheServerDemandsButNotForNothing) {
  Timers timers;
  Recovery recovery(kTimer);
  recovery.allow(10'000);
  EXPECT_EQ(pausesOf(recovery, timers.out, 3000), (std::vector<std::uint64_t>{3000, 3000, 3000}));
  Recovery other(kTimer);
  other.allow(10'000);
  EXPECT_FALSE(other.lost(timers.out, 60'000)) << "the fallback is there before";
}

TEST(Recovery, TheTimeIsOverWhenThereIsNoConnectionThen) {
  Timers timers;
  Recovery recovery(kTimer);
  recovery.allow(10'000);
  recovery.lost(timers.out);
  EXPECT_TRUE(recovery.over(timers.out));
}

TEST(Recovery, AModelThatSpeaksAgainHasAllItsTimeTheNextTime) {
  Timers timers;
  Recovery recovery(kTimer);
  recovery.allow(10'000);
  for (int i = 0; i < 3; ++i) recovery.lost(timers.out);
  recovery.up();
  recovery.spoke();
  EXPECT_FALSE(recovery.over(timers.out));
  EXPECT_EQ(recovery.lost(timers.out), 0u) << "at once again";
}

TEST(Recovery, AModelThatIsLostAgainAfterItSpokeHasAllItsTimeThoughTheFirstTimeStillRuns) {
  Timers timers;
  Recovery recovery(kTimer);
  recovery.allow(10'000);
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(recovery.lost(timers.out));
  recovery.up();
  recovery.spoke();
  timers.set.clear();
  EXPECT_EQ(pausesOf(recovery, timers.out), (std::vector<std::uint64_t>{0, 150, 300, 600, 1200, 2000, 2000, 2000}));
  EXPECT_EQ(timers.set.at(kTimer), 10'000u) << "a time of its own";
}

TEST(Recovery, AModelThatComesAndGoesWithoutAWordUsesUpItsTime) {
  Timers timers;
  Recovery recovery(kTimer);
  recovery.allow(10'000);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(recovery.lost(timers.out));
    recovery.up();
  }
  EXPECT_FALSE(recovery.over(timers.out)) << "it is there";
  EXPECT_FALSE(recovery.lost(timers.out)) << "and gone once more";
}

TEST(Recovery, AModelThatStaysThoughItHasNothingToSayIsThereAgain) {
  Timers timers;
  Recovery recovery(kTimer);
  recovery.allow(10'000);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(recovery.lost(timers.out));
    recovery.up();
  }
  EXPECT_FALSE(recovery.over(timers.out));
  EXPECT_EQ(timers.set.at(kTimer), 10'000u) << "it is looked at once more";
  EXPECT_FALSE(recovery.over(timers.out));
  EXPECT_EQ(recovery.lost(timers.out), 0u);
}

TEST(Recovery, AWrongKeyIsFinalAndTooManyRequestsAreNot) {
  hks_closed lost{};
  for (const std::uint32_t status : {400u, 401u, 403u, 404u}) {
    lost.http_status = status;
    EXPECT_TRUE(hookswitch::speech::isFinal(lost)) << status;
  }
  for (const std::uint32_t status : {0u, 408u, 425u, 429u, 500u, 503u}) {
    lost.http_status = status;
    EXPECT_FALSE(hookswitch::speech::isFinal(lost)) << status;
  }
}

}  // namespace
