// The carrier's times of a call: they count where it gives them, and nothing implausible does.
#include "tests/control/support.hpp"

namespace control_test {
namespace {

using testing::HasSubstr;

class Times : public WorldTest {
 protected:
  void SetUp() override {
    world.clock.hold();
    world.defaults.ring_timeout_s = 600;
    world.start();
    id = world.place();
    started = world.on([&] { return world.table.find(id)->record.started_unix_ms; });
    ASSERT_EQ(started, world.clock.unixMs());
    world.pass(60'000);  // the news comes a minute later
  }
  void says(std::uint32_t state, const hks::LegTimes& times, std::uint32_t outcome = 0,
            const std::string& reason = {}) {
    world.make("carrier", [&](hks::Out& out) { out.state(id, "remote-1", state, outcome, reason, times); });
    world.settle();
  }
  void over(std::uint64_t duration_ms, std::uint64_t answered = 0) {
    says(HKS_OVER, {duration_ms, answered, answered ? answered + duration_ms : 0, 1000}, HKS_COMPLETED);
    ASSERT_TRUE(world.until([&] { return world.table.find(id)->record.status == call::Status::ended; }));
  }
  std::uint64_t answered() {
    return world.on([&] { return world.table.find(id)->record.answered_unix_ms; });
  }
  std::uint64_t talked() {
    return world.on([&] { return world.table.find(id)->record.durationMs(0); });
  }
  std::string id;
  std::uint64_t started = 0;
};

TEST_F(Times, AnAnswerThatIsHeardOfLateWasWhenTheCarrierSays) {
  const std::uint64_t at = (started + 20'000) / 1000 * 1000;
  says(HKS_IN_PROGRESS, {0, at, 0, 1000});
  EXPECT_EQ(answered(), at + 999) << "within that second, as near to what was seen as it can be";
}

TEST_F(Times, TheCarriersWordOnAnAnswerMayFollowTheFirstNewsOfIt) {
  says(HKS_IN_PROGRESS, {});
  const std::uint64_t at = (started + 20'000) / 1000 * 1000;
  EXPECT_EQ(answered(), started + 60'000);
  says(HKS_IN_PROGRESS, {0, at, 0, 1000});
  EXPECT_EQ(answered(), at + 999);
}

TEST_F(Times, WhatTheCarrierCountsIsHowLongTheTwoTalked) {
  says(HKS_IN_PROGRESS, {0, (started + 20'000) / 1000 * 1000, 0, 1000});
  over(17'000);
  EXPECT_EQ(talked(), 17'000u) << "not until the news of the end came";
}

TEST_F(Times, ACallOfWhichOnlyTheEndWasHeardHasItsAnswerAndItsDuration) {
  const std::uint64_t at = (started + 10'000) / 1000 * 1000;
  over(30'000, at);
  EXPECT_EQ(answered(), at + 999);
  EXPECT_EQ(talked(), 30'000u);
}

TEST_F(Times, TheTwoTalkedLongerThanWasSeenSoTheAnswerWasEarlier) {
  says(HKS_IN_PROGRESS, {});
  over(30'000);
  EXPECT_EQ(talked(), 30'000u);
  EXPECT_EQ(world.on([&] { return world.table.find(id)->record.ended_unix_ms; }), world.clock.unixMs())
      << "not in the future";
  EXPECT_GE(answered(), started);
}

TEST_F(Times, NothingImplausibleIsTaken) {
  const std::uint64_t now = world.clock.unixMs();
  says(HKS_IN_PROGRESS, {0, now + 3'600'000, 0, 1000});
  EXPECT_EQ(answered(), now) << "an hour ahead";
  says(HKS_IN_PROGRESS, {0, started - 3'600'000, 0, 1000});
  EXPECT_EQ(answered(), now) << "an hour behind";
  over(3'600'000);
  EXPECT_LE(talked(), 60'000u) << "no call talks longer than it lived";
}

TEST_F(Times, AMaximumDurationCountsFromTheCarriersAnswer) {
  world.on([&] {
    auto& record = const_cast<call::Record&>(world.table.find(id)->record);
    auto terms = std::make_shared<call::Terms>(*record.terms);
    terms->max_duration_s = 30;
    record.terms = terms;
  });
  says(HKS_IN_PROGRESS, {0, (started + 10'000) / 1000 * 1000, 0, 1000});
  ASSERT_TRUE(world.until([&] { return world.table.find(id)->record.status == call::Status::ended; }));
  EXPECT_EQ(field(world.detail(id), "ended_by"), "limit");
}

TEST_F(Times, ACallThatNeverConnectsSaysWhatTheCarrierHasYetToDoAndHasFailed) {
  World quick;
  quick.defaults.connect_timeout_s = 1;
  quick.start();
  const std::string call = quick.place();
  quick.make("carrier",
             [&](hks::Out& out) { out.state(call, "remote-1", HKS_IN_PROGRESS, 0, "nobody asked for the webhook"); });
  ASSERT_TRUE(quick.comes([&] { return quick.table.find(call)->record.status == call::Status::ended; }));
  EXPECT_THAT(
      quick.detail(call),
      HasSubstr(
          R"("outcome":"failed","ended_by":"limit","reason":"never connected within 1 s: nobody asked for the webhook")"));
}

}  // namespace
}  // namespace control_test
