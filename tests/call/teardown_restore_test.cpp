// What a restart makes of the rows that the run before has left.
#include "tests/call/teardown_driver.hpp"

namespace call_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Restore, WhatWasSettledIsNotDoneTwiceAndWhatWasUnderWayIsSentAgain) {
  Driver before;
  before.begin({hook("carrier", Phase::hangup), hook("a", Phase::disconnect), hook("b", Phase::disconnect),
                hook("n", Phase::notify)},
               quiet(inProgress()));
  before.answer(Phase::hangup, "carrier");
  before.answer(Phase::disconnect, "a");
  Driver d;
  d.machine.restore(stored(before));
  Situation s = recovered();
  s.leg = Leg::over;
  d.begin({hook("carrier", Phase::hangup), hook("a", Phase::disconnect), hook("b", Phase::disconnect),
           hook("n", Phase::notify)},
          s);
  EXPECT_THAT(d.did(), ElementsAre("disconnect:b/2"));
  d.answer(Phase::disconnect, "b");
  EXPECT_THAT(d.did(), ElementsAre("seal", "notify:n/1", "leave"));
}

TEST(Restore, ANotificationThatWaitedGoesOnWhenItWasDue) {
  Driver before;
  before.begin(carrierHooks(), quiet(inProgress()));
  before.over();
  before.answer(Phase::notify, "n", State::retrying, 90'000, "down");
  Driver d;
  d.machine.restore(stored(before));
  Situation s = quiet(inProgress());
  s.leg = Leg::over;
  d.resume(carrierHooks(), s);
  EXPECT_TRUE(d.machine.left());
  EXPECT_EQ(d.count("notify"), 0u);
  d.pass(90'000);
  EXPECT_THAT(d.did(), ElementsAre("notify:n/2"));
  d.answer(Phase::notify, "n");
  EXPECT_TRUE(d.machine.released());
}

TEST(Restore, ANotificationWhoseAnswerWasLostIsSentAtOnce) {
  Driver before;
  before.begin(carrierHooks(), quiet(inProgress()));
  before.over();
  Driver d;
  d.machine.restore(stored(before));
  Situation s = quiet(inProgress());
  s.leg = Leg::over;
  d.resume(carrierHooks(), s);
  const auto did = d.did();
  EXPECT_THAT(did, ElementsAre("notify:n/2"));
}

TEST(Restore, AnUnconfirmedLegIsAskedForAtOnce) {
  Driver before;
  before.begin(carrierHooks(), quiet(inProgress()));
  before.answer(Phase::hangup, "carrier");
  before.answer(Phase::notify, "n");
  Driver d;
  d.machine.restore(stored(before));
  d.resume(carrierHooks(), quiet(inProgress()));
  const auto did = d.did();
  EXPECT_THAT(did, ElementsAre("confirm:carrier/1"));
  EXPECT_TRUE(d.machine.legUnconfirmed());
}

TEST(Restore, ATombstoneOfBeforeIsLookedForByTheCarrier) {
  Driver before;
  before.begin(carrierHooks(), dialling());
  before.pass(5000);
  ASSERT_TRUE(before.machine.left());
  before.answer(Phase::notify, "n");
  Driver d;
  d.machine.restore(stored(before));
  Situation s;
  s.carrier = "carrier";
  d.resume(carrierHooks(), s);
  const auto did = d.did();
  EXPECT_THAT(did, ElementsAre("settle:carrier/1"));
  d.named();
  EXPECT_EQ(d.count("hangup:carrier"), 1u);
}

TEST(Restore, TheThreeDaysOfARetryAreNotBegunAnewByARestart) {
  Driver before;
  before.begin(carrierHooks(), quiet(inProgress()));
  before.over();
  before.answer(Phase::notify, "n", State::retrying, 1000, "down");
  auto rows = stored(before);
  for (auto& r : rows) r.times.first_ms = std::int64_t(before.now) - 72ll * 3600 * 1000;
  Driver d;
  d.machine.restore(std::move(rows));
  Situation s = quiet(inProgress());
  s.leg = Leg::over;
  d.resume(carrierHooks(), s);
  d.pass(2000);
  d.answer(Phase::notify, "n", State::retrying, 0, "down");
  EXPECT_EQ(d.state(Phase::notify, "n"), State::dead);
}

TEST(Restore, AConfirmationThatWasUnderWayBeforeTheCallHadLeftIsAskedForAgain) {
  auto hooks = carrierHooks();
  hooks.push_back(hook("slow", Phase::disconnect));
  Driver before;
  before.begin(hooks, quiet(inProgress()));
  before.answer(Phase::hangup, "carrier");
  before.pass(2000);
  ASSERT_EQ(before.count("confirm:carrier/1"), 1u);
  ASSERT_FALSE(before.machine.left());
  Driver d;
  d.machine.restore(stored(before));
  d.begin(hooks, recovered());
  d.answer(Phase::settle, "carrier");
  d.answer(Phase::disconnect, "slow");
  d.pass(2000);
  EXPECT_EQ(d.count("confirm:carrier/2"), 1u);
  EXPECT_EQ(d.count("hangup"), 0u) << "the carrier has taken it";
  EXPECT_FALSE(d.machine.released());
}

TEST(Restore, AHangUpThatWasSkippedForWantOfANameIsSentWhenTheLegHasOne) {
  Driver before;
  Situation unnamed = recovered();
  unnamed.leg = Leg::none;
  before.begin(carrierHooks(), unnamed);
  before.answer(Phase::settle, "carrier");
  before.answer(Phase::notify, "n");
  ASSERT_EQ(before.state(Phase::hangup, "carrier"), State::skipped);
  // The name came, and nothing else was written before the next run began.
  {
    Driver d;
    d.machine.restore(stored(before));
    d.resume(carrierHooks(), quiet(inProgress()));
    const auto did = d.did();
    EXPECT_THAT(did, ElementsAre("hangup:carrier/1"));
  }
  Driver d;
  d.machine.restore(stored(before));
  d.begin(carrierHooks(), recovered());
  d.answer(Phase::settle, "carrier");
  EXPECT_EQ(d.count("hangup:carrier/1"), 1u);
}

TEST(Restore, AHookOfAPluginThatIsGoneKeepsNothingOpen) {
  Driver before;
  auto hooks = carrierHooks();
  hooks.push_back(hook("gone", Phase::hangup));
  before.begin(hooks, quiet(inProgress()));
  Driver d;
  d.machine.restore(stored(before));
  d.begin(carrierHooks(), recovered());
  d.answer(Phase::settle, "carrier");
  d.answer(Phase::hangup, "carrier");
  d.over();
  d.answer(Phase::notify, "n");
  EXPECT_EQ(d.state(Phase::hangup, "gone"), State::failed);
  EXPECT_TRUE(d.machine.released());
}

TEST(Restore, ACarrierThatCannotBeAskedAnyMoreLeavesNoLegUnconfirmedForEver) {
  auto hooks = carrierHooks();
  hooks.push_back(hook("slow", Phase::disconnect));
  Driver before;
  before.begin(hooks, quiet(inProgress()));
  before.answer(Phase::hangup, "carrier");
  before.pass(2000);
  ASSERT_EQ(before.state(Phase::confirm, "carrier"), State::pending);
  Driver d;
  d.machine.restore(stored(before));
  d.begin({hook("carrier", Phase::hangup), hook("n", Phase::notify)}, recovered());
  d.answer(Phase::notify, "n");
  EXPECT_EQ(d.state(Phase::confirm, "carrier"), State::skipped);
  EXPECT_FALSE(d.machine.legUnconfirmed());
  EXPECT_TRUE(d.machine.released());
}

TEST(Restore, AHangUpOfALegThatIsOverStaysSkipped) {
  Driver before;
  Situation over = quiet(inProgress());
  over.leg = Leg::over;
  before.begin(carrierHooks(), over);
  Driver d;
  d.machine.restore(stored(before));
  d.resume(carrierHooks(), over);
  const auto did = d.did();
  EXPECT_THAT(did, ElementsAre("notify:n/2"));
}

TEST(Idle, IsACallOfWhichOnlyNotificationsStandInLine) {
  auto hooks = carrierHooks();
  hooks.push_back(hook("m", Phase::notify));
  Driver d;
  EXPECT_FALSE(d.machine.onlyInLine());
  d.begin(hooks, quiet(inProgress()));
  d.answer(Phase::hangup, "carrier");
  d.answer(Phase::notify, "n", State::retrying, 300'000, "down");
  EXPECT_FALSE(d.machine.onlyInLine()) << "m has not answered";
  d.answer(Phase::notify, "m", State::retrying, 200'000, "down");
  EXPECT_FALSE(d.machine.onlyInLine()) << "nobody knows whether the leg is over";
  d.over();
  EXPECT_TRUE(d.machine.onlyInLine());
  d.pass(200'000);
  EXPECT_FALSE(d.machine.onlyInLine()) << "m is under way again";
  d.answer(Phase::notify, "m");
  EXPECT_TRUE(d.machine.onlyInLine());
}

TEST(Retry, AWaitBeyondAllMeasureGivesUpInsteadOfBeginningAnew) {
  Driver d;
  d.begin(carrierHooks(), quiet(inProgress()));
  d.over();
  d.answer(Phase::notify, "n", State::retrying, ~std::uint64_t(0) - 5, "come back some day");
  EXPECT_EQ(d.state(Phase::notify, "n"), State::dead);
  d.pass(1000);
  EXPECT_EQ(d.count("notify"), 1u);
}

}  // namespace
}  // namespace call_test
