// The phases of an end: their order, who is waited for, and what each kind of answer does.
#include "tests/call/teardown_driver.hpp"

#include <set>

namespace call_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Teardown, GoesThroughItsPhasesInOrder) {
  Driver d;
  d.begin({hook("n", Phase::notify), hook("carrier", Phase::hangup), hook("r", Phase::record),
           hook("d", Phase::disconnect)});
  EXPECT_THAT(d.did(), ElementsAre("hangup:carrier/1"));
  d.answer(Phase::hangup, "carrier");
  EXPECT_THAT(d.did(), ElementsAre("disconnect:d/1", "stop-media"));
  d.mediaStopped();
  EXPECT_THAT(d.did(), IsEmpty());
  d.answer(Phase::disconnect, "d");
  EXPECT_THAT(d.did(), ElementsAre("record:r/1", "seal"));
  d.answer(Phase::record, "r");
  EXPECT_THAT(d.did(), ElementsAre("notify:n/1", "leave"));
  EXPECT_TRUE(d.machine.left());
  EXPECT_FALSE(d.machine.released());
  d.answer(Phase::notify, "n");
  EXPECT_THAT(d.did(), ElementsAre("release"));
  EXPECT_TRUE(d.machine.released());
  EXPECT_FALSE(d.machine.nextTick());
}

TEST(Teardown, WithoutAnyHookAndMediaItIsOverAtOnce) {
  Driver d;
  Situation s = inProgress();
  s.media = Media::gone;
  d.begin({}, s);
  EXPECT_THAT(d.did(), ElementsAre("seal", "leave", "release"));
  EXPECT_EQ(d.state(Phase::disconnect, "host"), State::skipped);
  EXPECT_EQ(d.row(Phase::disconnect, "host").error, "there was no media");
  EXPECT_EQ(d.state(Phase::record, "host"), State::done);
}

TEST(Teardown, WaitsForAllHooksOfAPhaseTogether) {
  Driver d;
  d.begin({hook("a", Phase::record), hook("b", Phase::record), hook("c", Phase::record)}, [] {
    Situation s = inProgress();
    s.media = Media::gone;
    return s;
  }());
  EXPECT_THAT(d.did(), ElementsAre("record:a/1", "record:b/1", "record:c/1", "seal"));
  d.answer(Phase::record, "c");
  d.answer(Phase::record, "a");
  EXPECT_THAT(d.did(), IsEmpty());
  EXPECT_FALSE(d.machine.left());
  d.answer(Phase::record, "b");
  EXPECT_THAT(d.did(), ElementsAre("leave", "release"));
}

TEST(Teardown, TellsEachHookItsDeadlineCutToThatOfThePhase) {
  TeardownLimits limits;
  limits.record_ms = 700;
  Driver d(limits);
  Situation s = inProgress();
  s.media = Media::gone;
  d.begin({hook("quick", Phase::record, 300), hook("slow", Phase::record, 15'000)}, s);
  ASSERT_GE(d.all.size(), 2u);
  EXPECT_EQ(d.all[0].deadline_ms, 300u);
  EXPECT_EQ(d.all[1].deadline_ms, 700u);
  EXPECT_EQ(*d.nextEvent(), d.now + 300);
}

TEST(Teardown, AHookThatNeverAnswersDelaysThePhaseNoLongerThanItsDeadline) {
  Driver d;
  d.begin({hook("silent", Phase::disconnect, 1200), hook("fine", Phase::disconnect)});
  d.answer(Phase::disconnect, "fine");
  d.mediaStopped();
  d.did();
  d.pass(1199);
  EXPECT_THAT(d.did(), IsEmpty());
  d.pass(1);
  EXPECT_THAT(d.did(), ElementsAre("seal", "leave", "release"));
  EXPECT_EQ(d.state(Phase::disconnect, "silent"), State::timed_out);
  EXPECT_EQ(d.row(Phase::disconnect, "silent").error, "no answer within 1200 ms");
  EXPECT_EQ(d.row(Phase::disconnect, "silent").ms, 1200u);
  EXPECT_EQ(d.state(Phase::disconnect, "fine"), State::done);
}

TEST(Teardown, MediaThatNeverStopDelayTheEndByTheirDeadlineOnly) {
  Driver d;
  d.begin({});
  EXPECT_THAT(d.did(), ElementsAre("stop-media"));
  d.pass(1999);
  EXPECT_THAT(d.did(), IsEmpty());
  d.pass(1);
  EXPECT_THAT(d.did(), ElementsAre("seal", "leave", "release"));
  EXPECT_EQ(d.state(Phase::disconnect, "host"), State::timed_out);
  EXPECT_EQ(d.row(Phase::disconnect, "host").error, "the media loop did not answer within 2000 ms");
}

TEST(Teardown, MediaThatStopLateTurnTheirRowIntoDone) {
  Driver d;
  d.begin({});
  d.pass(5000);
  d.did();
  d.mediaStopped();
  EXPECT_EQ(d.state(Phase::disconnect, "host"), State::done);
  EXPECT_THAT(d.did(), IsEmpty());
}

TEST(Teardown, AFaultChangesNothingForTheOthers) {
  Driver d;
  Situation s = inProgress();
  s.media = Media::gone;
  d.begin({hook("bad", Phase::record), hook("good", Phase::record), hook("bad", Phase::notify),
           hook("good", Phase::notify)},
          s);
  d.did();
  d.answer(Phase::record, "bad", State::fault, 0, "it threw");
  EXPECT_THAT(d.did(), IsEmpty());
  d.answer(Phase::record, "good");
  EXPECT_THAT(d.did(), ElementsAre("notify:bad/1", "notify:good/1", "leave"));
  EXPECT_EQ(d.state(Phase::record, "bad"), State::fault);
  EXPECT_EQ(d.row(Phase::record, "bad").error, "it threw");
  EXPECT_EQ(d.state(Phase::record, "good"), State::done);
}

TEST(Teardown, AnAnswerWithAnIdThatItNeverGaveIsNoAnswer) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup)});
  d.did();
  d.answer(0, State::done);
  d.answer(999, State::done);
  d.answer(d.idOf(Phase::hangup, "carrier") + 1, State::done);
  EXPECT_THAT(d.did(), IsEmpty());
  EXPECT_EQ(d.state(Phase::hangup, "carrier"), State::pending);
}

TEST(Teardown, OnlyTheFirstAnswerCounts) {
  Driver d;
  d.begin({hook("d", Phase::disconnect), hook("other", Phase::disconnect)});
  const std::uint64_t id = d.idOf(Phase::disconnect, "d");
  d.answer(id, State::failed, 0, "no");
  d.answer(id, State::done);
  d.answer(id, State::fault, 0, "again");
  EXPECT_EQ(d.state(Phase::disconnect, "d"), State::failed);
  EXPECT_EQ(d.row(Phase::disconnect, "d").error, "no");
  d.answer(Phase::disconnect, "other");
  d.answer(Phase::disconnect, "other", State::failed, 0, "changed its mind");
  EXPECT_EQ(d.state(Phase::disconnect, "other"), State::done);
}

TEST(Teardown, ALateAnswerIsWrittenDownAndStartsNothing) {
  Driver d;
  d.begin({hook("late", Phase::disconnect, 500)});
  d.mediaStopped();
  d.pass(500);
  d.did();
  d.now += 3000;
  d.answer(Phase::disconnect, "late");
  EXPECT_THAT(d.did(), IsEmpty());
  EXPECT_EQ(d.state(Phase::disconnect, "late"), State::timed_out);
  EXPECT_EQ(d.row(Phase::disconnect, "late").error, "no answer within 500 ms; it came after 3500 ms");
}

TEST(Teardown, AHookThatIsNotInterestedIsSkipped) {
  Driver d;
  d.begin({hook("n", Phase::notify)});
  d.mediaStopped();
  d.answer(Phase::notify, "n", State::skipped);
  EXPECT_EQ(d.state(Phase::notify, "n"), State::skipped);
  EXPECT_EQ(d.row(Phase::notify, "n").error, "");
  EXPECT_TRUE(d.machine.released());
}

TEST(Teardown, ARetryOfDisconnectOrRecordIsAFailureBecauseTheyHappenOnce) {
  Driver d;
  d.begin({hook("d", Phase::disconnect), hook("r", Phase::record)});
  d.mediaStopped();
  d.answer(Phase::disconnect, "d", State::retrying, 100, "busy");
  EXPECT_EQ(d.state(Phase::disconnect, "d"), State::failed);
  d.answer(Phase::record, "r", State::retrying, 100, "busy too");
  EXPECT_EQ(d.state(Phase::record, "r"), State::failed);
  EXPECT_EQ(d.row(Phase::record, "r").error, "busy too");
  EXPECT_TRUE(d.machine.released());
}

TEST(Teardown, LeavesOnceAndOnlyAfterEveryNotifyHookHasBeenStarted) {
  Driver d;
  d.begin({hook("a", Phase::notify), hook("b", Phase::notify), hook("c", Phase::notify)});
  d.did();
  d.mediaStopped();
  EXPECT_THAT(d.did(), ElementsAre("seal", "notify:a/1", "notify:b/1", "notify:c/1", "leave"));
  d.answer(Phase::notify, "a");
  d.answer(Phase::notify, "b");
  EXPECT_THAT(d.did(), IsEmpty());
  d.answer(Phase::notify, "c");
  EXPECT_THAT(d.did(), ElementsAre("release"));
  EXPECT_EQ(d.count("leave"), 1u);
}

TEST(Teardown, TheSecondReasonToEndChangesNothing) {
  Driver d;
  d.begin({hook("carrier", Phase::hangup)});
  d.did();
  d.begin({hook("other", Phase::hangup), hook("other", Phase::notify)});
  EXPECT_THAT(d.did(), IsEmpty());
  d.answer(Phase::hangup, "carrier");
  d.mediaStopped();
  EXPECT_THAT(d.did(), ElementsAre("stop-media", "seal", "leave", "release"));
}

TEST(Teardown, ANotificationIsRepeatedWhenItsReceiverSaysAndAttemptsAreCounted) {
  Driver d;
  d.begin({hook("n", Phase::notify)});
  d.mediaStopped();
  d.did();
  d.answer(Phase::notify, "n", State::retrying, 30'000, "Too Many Requests");
  EXPECT_EQ(d.state(Phase::notify, "n"), State::retrying);
  EXPECT_EQ(d.row(Phase::notify, "n").error, "Too Many Requests");
  d.pass(29'999);
  EXPECT_THAT(d.did(), IsEmpty());
  d.pass(1);
  EXPECT_THAT(d.did(), ElementsAre("notify:n/2"));
  EXPECT_EQ(d.row(Phase::notify, "n").attempts, 2u);
  d.answer(Phase::notify, "n");
  EXPECT_THAT(d.did(), ElementsAre("release"));
  EXPECT_EQ(d.row(Phase::notify, "n").ms, 30'000u);
}

TEST(Teardown, EachAttemptHasAnIdOfItsOwnAndTheOldOneIsStale) {
  Driver d;
  d.begin({hook("n", Phase::notify)});
  d.mediaStopped();
  const std::uint64_t first = d.idOf(Phase::notify, "n");
  d.answer(first, State::retrying, 0, "busy");
  d.pass(1000);
  EXPECT_NE(d.idOf(Phase::notify, "n"), first);
  d.answer(first, State::done);
  EXPECT_EQ(d.state(Phase::notify, "n"), State::pending);
}

TEST(Teardown, ANotificationIsGivenUpAfterThreeDays) {
  Driver d;
  d.begin({hook("n", Phase::notify)});
  d.mediaStopped();
  const std::uint64_t begin = d.now;
  while (d.state(Phase::notify, "n") == State::pending) {
    d.answer(Phase::notify, "n", State::retrying, 0, "unreachable");
    if (d.state(Phase::notify, "n") == State::retrying) d.pass(*d.nextEvent() - d.now);
    ASSERT_LE(d.now, begin + 72ull * 3600 * 1000);
  }
  EXPECT_EQ(d.state(Phase::notify, "n"), State::dead);
  EXPECT_EQ(d.row(Phase::notify, "n").error, "unreachable");
  EXPECT_GT(d.now, begin + 71ull * 3600 * 1000);
  EXPECT_EQ(d.did().back(), "release");
}

TEST(Teardown, AWaitThatEndsBeyondThreeDaysIsNotBegun) {
  Driver d;
  d.begin({hook("n", Phase::notify)});
  d.mediaStopped();
  d.answer(Phase::notify, "n", State::retrying, 72ull * 3600 * 1000 + 1, "come back next week");
  EXPECT_EQ(d.state(Phase::notify, "n"), State::dead);
  EXPECT_TRUE(d.machine.released());
}

TEST(Teardown, ANotificationThatTimesOutIsTriedAgain) {
  Driver d;
  d.begin({hook("n", Phase::notify, 800)});
  d.mediaStopped();
  d.pass(800);
  EXPECT_EQ(d.state(Phase::notify, "n"), State::retrying);
  EXPECT_FALSE(d.machine.released());
  d.did();
  d.pass(1000);
  EXPECT_THAT(d.did(), ElementsAre("notify:n/2"));
  d.answer(Phase::notify, "n");
  EXPECT_THAT(d.did(), ElementsAre("release"));
}

TEST(Teardown, AWaitThatIsDemandedAfterTheDeadlineIsObeyedAllTheSame) {
  Driver d;
  d.begin({hook("n", Phase::notify, 800)});
  d.mediaStopped();
  d.pass(900);
  d.did();
  d.answer(Phase::notify, "n", State::retrying, 5000, "429");
  d.pass(4999);
  EXPECT_THAT(d.did(), IsEmpty());
  d.pass(1);
  EXPECT_THAT(d.did(), ElementsAre("notify:n/2"));
}

TEST(Teardown, ANotificationOfAPluginThatFailsOnItIsTriedAgain) {
  Driver d;
  d.begin({hook("n", Phase::notify)});
  d.mediaStopped();
  d.answer(Phase::notify, "n", State::fault, 0, "it threw");
  EXPECT_EQ(d.state(Phase::notify, "n"), State::retrying);
}

TEST(TeardownStarted, HooksOfTheBeginningRunBesideTheCallAndOnlyOnce) {
  Driver d;
  const std::vector<HookSpec> hooks{hook("a", Phase::started), hook("b", Phase::notify), hook("c", Phase::started)};
  d.announce(hooks);
  EXPECT_THAT(d.did(), ElementsAre("started:a/1", "started:c/1"));
  d.announce(hooks);
  EXPECT_THAT(d.did(), IsEmpty());
  d.answer(Phase::started, "a");
  EXPECT_FALSE(d.machine.begun());
  EXPECT_THAT(d.did(), IsEmpty());
}

TEST(TeardownStarted, TheEndDoesNotWaitForThemButTheReleaseDoes) {
  Driver d;
  d.announce({hook("slow", Phase::started, 15'000)});
  d.begin({});
  d.mediaStopped();
  EXPECT_THAT(d.did(), ElementsAre("started:slow/1", "stop-media", "seal", "leave"));
  d.pass(15'000);
  d.answer(Phase::started, "slow");
  EXPECT_THAT(d.did(), ElementsAre("release"));
}

TEST(TeardownStarted, NewsOfABeginningAreGivenUpAfterTenMinutes) {
  Driver d;
  d.announce({hook("n", Phase::started)});
  const std::uint64_t begin = d.now;
  while (d.state(Phase::started, "n") != State::dead) {
    ASSERT_LT(d.now, begin + 600'000);
    d.answer(Phase::started, "n", State::retrying, 0, "down");
    if (auto next = d.nextEvent()) d.pass(*next - d.now);
  }
  EXPECT_GT(d.now, begin + 200'000);
}

TEST(Teardown, IdsCountUpFromTheFirstAndAreNeverReused) {
  Driver d;
  d.announce({hook("s", Phase::started)});
  EXPECT_EQ(d.all[0].id, 1000u);
  d.begin({hook("carrier", Phase::hangup), hook("n", Phase::notify)});
  d.answer(Phase::hangup, "carrier");
  d.mediaStopped();
  for (int i = 0; i < 3; ++i) {
    d.answer(Phase::notify, "n", State::retrying, 0, "x");
    d.pass(60'000);
  }
  std::vector<std::uint64_t> ids;
  for (auto& a : d.all)
    if (a.kind == Action::Kind::send_hook) ids.push_back(a.id);
  EXPECT_EQ(std::set<std::uint64_t>(ids.begin(), ids.end()).size(), ids.size());
  EXPECT_EQ(*std::min_element(ids.begin(), ids.end()), 1000u);
}

}  // namespace
}  // namespace call_test
