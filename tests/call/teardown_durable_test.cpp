// What outlives the call and the process: confirmed hang-ups, recovery, dead hooks.
#include "tests/call/teardown_driver.hpp"

#include <set>

namespace call_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Confirm, AHangUpThatTheCarrierReportsOverNeedsNoQuestion) {
  Driver d;
  d.begin(carrierHooks(), quiet(inProgress()));
  d.answer(Phase::hangup, "carrier");
  d.answer(Phase::notify, "n");
  EXPECT_TRUE(d.machine.legUnconfirmed());
  d.did();
  d.over();
  EXPECT_FALSE(d.machine.legUnconfirmed());
  EXPECT_EQ(d.state(Phase::confirm, "carrier"), State::done);
  EXPECT_THAT(d.did(), ElementsAre("release"));
  EXPECT_EQ(d.count("confirm"), 0u);
}

TEST(Confirm, WithoutAReportTheCarrierIsAskedUntilItSaysOver) {
  Driver d;
  d.begin(carrierHooks(), quiet(inProgress()));
  d.answer(Phase::hangup, "carrier");
  d.answer(Phase::notify, "n");
  d.did();
  d.pass(1999);
  EXPECT_THAT(d.did(), IsEmpty());
  d.pass(1);
  EXPECT_THAT(d.did(), ElementsAre("confirm:carrier/1"));
  d.answer(Phase::confirm, "carrier", State::retrying, 0, "still running");
  d.pass(1000);
  EXPECT_THAT(d.did(), ElementsAre("confirm:carrier/2"));
  d.pass(9000);
  EXPECT_THAT(d.did(), ElementsAre("confirm:carrier/3", "confirm:carrier/4", "confirm:carrier/5"))
      << "at most three seconds apart";
  EXPECT_FALSE(d.machine.released());
  d.answer(Phase::confirm, "carrier");
  EXPECT_THAT(d.did(), ElementsAre("release"));
  EXPECT_FALSE(d.machine.legUnconfirmed());
}

TEST(Confirm, ALegWhoseHangUpWasRefusedIsWatchedToo) {
  Driver d;
  d.begin(carrierHooks(), quiet(inProgress()));
  d.answer(Phase::hangup, "carrier", State::failed, 0, "Authenticate");
  EXPECT_TRUE(d.machine.left());
  EXPECT_TRUE(d.machine.legUnconfirmed());
  d.did();
  d.pass(2000);
  EXPECT_THAT(d.did(), ElementsAre("confirm:carrier/1"));
}

TEST(Confirm, TheEndDoesNotWaitForIt) {
  Driver d;
  d.begin(carrierHooks(), quiet(inProgress()));
  d.answer(Phase::hangup, "carrier");
  EXPECT_EQ(d.did().back(), "leave");
}

TEST(Settle, ComesBeforeTheHangUpOfACallFromBeforeTheRestart) {
  Driver d;
  d.begin(carrierHooks(), recovered());
  EXPECT_THAT(d.did(), ElementsAre("settle:carrier/1"));
  d.answer(Phase::settle, "carrier");
  EXPECT_THAT(d.did(), ElementsAre("hangup:carrier/1"));
}

TEST(Settle, ALegThatIsFoundOverNeedsNoHangUp) {
  Driver d;
  d.begin(carrierHooks(), recovered());
  d.over();
  EXPECT_THAT(d.did(), ElementsAre("settle:carrier/1", "seal", "notify:n/1", "leave"));
  EXPECT_EQ(d.state(Phase::hangup, "carrier"), State::skipped);
}

TEST(Settle, ALegThatIsFoundLateIsHungUpThoughTheCallHasLeft) {
  Driver d;
  Situation s = recovered();
  s.leg = Leg::none;
  d.begin(carrierHooks(), s);
  d.answer(Phase::settle, "carrier", State::retrying, 2000, "the carrier does not know the call yet");
  EXPECT_TRUE(d.machine.left());
  d.answer(Phase::notify, "n");
  EXPECT_FALSE(d.machine.released());
  d.did();
  d.pass(2000);
  EXPECT_THAT(d.did(), ElementsAre("settle:carrier/2"));
  d.named();
  EXPECT_THAT(d.did(), ElementsAre("hangup:carrier/1"));
  d.answer(Phase::settle, "carrier");
  d.over();
  EXPECT_THAT(d.did(), ElementsAre("release"));
}

TEST(Settle, ACarrierThatIsSilentDelaysTheEndNoLongerThanItsDeadline) {
  Driver d;
  d.begin(carrierHooks(), recovered());
  d.pass(5000);
  EXPECT_EQ(d.count("hangup:carrier/1"), 1u);
}

class DeadHook : public testing::Test {
 protected:
  void SetUp() override {
    d.begin(carrierHooks(), quiet(inProgress()));
    d.over();
    d.answer(Phase::notify, "n", State::failed, 0, "chat not found");
    ASSERT_EQ(d.state(Phase::notify, "n"), State::dead);
    ASSERT_TRUE(d.machine.released());
  }
  Driver d;
};

TEST_F(DeadHook, IsRevivedByARetry) {
  const auto actions = d.machine.retryNow(Phase::notify, "n", d.now);
  ASSERT_TRUE(actions);
  d.did();
  d.take(*actions);
  EXPECT_THAT(d.did(), ElementsAre("notify:n/2"));
  EXPECT_FALSE(d.machine.released());
  d.answer(Phase::notify, "n");
  EXPECT_TRUE(d.machine.released());
}

TEST_F(DeadHook, IsDiscardedOnceAndCanBeRevivedStill) {
  ASSERT_TRUE(d.machine.discard(Phase::notify, "n", d.now));
  EXPECT_EQ(d.state(Phase::notify, "n"), State::discarded);
  EXPECT_FALSE(d.machine.discard(Phase::notify, "n", d.now));
  EXPECT_TRUE(d.machine.retryNow(Phase::notify, "n", d.now));
}

TEST_F(DeadHook, NothingElseIsRevived) {
  EXPECT_FALSE(d.machine.retryNow(Phase::hangup, "carrier", d.now)) << "the leg is over";
  EXPECT_FALSE(d.machine.retryNow(Phase::notify, "nobody", d.now));
  EXPECT_FALSE(d.machine.retryNow(Phase::record, "host", d.now));
}

TEST(Drain, WaitsForWhatIsDueSoonButNotForWhatFailsAgainAndAgain) {
  Driver d;
  d.begin(carrierHooks(), quiet(inProgress()));
  EXPECT_TRUE(d.machine.busyWithin(d.now, 5000)) << "the hang-up is under way";
  d.over();
  EXPECT_FALSE(d.machine.busyWithin(d.now, 5000)) << "a notification is under way: what comes of it, its line knows";

  Driver leg;
  leg.begin(carrierHooks(), quiet(inProgress()));
  leg.answer(Phase::hangup, "carrier");
  leg.answer(Phase::notify, "n");
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(leg.machine.busyWithin(leg.now, 5000)) << i;
    leg.pass(*leg.nextEvent() - leg.now);
    leg.answer(Phase::confirm, "carrier", State::retrying, 0, "cannot be reached");
  }
  EXPECT_FALSE(leg.machine.busyWithin(leg.now, 5000)) << "the next start takes it up";
}

TEST(Ledger, EveryRowThatChangedIsNamedOnce) {
  Driver d;
  d.begin(carrierHooks(), quiet(inProgress()));
  EXPECT_THAT(d.machine.takeChanged(), ElementsAre(0u));
  EXPECT_THAT(d.machine.takeChanged(), IsEmpty());
  d.answer(Phase::hangup, "carrier");
  EXPECT_EQ(d.machine.takeChanged().size(), d.machine.rows().size()) << "the hang-up, and all that came of it";
}

TEST(Retries, OfALegAreSpreadByChanceAndNeverShortened) {
  std::set<std::uint64_t> waits;
  for (std::uint64_t id = 1; id <= 50; ++id) {
    const Situation situation = quiet(inProgress());
    Teardown machine({}, id << 16, situation);
    machine.begin({hook("carrier", Phase::hangup)}, 1000);
    machine.hookDone(machine.rows()[0].id, State::retrying, 0, "down", 1000);
    const std::uint64_t wait = *machine.nextTick() - 1000;
    EXPECT_GE(wait, 1000u);
    EXPECT_LE(wait, 1200u);
    waits.insert(wait);
  }
  EXPECT_GT(waits.size(), 10u);
}

}  // namespace
}  // namespace call_test
