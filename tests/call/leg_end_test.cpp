// The end of a leg by itself: its hang-up, and who is asked whether it is over.
#include "host/call/leg_end.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace hookswitch::call;
using State = HookRow::State;
using testing::ElementsAre;
using testing::IsEmpty;

struct Bench {
  Bench() : hooks(exact(), 100), leg(exact(), hooks, known) {}
  static TeardownLimits exact() {
    TeardownLimits limits;
    limits.jitter_percent = 0;
    return limits;
  }
  static std::vector<HookSpec> specs() {
    return {{"other", Phase::confirm},
            {"carrier", Phase::hangup},
            {"carrier", Phase::confirm},
            {"carrier", Phase::settle},
            {"carrier", Phase::notify}};
  }
  void begin(const Situation& situation) {
    known = situation;
    known.carrier = "carrier";
    hooks.setCarrier("carrier");
    leg.begin(specs());
  }
  void hangUp(std::uint64_t now_ms = 1000) {
    Step step{now_ms};
    leg.hangUp(step);
    take(step);
  }
  void answer(State verdict, const std::string& reason, std::uint64_t now_ms) {
    Step step{now_ms};
    Hook& hook = *hooks.find(Phase::hangup, "carrier");
    ASSERT_TRUE(hook.answered({verdict, 0, reason}, hooks.repetition(), step));
    leg.attemptOver(hook, step);
    take(step);
  }
  void take(const Step& step) {
    for (auto& action : step.actions) did.push_back(std::string(name(action.phase)) + ":" + action.plugin);
  }
  const HookRow* row(Phase phase) {
    const Hook* hook = hooks.find(phase, "carrier");
    return hook ? &hook->row() : nullptr;
  }

  Situation known;
  Hooks hooks;
  LegEnd leg;
  std::vector<std::string> did;
};

Situation named() {
  Situation s;
  s.leg = Leg::named;
  return s;
}

TEST(LegEnd, ANamedLegIsHungUpAndUnconfirmedUntilItIsOver) {
  Bench b;
  EXPECT_FALSE(b.leg.unconfirmed()) << "the end has not begun";
  b.begin(named());
  b.hangUp();
  EXPECT_THAT(b.did, ElementsAre("hangup:carrier"));
  EXPECT_TRUE(b.leg.unconfirmed());
  b.answer(State::done, {}, 1100);
  EXPECT_TRUE(b.leg.unconfirmed()) << "accepted is not over";
  ASSERT_TRUE(b.row(Phase::confirm));
  EXPECT_EQ(b.hooks.find(Phase::confirm, "carrier")->due(), 3100u);
  Step step{1500};
  b.known.leg = Leg::over;
  b.leg.over(step);
  EXPECT_FALSE(b.leg.unconfirmed());
  EXPECT_EQ(b.row(Phase::confirm)->state, State::done);
  EXPECT_FALSE(b.hooks.working());
}

TEST(LegEnd, ALegThatIsOverOrNeverWasNeedsNoHangup) {
  Bench over;
  Situation s = named();
  s.leg = Leg::over;
  over.begin(s);
  over.hangUp();
  EXPECT_THAT(over.did, IsEmpty());
  EXPECT_EQ(over.row(Phase::hangup)->state, State::skipped);
  EXPECT_EQ(over.row(Phase::hangup)->error, "the carrier reported the leg over");

  Bench never;
  never.begin({});
  never.hangUp();
  EXPECT_THAT(never.did, IsEmpty());
  EXPECT_EQ(never.row(Phase::hangup)->error, "the carrier never had this leg");
  EXPECT_FALSE(never.leg.unconfirmed());
}

TEST(LegEnd, ATombstoneWaitsForTheNameInItsPhaseAndBehindIt) {
  Bench b;
  Situation s;
  s.leg = Leg::dialling;
  b.begin(s);
  b.hangUp();
  Hook& hangup = *b.hooks.find(Phase::hangup, "carrier");
  EXPECT_TRUE(hangup.awaited());
  EXPECT_EQ(hangup.due(), 6000u);
  Step late{6000};
  b.leg.nameStillMissing(hangup, late);
  EXPECT_FALSE(hangup.awaited()) << "the call ends on time";
  EXPECT_EQ(hangup.due(), 601'000u);
  Step named{7000};
  b.known.leg = Leg::named;
  b.leg.named(named);
  b.take(named);
  EXPECT_THAT(b.did, ElementsAre("hangup:carrier"));
  EXPECT_EQ(hangup.row().error, "");
}

TEST(LegEnd, ATombstoneIsGivenUpWhenNobodySaysWhatBecameOfTheRequest) {
  Bench b;
  Situation s;
  s.leg = Leg::dialling;
  b.begin(s);
  b.hangUp();
  Hook& hangup = *b.hooks.find(Phase::hangup, "carrier");
  Step step{6000};
  b.leg.nameStillMissing(hangup, step);
  b.leg.nameStillMissing(hangup, step);
  EXPECT_EQ(hangup.row().state, State::failed);
  EXPECT_EQ(b.leg.refusal(), "the carrier never said what became of the dial request");
}

TEST(LegEnd, ARefusalStaysTheAnswerThoughTheLegIsOverMeanwhile) {
  Bench b;
  b.begin(named());
  b.hangUp();
  b.answer(State::failed, "Twilio API error: no", 1100);
  EXPECT_EQ(b.leg.refusal(), "Twilio API error: no");
  EXPECT_TRUE(b.row(Phase::confirm)) << "a leg whose hang-up was refused may be running";
  Step step{1200};
  b.known.leg = Leg::over;
  b.leg.over(step);
  EXPECT_EQ(b.row(Phase::hangup)->state, State::done);
  EXPECT_EQ(b.leg.refusal(), "Twilio API error: no");
}

TEST(LegEnd, ASuccessTakesAnEarlierRefusalBack) {
  Bench b;
  b.begin(named());
  b.hangUp();
  b.answer(State::retrying, "429", 1100);
  EXPECT_EQ(b.leg.refusal(), "429");
  EXPECT_FALSE(b.row(Phase::confirm)) << "it is tried again, which is as good as a question";
  Step step{2000};
  b.hooks.send(*b.hooks.find(Phase::hangup, "carrier"), step);
  b.answer(State::done, {}, 2100);
  EXPECT_EQ(b.leg.refusal(), "");
  EXPECT_EQ(b.hooks.find(Phase::confirm, "carrier")->due(), 2600u) << "sooner, when it took more than one try";
}

TEST(LegEnd, AfterARestartTheCarrierIsAskedFirstUnlessTheLegIsKnownToBeOver) {
  Bench b;
  Situation s = named();
  s.recovery = true;
  b.begin(s);
  EXPECT_TRUE(b.leg.settlesFirst());
  Step step{1000};
  b.leg.settle(step);
  b.take(step);
  EXPECT_THAT(b.did, ElementsAre("settle:carrier"));
  EXPECT_TRUE(b.hooks.awaited());

  Bench known;
  s.leg = Leg::over;
  known.begin(s);
  EXPECT_FALSE(known.leg.settlesFirst());
}

TEST(LegEnd, AHangupThatAnEarlierRunSettledIsConfirmedAndNotRepeated) {
  Bench b;
  StoredRow row;
  row.row.phase = Phase::hangup;
  row.row.plugin = "carrier";
  row.row.state = State::done;
  row.row.attempts = 1;
  b.hooks.restore({row});
  b.begin(named());
  b.hangUp();
  EXPECT_THAT(b.did, IsEmpty());
  EXPECT_TRUE(b.row(Phase::confirm));
}

TEST(LegEnd, AHangupThatWasSkippedForWantOfANameIsSentWhenThereIsOne) {
  Bench b;
  StoredRow row;
  row.row.phase = Phase::hangup;
  row.row.plugin = "carrier";
  row.row.state = State::skipped;
  b.hooks.restore({row});
  b.begin(named());
  b.hangUp();
  EXPECT_THAT(b.did, ElementsAre("hangup:carrier"));
}

TEST(LegEnd, ACarrierWithoutAConfirmHookIsNotAsked) {
  Bench b;
  b.hooks.setCarrier("carrier");
  Situation s = named();
  s.carrier = "carrier";
  b.known = s;
  b.leg.begin({{"carrier", Phase::hangup}, {"other", Phase::confirm}});
  b.hangUp();
  b.answer(State::done, {}, 1100);
  EXPECT_EQ(b.hooks.size(), 1u);
  EXPECT_FALSE(b.leg.unconfirmed()) << "it has said all it will";
}

}  // namespace
