// From acknowledged to taken: what the gateway forgets is told again, and the receipt says how far an event came.
#include "tests/plugins/gateway/claw.hpp"

#include <gmock/gmock.h>

namespace hookswitch::gateway {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string ended(const std::string& call) { return "[call] ended id=" + call + " "; }

TEST(GatewayReceipts, ATurnOfTheAgentIsWaitedForToItsEnd) {
  Claw claw;
  claw.answers = false;
  claw.start();
  claw.ended(1, "c1");
  ASSERT_EQ(claw.frames.at(0).body["method"], "agent");
  const json id = claw.frames[0].body["id"];
  claw.res(id, true, {{"runId", "c1:call_ended"}, {"status", "accepted"}});
  EXPECT_THAT(claw.done, IsEmpty()) << "a restart there would forget it";
  claw.wait(14900);
  EXPECT_EQ(claw.doneOf(1).at(0).state, HKS_HOOK_RETRY);
  EXPECT_THAT(claw.doneOf(1).at(0).reason, HasSubstr("turn is under way"));
  for (int i = 0; i < 5; ++i) claw.wait(20000), claw.event("tick");
  EXPECT_THAT(claw.frames, SizeIs(1));
  EXPECT_THAT(claw.closes, IsEmpty()) << "a turn takes as long as it takes";
  claw.ended(2, "c1", 2);
  claw.res(id, true, {{"runId", "c1:call_ended"}, {"status", "ok"}});
  EXPECT_EQ(claw.doneOf(2).at(0).state, HKS_HOOK_OK);
  EXPECT_EQ(claw.doneOf(2).at(0).reason, "taken by a turn of the agent");
}

TEST(GatewayReceipts, ATurnThatCameToNothingIsRepeatedUnderAKeyOfItsOwn) {
  for (
      const char* outcome :
      {R"({"ok":false,"payload":{"status":"error"},"error":{"code":"UNAVAILABLE","message":"bad model key"}})",
       R"({"ok":true,"payload":{"status":"timeout"}})",
       R"({"ok":false,"error":{"code":"UNAVAILABLE","message":"Pending input ownership ended; submit a new turn to continue"}})"}) {
    Claw claw;
    claw.answers = false;
    claw.start();
    claw.ended(1, "c1");
    json frame = json::parse(outcome);
    frame["type"] = "res", frame["id"] = claw.frames.at(0).body["id"];
    claw.res(frame["id"], true, {{"runId", "c1:call_ended"}, {"status", "accepted"}});
    claw.say(frame);
    EXPECT_THAT(claw.done, IsEmpty());
    claw.answers = true;
    for (int i = 0; i < 40 && claw.frames.size() < 2; ++i) claw.wait(1000);
    ASSERT_THAT(claw.frames, SizeIs(2)) << outcome;
    EXPECT_EQ(claw.frames[1].body["params"]["idempotencyKey"], "c1:call_ended:1");
    EXPECT_EQ(claw.frames[1].body["params"]["message"], claw.frames[0].body["params"]["message"]);
    claw.wait(1000);
    claw.ended(2, "c1", 2);
    EXPECT_EQ(claw.done.back().state, HKS_HOOK_OK) << outcome;
  }
}

TEST(GatewayReceipts, WithoutAModelAnEventIsToldWhenATurnHasTakenIt) {
  Claw claw;
  Claw::withoutModel(claw).start();
  claw.ended(1, "c1");
  claw.wait(14900);
  ASSERT_EQ(claw.frames.at(0).body["method"], "wake");
  EXPECT_EQ(claw.doneOf(1).at(0).state, HKS_HOOK_RETRY);
  EXPECT_THAT(claw.doneOf(1).at(0).reason,
              HasSubstr("accepted, but no turn of the agent has taken it yet: the gateway has no model configured"));
  for (int i = 0; i < 20; ++i) claw.wait(30000), claw.event("tick");
  EXPECT_THAT(claw.frames, SizeIs(1)) << "it is still there: nothing to repeat";
  EXPECT_GE(claw.asks.size(), 10u);
  claw.queue.clear();  // somebody wrote to the agent: no heartbeat says so
  claw.wait(31000);
  claw.ended(2, "c1", 2);
  EXPECT_THAT(claw.doneOf(2), IsEmpty()) << "a turn that fails says so when it is over";
  for (int i = 0; i < 12; ++i) claw.wait(30000), claw.event("tick");
  claw.ended(3, "c1", 3);
  EXPECT_EQ(claw.doneOf(3).at(0).state, HKS_HOOK_OK);
  EXPECT_EQ(claw.doneOf(3).at(0).reason, "taken by a turn of the agent");
  EXPECT_THAT(claw.frames, SizeIs(1));
}

TEST(GatewayReceipts, AHeartbeatTurnTakesWhatIsQueued) {
  for (const bool noticed : {true, false}) {
    Claw claw(Values{{"ended_by_agent", "false"}});
    claw.start();
    claw.ended(1, "c1");
    claw.wait(1000);
    EXPECT_THAT(claw.done, IsEmpty());
    claw.turn(true);
    if (noticed) claw.queue.clear(), claw.wait(30500);
    claw.ended(2, "c1", 2);
    claw.wait(1000);
    EXPECT_EQ(claw.doneOf(2).at(0).reason, "taken by a turn of the agent");
  }
}

TEST(GatewayReceipts, ManyTurnsDoNotPutTheQuestionOff) {
  Claw claw(Values{{"ended_by_agent", "false"}});
  claw.start();
  claw.ended(1, "c1");
  claw.wait(1000);
  claw.queue.clear();
  for (int i = 0; i < 100; ++i) {
    claw.event("heartbeat", {{"status", "skipped"}, {"reason", "no-route"}, {"preview", "Noted."}});
    claw.wait(10);
  }
  EXPECT_EQ(claw.doneOf(1).at(0).reason, "taken by a turn of the agent");
}

TEST(GatewayReceipts, ATurnThatLeftAnEventThereHasNotTakenIt) {
  Claw claw(Values{{"ended_by_agent", "false"}});
  claw.start();
  claw.ended(1, "c1");
  claw.wait(1000);
  claw.event("heartbeat",
             {{"status", "skipped"}, {"reason", "no-route"}, {"preview", "Noted."}});  // of another session
  claw.wait(1000);
  EXPECT_THAT(claw.done, IsEmpty());
  claw.event("heartbeat", {{"status", "failed"}, {"reason", "agent-runner-failure"}});
  claw.wait(20000);
  EXPECT_THAT(claw.frames, SizeIs(1)) << "it is still there";
}

TEST(GatewayReceipts, TwentyFourEventsSurviveTheRestartOfAGatewayThatRemembersTwenty) {
  Claw claw;
  Claw::withoutModel(claw).start();
  for (std::uint64_t i = 1; i <= 24; ++i) claw.ended(i, "c" + std::to_string(i));
  claw.wait(1000);
  EXPECT_THAT(claw.queue, SizeIs(16)) << "no more than fit beside what others bring";
  claw.queue.clear();  // the gateway's memory
  claw.cut(1012, "service restart");
  claw.wait(60000);
  EXPECT_THAT(claw.queue, SizeIs(16)) << "told again";
  std::set<std::string> known;
  for (int round = 0; round < 4; ++round) {
    for (const auto& text : claw.queue) known.insert(text.substr(0, text.find(" dir=")));
    claw.queue.clear();
    claw.wait(31000);
    claw.turn();
    claw.wait(1000);
  }
  EXPECT_THAT(known, SizeIs(24));
  for (std::uint64_t i = 1; i <= 24; ++i) {
    claw.ended(100 + i, "c" + std::to_string(i), 2);
    EXPECT_EQ(claw.doneOf(100 + i).at(0).state, HKS_HOOK_OK) << i;
  }
}

TEST(GatewayReceipts, WhatOthersPushedOutIsToldAgain) {
  Claw claw;
  Claw::withoutModel(claw).start();
  claw.ended(1, "c1");
  claw.wait(1000);
  claw.queue.assign(20, "news of somebody else");
  claw.wait(33000);
  EXPECT_THAT(claw.frames, SizeIs(2));
  EXPECT_THAT(claw.queue.back(), HasSubstr(ended("c1")));
}

TEST(GatewayReceipts, WhatOursMayHavePushedOutBeforeATurnIsToldAgain) {
  for (const std::uint64_t younger : {19u, 20u}) {
    Claw claw;
    Claw::withoutModel(claw).start();
    claw.ended(1, "c1");
    for (std::uint64_t i = 1; i <= younger; ++i) claw.begun(100 + i, "b" + std::to_string(i));
    claw.wait(20);
    ASSERT_THAT(claw.asks, IsEmpty()) << "they are acknowledged, and nobody has looked yet";
    claw.turn();
    if (younger < 20) {
      EXPECT_EQ(claw.doneOf(1).at(0).reason, "taken by a turn of the agent") << "twenty fit into the memory";
      continue;
    }
    EXPECT_THAT(claw.doneOf(1), IsEmpty()) << "the turn has not seen it";
    claw.wait(2000);
    EXPECT_EQ(claw.told(ended("c1")), 2);
    claw.turn();
    EXPECT_EQ(claw.doneOf(1).at(0).reason, "taken by a turn of the agent");
    EXPECT_EQ(claw.told(ended("c1")), 2);
  }
}

TEST(GatewayReceipts, WhatIsQueuedThereAlreadyIsNotQueuedTwice) {
  Claw claw;
  Claw::withoutModel(claw);
  claw.queue.push_back("[call] ended id=c1 dir=outbound");
  claw.start();
  claw.ended(1, "c1", 3);  // an earlier run of ours has sent it
  claw.wait(1000);
  EXPECT_THAT(claw.frames, IsEmpty());
  EXPECT_THAT(claw.asks, testing::Not(IsEmpty()));
  claw.wait(13900);
  EXPECT_THAT(claw.doneOf(1).at(0).reason, HasSubstr("accepted"));
}

TEST(GatewayReceipts, ATurnThatFailsHasTakenNothing) {
  for (const Values& settings :
       {Values{{"wake_mode", "now"}, {"ended_by_agent", "false"}},
        Values{{"session", "agent:main:calls"}, {"ended_by_agent", "false"}}, Values{{"ended_by_agent", "false"}}}) {
    Claw claw(settings);
    claw.start();
    claw.ended(1, "c1");
    claw.wait(500);
    ASSERT_EQ(claw.frames.at(0).body["method"], "wake");
    EXPECT_THAT(claw.done, IsEmpty()) << "ok means queued";
    claw.turn(false);
    EXPECT_THAT(claw.done, IsEmpty());
    EXPECT_THAT(claw.logs, Contains(HasSubstr("the agent's turn failed: agent-runner-failure: no key")));
    claw.wait(13000);
    ASSERT_THAT(claw.doneOf(1), SizeIs(1));
    EXPECT_EQ(claw.doneOf(1)[0].state, HKS_HOOK_RETRY);
    claw.wait(10000);
    EXPECT_GE(claw.frames.size(), 2u) << "told again";
    claw.ended(2, "c1", 2);
    claw.queue.clear();
    claw.wait(30500);
    claw.turn();
    claw.wait(5000);
    claw.ended(3, "c1", 3);
    EXPECT_EQ(claw.doneOf(3).at(0).state, HKS_HOOK_OK);
    EXPECT_EQ(claw.doneOf(3).at(0).reason, "taken by a turn of the agent");
  }
}

TEST(GatewayReceipts, OneTurnAtATimeSoThatItIsKnownWhichFailed) {
  Claw claw(Values{{"session", "agent:main:calls"}, {"ended_by_agent", "false"}});
  claw.start();
  for (std::uint64_t i = 1; i <= 3; ++i) claw.ended(i, "c" + std::to_string(i));
  claw.wait(1000);
  EXPECT_THAT(claw.frames, SizeIs(1));
  for (std::uint64_t i = 1; i <= 3; ++i) {
    claw.turn();
    EXPECT_EQ(claw.doneOf(i).at(0).state, HKS_HOOK_OK) << i;
  }
  EXPECT_THAT(claw.frames, SizeIs(3));
}

TEST(GatewayReceipts, ABeginningIsAcceptedSaysSoAndIsToldAgainWhenItWasForgotten) {
  Claw claw;
  claw.start();
  claw.begun(1, "c1");
  claw.wait(1000);
  EXPECT_EQ(claw.doneOf(1).at(0).state, HKS_HOOK_OK);
  EXPECT_EQ(claw.doneOf(1).at(0).reason, "accepted: it waits in the gateway's memory for a turn of the agent");
  claw.queue.clear();
  claw.cut(1012, "service restart");
  claw.wait(10000);
  EXPECT_THAT(claw.queue, SizeIs(1));
  EXPECT_THAT(claw.done, SizeIs(1));
  for (int i = 0; i < 30; ++i) claw.wait(30000), claw.event("tick");
  const std::size_t asked = claw.asks.size();
  for (int i = 0; i < 10; ++i) claw.wait(30000), claw.event("tick");
  EXPECT_EQ(claw.asks.size(), asked) << "old news is not watched";
}

TEST(GatewayReceipts, OldBeginningsTakeNobodysPlace) {
  Claw claw;
  claw.start();
  for (std::uint64_t i = 1; i <= 3000; ++i) {
    claw.begun(i, "c" + std::to_string(i));
    claw.wait(30);
    if (claw.queue.size() > 20) claw.queue.erase(claw.queue.begin());
    if (i % 500 == 0) claw.event("tick");
  }
  claw.wait(1000);
  EXPECT_THAT(claw.done, SizeIs(3000));
  for (auto& d : claw.done) ASSERT_EQ(d.state, HKS_HOOK_OK) << d.reason;
}

TEST(GatewayReceipts, WhoIsContentWithAcceptedIsToldAfterTheGatewayHasShownIt) {
  Claw claw(Values{{"receipt", "accepted"}});
  Claw::withoutModel(claw).shows = false;
  claw.start();
  claw.ended(1, "c1");
  claw.wait(500);
  ASSERT_THAT(claw.asks, SizeIs(1));
  EXPECT_THAT(claw.done, IsEmpty());
  claw.res(claw.asks[0].body["id"], true, {{"queuedSystemEvents", claw.queue}});
  EXPECT_EQ(claw.doneOf(1).at(0).state, HKS_HOOK_OK);
  EXPECT_THAT(claw.doneOf(1).at(0).reason, HasSubstr("accepted"));
}

TEST(GatewayReceipts, AGatewayThatCannotBeAskedIsTakenAtItsWord) {
  for (const bool lists : {true, false}) {
    Claw claw(lists ? Values{{"session", "phone"}} : Values{});
    Claw::withoutModel(claw);
    if (!lists) claw.hello["features"]["methods"] = {"wake"};
    claw.start();
    claw.ended(1, "c1");
    claw.wait(500);
    EXPECT_THAT(claw.asks, IsEmpty());
    EXPECT_EQ(claw.doneOf(1).at(0).state, HKS_HOOK_OK);
    EXPECT_THAT(claw.doneOf(1).at(0).reason, HasSubstr("it cannot be asked what became of it"));
  }
}

TEST(GatewayReceipts, AGatewayThatLeavesTheQuestionUnansweredIsLeft) {
  Claw claw;
  Claw::withoutModel(claw).shows = false;
  claw.start();
  claw.ended(1, "c1");
  claw.wait(15000);
  claw.event("tick");
  claw.wait(6000);
  ASSERT_THAT(claw.closes, SizeIs(1));
  claw.shows = true;
  claw.wait(3000);
  EXPECT_THAT(claw.queue, SizeIs(1)) << "found there, and not queued twice";
}

}  // namespace
}  // namespace hookswitch::gateway
