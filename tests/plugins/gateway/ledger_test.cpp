// What the host's ledger sees, and that nothing is lost or told twice without need.
#include "tests/plugins/gateway/claw.hpp"

#include <gmock/gmock.h>

namespace hookswitch::gateway {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(GatewayLedger, AnswersOkOnlyWhenTheGatewayHasAcknowledged) {
  Claw claw;
  claw.answers = false;
  claw.start();
  claw.ended(1, "c1");
  ASSERT_THAT(claw.frames, SizeIs(1));
  EXPECT_THAT(claw.done, IsEmpty());
  claw.res(claw.frames[0].body["id"], true, {{"ok", true}});
  ASSERT_THAT(claw.done, SizeIs(1));
  EXPECT_EQ(claw.done[0].state, HKS_HOOK_OK);
}

TEST(GatewayLedger, TellsTheStartAndTheEnd) {
  Claw claw;
  claw.start();
  claw.begun(1, "c1");
  claw.wait(100);
  claw.ended(2, "c1");
  claw.wait(100);
  ASSERT_THAT(claw.texts(), SizeIs(2));
  EXPECT_THAT(claw.texts()[0], HasSubstr("[call] started id=c1"));
  EXPECT_THAT(claw.texts()[1], HasSubstr("[call] ended id=c1"));
  EXPECT_THAT(claw.texts()[1], HasSubstr("transcript_untrusted="));
  claw.player.step(In::phase(3, HKS_PHASE_HANGUP, callRecord("c1")));
  EXPECT_EQ(claw.doneOf(3).at(0).state, HKS_HOOK_SKIP);
}

TEST(GatewayLedger, KeepsEventsWhileThereIsNoConnectionAndSendsThemAtOnceWhenThereIs) {
  Claw claw;
  claw.accepts = false;
  claw.start();
  claw.begun(1, "c1");
  claw.ended(2, "c1");
  claw.wait(14900);
  for (const std::uint64_t hook : {1u, 2u}) {
    ASSERT_THAT(claw.doneOf(hook), SizeIs(1));
    EXPECT_EQ(claw.doneOf(hook)[0].state, HKS_HOOK_RETRY);
    EXPECT_THAT(claw.doneOf(hook)[0].reason, HasSubstr("gateway not connected"));
    EXPECT_LT(claw.doneOf(hook)[0].at_ms, 15000u);
    EXPECT_GT(claw.doneOf(hook)[0].after_ms, 0u);
  }
  claw.accepts = true;
  claw.wait(60000);
  ASSERT_THAT(claw.texts(), SizeIs(2)) << "sent on the connection, not on the host's next attempt";
  EXPECT_THAT(claw.texts()[0], HasSubstr("started"));
  claw.ended(3, "c1", 2);
  EXPECT_EQ(claw.doneOf(3).at(0).state, HKS_HOOK_OK) << "acknowledged in the meantime";
  claw.begun(4, "c1", 2);
  EXPECT_EQ(claw.doneOf(4).at(0).state, HKS_HOOK_OK);
  EXPECT_THAT(claw.frames, SizeIs(2));
}

TEST(GatewayLedger, DoesNotQueueAnEventTwice) {
  Claw claw;
  claw.accepts = false;
  claw.start();
  for (std::uint32_t attempt = 1; attempt <= 10; ++attempt) {
    claw.ended(attempt, "c1", attempt);
    claw.wait(30000);
  }
  EXPECT_THAT(claw.done, SizeIs(10));
  claw.accepts = true;
  claw.wait(60000);
  EXPECT_THAT(claw.frames, SizeIs(1));
}

TEST(GatewayLedger, DoesNotSendAgainWhatIsUnderWay) {
  Claw claw;
  claw.answers = false;
  claw.start();
  claw.ended(1, "c1");
  claw.wait(1000);
  claw.ended(2, "c1", 2);  // the host thought the first attempt had run out of time
  EXPECT_THAT(claw.frames, SizeIs(1));
  claw.res(claw.frames[0].body["id"], true, {{"ok", true}});
  EXPECT_EQ(claw.doneOf(2).at(0).state, HKS_HOOK_OK);
}

TEST(GatewayLedger, SendsAgainWhatWasUnansweredWhenTheConnectionBroke) {
  Claw claw;
  claw.answers = false;
  claw.start();
  claw.begun(1, "c1");
  claw.ended(2, "c2");
  claw.ended(3, "c3");
  claw.res(claw.frames.at(1).body["id"], true, {{"ok", true}});
  claw.cut();
  EXPECT_THAT(claw.done, SizeIs(1));
  claw.answers = true;
  claw.wait(2000);
  EXPECT_EQ(claw.told("started id=c1"), 2);
  EXPECT_EQ(claw.told("ended id=c2"), 1) << "that one was acknowledged";
  EXPECT_EQ(claw.told("ended id=c3"), 2);
  EXPECT_THAT(claw.asks, Not(IsEmpty())) << "what waits there already is not queued again";
  EXPECT_THAT(claw.done, SizeIs(3));
  for (auto& d : claw.done) EXPECT_EQ(d.state, HKS_HOOK_OK);
}

TEST(GatewayLedger, ReplacesAConnectionOnWhichNobodyAnswers) {
  Claw claw;
  claw.answers = false;
  claw.start();
  claw.ended(1, "c1");
  for (int i = 0; i < 4; ++i) {
    claw.wait(5000);
    if (claw.closes.empty()) claw.event("tick");
  }
  claw.wait(100);
  EXPECT_THAT(claw.closes, SizeIs(1)) << "ticks are not answers";
  EXPECT_EQ(claw.doneOf(1).at(0).state, HKS_HOOK_RETRY);
  claw.answers = true;
  claw.wait(2000);
  claw.ended(2, "c1", 2);
  EXPECT_EQ(claw.doneOf(2).at(0).state, HKS_HOOK_OK);
}

TEST(GatewayLedger, RepeatsWhatAnOverloadedGatewayRefused) {
  Claw claw;
  claw.answers = false;
  claw.start();
  claw.ended(1, "c1");
  claw.res(claw.frames[0].body["id"], false,
           {{"code", "UNAVAILABLE"}, {"message", "overloaded"}, {"retryable", true}, {"retryAfterMs", 700}});
  EXPECT_THAT(claw.done, IsEmpty());
  claw.wait(699);
  EXPECT_THAT(claw.frames, SizeIs(1));
  claw.answers = true;
  claw.wait(1000);
  EXPECT_THAT(claw.frames, SizeIs(2));
  EXPECT_EQ(claw.doneOf(1).at(0).state, HKS_HOOK_OK);
}

TEST(GatewayLedger, WaitsForWhatCanBeMendedSaysWhatToMendAndWarnsOnce) {
  for (const auto& [error, mend] : std::map<std::string, std::string>{
           {R"({"code":"FORBIDDEN","message":"missing scope: operator.write","details":{"code":"MISSING_SCOPE"}})",
            "openclaw devices list"},
           {R"({"code":"INVALID_REQUEST","message":"missing scope: operator.write"})", "openclaw devices list"},
           {R"({"code":"INVALID_REQUEST","message":"invalid agent params: unknown agent id \"nobody\""})",
            "gateway.session"},
           {R"({"code":"UNAVAILABLE","message":"Error: cron job agent is unavailable: nobody"})", "gateway.session"}}) {
    Claw claw;
    claw.answers = false;
    claw.start();
    for (std::uint64_t i = 1; i <= 3; ++i) {
      claw.ended(i, "c" + std::to_string(i));
      claw.res(claw.frames.back().body["id"], false, json::parse(error));
    }
    claw.answers = true;
    claw.latency_ms = 100000;  // unless somebody mends it
    claw.wait(14900);
    for (std::uint64_t i = 1; i <= 3; ++i) {
      ASSERT_THAT(claw.doneOf(i), SizeIs(1)) << error;
      EXPECT_EQ(claw.doneOf(i)[0].state, HKS_HOOK_RETRY) << error;
    }
    int warned = 0;
    for (auto& l : claw.logs) warned += l.find(mend) != std::string::npos;
    EXPECT_EQ(warned, 1) << error;
  }
  Claw claw;
  claw.answers = false;
  claw.start();
  claw.ended(1, "c1");
  claw.res(claw.frames.back().body["id"], false, {{"code", "INVALID_REQUEST"}, {"message", "unknown agent id"}});
  claw.wait(14900);
  EXPECT_THAT(claw.doneOf(1).at(0).reason, HasSubstr("name an agent that exists there in gateway.session"));
  claw.cut();  // whoever has mended it has often restarted it
  claw.answers = true;
  claw.wait(2000);
  claw.ended(2, "c1", 2);
  EXPECT_EQ(claw.doneOf(2).at(0).state, HKS_HOOK_OK) << "at once on the next connection";
}

TEST(GatewayLedger, KeepsAtMostThirtyTwoRequestsUnderWay) {
  Claw claw;
  claw.answers = false;
  claw.start();
  for (std::uint64_t i = 1; i <= 100; ++i) claw.ended(i, "c" + std::to_string(i));
  EXPECT_THAT(claw.frames, SizeIs(32));
  claw.res(claw.frames[5].body["id"], true, {{"ok", true}});
  EXPECT_THAT(claw.frames, SizeIs(33));
  claw.answers = true;
  for (int i = 0; i < 33; ++i)
    if (i != 5) claw.res(claw.frames[i].body["id"], true, {{"ok", true}});
  claw.wait(5000);
  EXPECT_THAT(claw.frames, SizeIs(100));
  EXPECT_THAT(claw.done, SizeIs(100));
}

TEST(GatewayLedger, PushesAStartOutForAnEndButNeverTheOtherWayRound) {
  Claw claw;
  claw.accepts = false;
  claw.start();
  for (std::uint64_t i = 1; i <= 500; ++i) claw.begun(i, "s" + std::to_string(i));
  for (std::uint64_t i = 501; i <= 1000; ++i) claw.ended(i, "e" + std::to_string(i));
  EXPECT_THAT(claw.done, IsEmpty());
  claw.begun(1001, "late");
  EXPECT_EQ(claw.doneOf(1001).at(0).state, HKS_HOOK_RETRY) << "no room for one more start";
  claw.ended(1002, "important");
  EXPECT_THAT(claw.doneOf(1002), IsEmpty());
  EXPECT_THAT(claw.doneOf(500), SizeIs(1)) << "the youngest start made room, and its hook was told to come again";
  for (std::uint64_t i = 2000; i < 2600; ++i) claw.ended(i, "more" + std::to_string(i));
  claw.accepts = true;
  claw.wait(120000);
  EXPECT_EQ(claw.told("started"), 0);
  EXPECT_EQ(claw.told("[call] ended"), 1000);
}

TEST(GatewayLedger, AnswersEveryHookBeforeItsDeadlineThroughAnHourWithoutAGateway) {
  Claw claw;
  claw.accepts = false;
  claw.start();
  std::multimap<std::uint64_t, std::pair<int, std::uint32_t>> due;
  for (int i = 0; i < 20; ++i) due.emplace(i * 1000, std::make_pair(i, 1u));
  std::uint64_t hook = 0;
  std::map<std::uint64_t, std::tuple<std::uint64_t, int, std::uint32_t>> open;
  std::size_t seen = 0;
  const auto run = [&](std::uint64_t until) {
    while (claw.player.now() < until) {
      while (!due.empty() && due.begin()->first <= claw.player.now()) {
        const auto [call, attempt] = due.begin()->second;
        due.erase(due.begin());
        open[++hook] = {claw.player.now(), call, attempt};
        claw.ended(hook, "c" + std::to_string(call) + ".", attempt);
      }
      claw.wait(250);
      for (; seen < claw.done.size(); ++seen) {
        const auto& d = claw.done[seen];
        const auto [at, call, attempt] = open.at(d.hook);
        open.erase(d.hook);
        EXPECT_LT(d.at_ms - at, 15000u);
        if (d.state == HKS_HOOK_RETRY)
          due.emplace(d.at_ms + d.after_ms, std::make_pair(call, attempt + 1));
        else
          EXPECT_EQ(d.state, HKS_HOOK_OK);
      }
    }
  };
  run(3600000);
  EXPECT_THAT(claw.frames, IsEmpty());
  claw.accepts = true;
  run(3720000);
  EXPECT_TRUE(due.empty());
  EXPECT_THAT(claw.frames, SizeIs(20));
}

TEST(GatewayLedger, ForgetsAStartNobodyCouldBeToldInTime) {
  Claw claw;
  claw.accepts = false;
  claw.start();
  claw.begun(1, "c1");
  claw.wait(660000);
  claw.begun(2, "c1", 9);
  EXPECT_EQ(claw.doneOf(2).at(0).state, HKS_HOOK_GIVE_UP);
  claw.accepts = true;
  claw.wait(60000);
  EXPECT_THAT(claw.frames, IsEmpty());
}

TEST(GatewayLedger, KeepsWhatTheHostStillAsksForHoweverLongItTakes) {
  Claw claw;
  claw.accepts = false;
  claw.start();
  for (std::uint32_t attempt = 1; attempt <= 12; ++attempt) {
    claw.ended(attempt, "c1", attempt);
    claw.wait(30 * 60000);
  }
  claw.accepts = true;
  claw.wait(40000);
  EXPECT_THAT(claw.frames, SizeIs(1));
}

TEST(GatewayLedger, LetsGoOfWhatTheHostGaveUpLongAgo) {
  Claw claw;
  claw.accepts = false;
  claw.start();
  claw.ended(1, "c1");
  claw.wait(2 * 3600000);
  claw.accepts = true;
  claw.wait(60000);
  EXPECT_THAT(claw.frames, IsEmpty());
  claw.ended(2, "c1", 2);
  claw.wait(1000);
  EXPECT_EQ(claw.doneOf(2).at(0).state, HKS_HOOK_OK) << "but tells it when the host comes back";
}

TEST(GatewayLedger, KeepsTheIdempotencyKeyWhenItSendsAgain) {
  Claw claw;
  claw.answers = false;
  claw.start();
  claw.ended(1, "c1");
  claw.cut();
  claw.wait(2000);
  ASSERT_THAT(claw.frames, SizeIs(2));
  EXPECT_EQ(claw.frames[0].body["params"]["idempotencyKey"], claw.frames[1].body["params"]["idempotencyKey"]);
  EXPECT_NE(claw.frames[0].body["id"], claw.frames[1].body["id"]);
}

TEST(GatewayLedger, RequeuesWhatTheHostCouldNotWrite) {
  Claw claw;
  claw.start();
  claw.player.player().fullAfter(1);  // the deadline's timer, and nothing else
  claw.ended(1, "c1");
  claw.player.player().fullAfter(4096);
  EXPECT_THAT(claw.frames, IsEmpty());
  claw.ended(2, "c2");  // whatever happens next takes it along
  claw.wait(1000);
  EXPECT_EQ(claw.doneOf(1).at(0).state, HKS_HOOK_OK);
  EXPECT_THAT(claw.frames, SizeIs(2));
}

TEST(GatewayLedger, ReadsTheRecordsOfANewerHost) {
  Claw claw;
  claw.player.player().newerHost(128);
  claw.start();
  claw.ended(1, "c1");
  claw.wait(100);
  EXPECT_EQ(claw.doneOf(1).at(0).state, HKS_HOOK_OK);
}

}  // namespace
}  // namespace hookswitch::gateway
