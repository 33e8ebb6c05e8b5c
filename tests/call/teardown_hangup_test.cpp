// The one hook that costs money: the carrier's hang-up, from tombstones to retries in the background.
#include "tests/call/teardown_driver.hpp"

namespace call_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Situation withoutMedia(Situation s) {
  s.media = Media::gone;
  return s;
}

TEST(Hangup, ALegThatIsOverNeedsNone) {
  Driver d;
  Situation s = withoutMedia(inProgress());
  s.leg = Leg::over;
  d.begin({hook("carrier", Phase::hangup)}, s);
  EXPECT_THAT(d.did(), ElementsAre("seal", "leave", "release"));
  EXPECT_EQ(d.state(Phase::hangup, "carrier"), State::skipped);
  EXPECT_EQ(d.row(Phase::hangup, "carrier").error, "the carrier reported the leg over");
  EXPECT_EQ(d.row(Phase::hangup, "carrier").attempts, 0u);
}

TEST(Hangup, ALegThatNeverCameIntoBeingNeedsNone) {
  Driver d;
  Situation s = withoutMedia(inProgress());
  s.leg = Leg::none;
  d.begin({hook("carrier", Phase::hangup)}, s);
  EXPECT_THAT(d.did(), ElementsAre("seal", "leave", "release"));
  EXPECT_EQ(d.row(Phase::hangup, "carrier").error, "the carrier never had this leg");
}

TEST(Hangup, OtherPluginsOfThePhaseAreToldWhateverTheLegIs) {
  Driver d;
  Situation s = withoutMedia(inProgress());
  s.leg = Leg::over;
  d.begin({hook("carrier", Phase::hangup), hook("watcher", Phase::hangup)}, s);
  EXPECT_THAT(d.did(), ElementsAre("hangup:watcher/1"));
  d.answer(Phase::hangup, "watcher");
  EXPECT_THAT(d.did(), ElementsAre("seal", "leave", "release"));
}

TEST(Hangup, ARefusalIsTheAnswerOfTheEndAndTheCleanUpHappensAllTheSame) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup), hook("n", Phase::notify)});
  d.answer(Phase::hangup, "carrier", State::failed, 0, "Twilio API error: no");
  d.mediaStopped();
  EXPECT_THAT(d.did(),
              ElementsAre("hangup:carrier/1", "stop-media", "seal", "notify:n/1", "leave(Twilio API error: no)"));
  EXPECT_EQ(d.row(Phase::hangup, "carrier").error, "Twilio API error: no");
  d.answer(Phase::notify, "n");
  EXPECT_THAT(d.did(), ElementsAre("release"));
}

TEST(Hangup, OneThatIsPutOffWasNoAttemptAndIsAskedForWhenItsTimeHasCome) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup), hook("n", Phase::notify)});
  d.did();
  d.putOff(Phase::hangup, "carrier", 30'000, "it is held back");
  d.mediaStopped();
  EXPECT_THAT(d.did(), ElementsAre("stop-media", "seal", "notify:n/1", "leave(it is held back)"));
  EXPECT_EQ(d.state(Phase::hangup, "carrier"), State::retrying);
  EXPECT_EQ(d.row(Phase::hangup, "carrier").attempts, 0u);
  EXPECT_TRUE(d.machine.legUnconfirmed());
  d.answer(Phase::notify, "n");
  EXPECT_EQ(d.machine.nextTick(), d.now + 30'000);
  d.pass(30'000);
  EXPECT_THAT(d.did(), ElementsAre("hangup:carrier/1"));
}

TEST(Hangup, ANotificationThatIsPutOffGoesBackToItsLineAndHasNotBeenTried) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup), hook("n", Phase::notify)});
  d.answer(Phase::hangup, "carrier");
  d.mediaStopped();
  d.did();
  d.putOff(Phase::notify, "n", 30'000, "it is held back");
  EXPECT_EQ(d.state(Phase::notify, "n"), State::retrying);
  EXPECT_EQ(d.row(Phase::notify, "n").attempts, 0u);
  EXPECT_EQ(d.row(Phase::notify, "n").error, "it is held back");
  d.pass(30'000);
  EXPECT_THAT(d.did(), ElementsAre("notify:n/1"));
}

TEST(Hangup, ThatOfAnotherPluginThatIsPutOffIsFailedBecauseItHappensOnce) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup), hook("w", Phase::hangup)});
  d.putOff(Phase::hangup, "w", 30'000, "it is held back");
  EXPECT_EQ(d.state(Phase::hangup, "w"), State::failed);
  EXPECT_EQ(d.row(Phase::hangup, "w").error, "it is held back");
}

TEST(Hangup, APassingFailureIsAnsweredAtOnceAndRepeatedInTheBackground) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup)});
  d.answer(Phase::hangup, "carrier", State::retrying, 0, "Twilio API error: 503");
  d.mediaStopped();
  EXPECT_THAT(d.did(), ElementsAre("hangup:carrier/1", "stop-media", "seal", "leave(Twilio API error: 503)"));
  EXPECT_FALSE(d.machine.released());
  d.pass(1000);
  EXPECT_THAT(d.did(), ElementsAre("hangup:carrier/2"));
  d.answer(Phase::hangup, "carrier", State::retrying, 0, "Twilio API error: 503");
  d.pass(1999);
  EXPECT_THAT(d.did(), IsEmpty());
  d.pass(1);
  EXPECT_THAT(d.did(), ElementsAre("hangup:carrier/3"));
  d.answer(Phase::hangup, "carrier");
  EXPECT_THAT(d.did(), ElementsAre("release"));
  EXPECT_EQ(d.state(Phase::hangup, "carrier"), State::done);
  EXPECT_EQ(d.row(Phase::hangup, "carrier").attempts, 3u);
}

TEST(Hangup, WhatTheReceiverDemandsBeyondTheBackoffIsObeyed) {
  TeardownLimits limits;
  limits.longest_retry_ms = 4000;
  Driver d(limits);
  d.begin({hook("carrier", Phase::hangup)});
  d.answer(Phase::hangup, "carrier", State::retrying, 90'000, "429");
  EXPECT_EQ(*d.nextEvent() - d.now, 2000u) << "the media's deadline comes first";
  d.mediaStopped();
  EXPECT_EQ(*d.nextEvent() - d.now, 90'000u);
}

TEST(Hangup, OneThatIsNotAnsweredCountsAsAPassingFailure) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup, 4000)}, withoutMedia(inProgress()));
  d.did();
  d.pass(4000);
  EXPECT_THAT(d.did(), ElementsAre("hangup:carrier/2", "seal", "leave(no answer within 4000 ms)"))
      << "it has waited long enough for the leg";
  d.pass(2999);
  EXPECT_THAT(d.did(), IsEmpty());
  d.pass(1);
  EXPECT_THAT(d.did(), ElementsAre("hangup:carrier/3"))
      << "a leg that may cost money is tried again as soon as a try has timed out";
}

TEST(Hangup, ALateSuccessEndsTheRetries) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup, 400)}, withoutMedia(inProgress()));
  d.pass(450);
  d.did();
  d.answer(Phase::hangup, "carrier");
  EXPECT_THAT(d.did(), ElementsAre("release"));
  EXPECT_FALSE(d.machine.nextTick());
  EXPECT_EQ(d.state(Phase::hangup, "carrier"), State::done);
}

TEST(Hangup, ALateFailureDoesNotEndTheRetries) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup, 400)}, withoutMedia(inProgress()));
  d.pass(900);
  d.answer(Phase::hangup, "carrier", State::failed, 0, "no");
  EXPECT_EQ(d.state(Phase::hangup, "carrier"), State::retrying);
  d.did();
  d.pass(100);
  EXPECT_THAT(d.did(), ElementsAre("hangup:carrier/2"));
}

TEST(Hangup, TheReportThatTheLegIsOverEndsTheRetries) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup)}, withoutMedia(inProgress()));
  const std::uint64_t id = d.idOf(Phase::hangup, "carrier");
  d.answer(Phase::hangup, "carrier", State::retrying, 0, "500");
  d.did();
  d.over();
  EXPECT_THAT(d.did(), ElementsAre("release"));
  EXPECT_EQ(d.state(Phase::hangup, "carrier"), State::done);
  d.answer(id, State::failed, 0, "404");
  EXPECT_EQ(d.state(Phase::hangup, "carrier"), State::done);
}

TEST(Hangup, OneThatFailedAndIsConfirmedLaterKeepsItsAttemptsAndWhyItFailed) {
  for (const State first : {State::failed, State::retrying}) {
    Driver d;
    d.begin({hook("carrier", Phase::hangup)}, withoutMedia(inProgress()));
    d.answer(Phase::hangup, "carrier", first, 0, "Twilio API error: Internal Server Error");
    d.did();
    d.over();
    const auto& rows = d.machine.rows();
    const auto row = std::find_if(rows.begin(), rows.end(), [](auto& r) { return r.phase == Phase::hangup; });
    EXPECT_EQ(row->state, State::done);
    EXPECT_EQ(row->attempts, 1u);
    EXPECT_EQ(row->error, "Twilio API error: Internal Server Error");
  }
}

TEST(Hangup, TheReportThatTheLegIsOverIsAsGoodAsItsAnswer) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup)}, withoutMedia(inProgress()));
  d.did();
  d.now += 40;
  d.over();
  EXPECT_THAT(d.did(), ElementsAre("seal", "leave", "release"));
  EXPECT_EQ(d.row(Phase::hangup, "carrier").ms, 40u);
}

TEST(Hangup, ARefusalIsTheAnswerThoughTheLegIsOverBeforeItIsGiven) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup)});
  d.answer(Phase::hangup, "carrier", State::failed, 0, "no");
  d.over();
  d.mediaStopped();
  EXPECT_EQ(d.did().back(), "release");
  EXPECT_EQ(d.count("leave(no)"), 1u);
  EXPECT_EQ(d.state(Phase::hangup, "carrier"), State::done);
}

TEST(Hangup, IsGivenUpAfterThreeDays) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup)}, withoutMedia(inProgress()));
  d.pass(73ull * 3600 * 1000);
  EXPECT_EQ(d.state(Phase::hangup, "carrier"), State::dead);
  EXPECT_EQ(d.did().back(), "release");
}

TEST(Tombstone, ALegThatIsNamedInTimeIsHungUpAtOnceAndWaitedFor) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup)}, dialling());
  EXPECT_THAT(d.did(), IsEmpty());
  EXPECT_EQ(d.row(Phase::hangup, "carrier").error, "waiting for the carrier to name the leg");
  d.pass(3000);
  d.named();
  EXPECT_THAT(d.did(), ElementsAre("hangup:carrier/1"));
  d.pass(4000);
  EXPECT_THAT(d.did(), IsEmpty()) << "the phase waits for the hang-up, not only for the name";
  d.answer(Phase::hangup, "carrier");
  EXPECT_THAT(d.did(), ElementsAre("seal", "leave", "release"));
  EXPECT_EQ(d.row(Phase::hangup, "carrier").ms, 7000u);
}

TEST(Tombstone, TheCallLeavesWithoutANameAndTheLegIsHungUpWhenItGetsOne) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup)}, dialling());
  d.pass(4999);
  EXPECT_THAT(d.did(), IsEmpty());
  d.pass(1);
  EXPECT_THAT(d.did(), ElementsAre("seal", "leave"));
  EXPECT_FALSE(d.machine.released());
  d.pass(20'000);
  d.named();
  EXPECT_THAT(d.did(), ElementsAre("hangup:carrier/1"));
  d.answer(Phase::hangup, "carrier");
  EXPECT_THAT(d.did(), ElementsAre("release"));
}

TEST(Tombstone, BeingNamedTwiceIsOneHangUp) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup)}, dialling());
  d.named();
  d.named();
  d.answer(Phase::hangup, "carrier");
  d.named();
  EXPECT_EQ(d.count("hangup:"), 1u);
}

TEST(Tombstone, ACreateRequestThatFailsSettlesIt) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup)}, dialling());
  d.over();
  EXPECT_THAT(d.did(), ElementsAre("seal", "leave", "release"));
  EXPECT_EQ(d.state(Phase::hangup, "carrier"), State::skipped);
}

TEST(Tombstone, ACreateRequestThatFailsAfterTheCallHasLeftReleasesIt) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup)}, dialling());
  d.pass(9000);
  d.did();
  d.over();
  EXPECT_THAT(d.did(), ElementsAre("release"));
}

TEST(Tombstone, ALegThatIsNeverNamedIsForgottenAfterABound) {
  TeardownLimits limits;
  Driver d(limits);
  d.begin({hook("carrier", Phase::hangup)}, dialling());
  d.pass(limits.unnamed_give_up_ms - 1);
  EXPECT_FALSE(d.machine.released());
  d.pass(1);
  EXPECT_TRUE(d.machine.released());
  EXPECT_EQ(d.state(Phase::hangup, "carrier"), State::failed);
  EXPECT_EQ(d.row(Phase::hangup, "carrier").error, "the carrier never said what became of the dial request");
  d.did();
  d.named();
  EXPECT_THAT(d.did(), ElementsAre("hangup:carrier/1")) << "better late than billed";
}

TEST(Tombstone, ALegFoundAfterItsCreateRequestSeemedToHaveFailedIsHungUp) {
  Driver d;
  Situation s = dialling();
  s.leg = Leg::none;
  d.begin({hook("carrier", Phase::hangup)}, s);
  EXPECT_THAT(d.did(), ElementsAre("seal", "leave", "release"));
  d.pass(30'000);
  d.named();
  EXPECT_THAT(d.did(), ElementsAre("hangup:carrier/1"));
  EXPECT_FALSE(d.machine.released());
  d.answer(Phase::hangup, "carrier");
  EXPECT_THAT(d.did(), ElementsAre("release"));
  EXPECT_TRUE(d.machine.released());
}

TEST(Tombstone, AHangUpOfALegThatWasNamedLateIsRepeatedToo) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup)}, dialling());
  d.pass(10'000);
  d.named();
  d.answer(Phase::hangup, "carrier", State::retrying, 0, "500");
  EXPECT_FALSE(d.machine.released());
  d.pass(1000);
  d.answer(Phase::hangup, "carrier");
  EXPECT_TRUE(d.machine.released());
  EXPECT_EQ(d.row(Phase::hangup, "carrier").attempts, 2u);
}

TEST(Tombstone, NamesAndOverBeforeAnyEndAreOnlyRemembered) {
  Driver d;
  d.named();
  d.over();
  d.mediaStopped();
  EXPECT_THAT(d.did(), IsEmpty());
  EXPECT_FALSE(d.machine.nextTick());
  EXPECT_FALSE(d.machine.released());
}

}  // namespace
}  // namespace call_test
