// Notifications that wait: an outage of their receiver, restarts in the middle of it, and what a person has to mend.
#include <signal.h>

#include "tests/system/faults.hpp"

using namespace system_test;

namespace {

/// The calls of which Telegram has accepted a message, in the order in which it did.
std::vector<std::string> told(const World& world) {
  std::vector<std::string> calls;
  const Json state = world.state("telegram");
  for (auto& message : state["messages"]) {
    const std::string text = message["text"];
    const std::size_t at = text.rfind("Call ");
    if (at != std::string::npos) calls.push_back(text.substr(at + 5, 36));
  }
  return calls;
}

std::vector<std::string> endMany(World& world, int n) {
  std::vector<std::string> calls;
  for (int i = 0; i < n; ++i) {
    calls.push_back(world.place());
    world.post("/api/calls/" + calls.back() + "/end");
  }
  return calls;
}

std::vector<std::string> quiet() {
  return {"gateway.enabled=false", "calls.connect_timeout_s=600", "telegram.transcript=false", "log.level=information"};
}

}  // namespace

class Backlog : public Faults {};

TEST_F(Backlog, OfAnOutageArrivesInOrderAndOnceAlsoAcrossAKill) {
  World world(options(quiet()));
  world.command("twilio/plan", {{"media_never", true}, {"queue_ms", 0}, {"ring_ms", 0}, {"answer_ms", 0}});
  world.command("telegram/refuse_connections", {{"refusing", true}});
  const int before = 60, after = 20;
  auto calls = endMany(world, before);
  ASSERT_TRUE(until([&] {
    return gauges(world)["hookswitch_hooks_pending"] >= before && gauges(world)["hookswitch_store_backlog"] == 0;
  })) << world.get("/api/metrics").body;
  world.restartGateway();
  const auto more = endMany(world, after);
  calls.insert(calls.end(), more.begin(), more.end());
  world.command("telegram/refuse_connections", {{"refusing", false}});
  ASSERT_TRUE(pass(world, [&] { return told(world).size() >= calls.size(); }))
      << told(world).size() << " of " << calls.size() << "\n"
      << world.get("/api/hooks").body;
  EXPECT_EQ(told(world), calls);
  EXPECT_TRUE(until([&] { return gauges(world)["hookswitch_hooks_pending"] == 0; }));
  EXPECT_EQ(gauges(world)["hookswitch_hooks_dead"], 0);
}

TEST_F(Backlog, ThatAPersonMendsIsToldWhatToMendAndTriedAgainWhenTheSectionChanges) {
  World world(options(quiet()));
  world.command("twilio/plan", {{"media_never", true}, {"queue_ms", 0}, {"ring_ms", 0}, {"answer_ms", 0}});
  world.command("telegram/fail", {{"how", "400"},
                                  {"description", "Bad Request: not enough rights to send text messages to the chat"},
                                  {"times", -1}});
  const auto calls = endMany(world, 5);
  ASSERT_TRUE(until([&] { return world.get("/health").body.find("hooks_to_mend") != std::string::npos; }))
      << world.get("/health").body;
  const Json health = world.get("/health").json();
  EXPECT_EQ(health["status"], "healthy");
  EXPECT_EQ(health["hooks_to_mend"][0]["plugin"], "telegram") << health;
  EXPECT_NE(health["hooks_to_mend"][0]["mend"].get<std::string>().find("give the bot the right to send messages"),
            std::string::npos)
      << health;
  Json hooks;  // for a moment those of the other receivers are among them
  EXPECT_TRUE(until([&] {
    hooks = world.get("/api/hooks?state=pending").json();
    return hooks["count"] == 5;
  })) << hooks;
  EXPECT_EQ(hooks["waiting"][0]["plugin"], "telegram") << hooks;
  EXPECT_EQ(world.get("/api/hooks?state=dead").json()["count"], 0);
  world.command("telegram/reset");
  world.configure("\n[telegram]\ntime_zone = UTC\n");
  world.reload();
  ASSERT_TRUE(until([&] { return told(world).size() >= 5; })) << world.get("/api/hooks").body;
  EXPECT_EQ(told(world), calls);
  EXPECT_TRUE(until([&] { return world.get("/health").body.find("hooks_to_mend") == std::string::npos; }));
}

TEST_F(Backlog, IsRetriedAndDiscardedInBulk) {
  World world(options(quiet()));
  world.command("twilio/plan", {{"media_never", true}, {"queue_ms", 0}, {"ring_ms", 0}, {"answer_ms", 0}});
  world.command("telegram/fail", {{"how", "too_long"}, {"times", 3}});
  auto calls = endMany(world, 3);
  ASSERT_TRUE(until([&] { return world.get("/api/hooks?state=dead").json()["count"] == 3; }))
      << world.get("/api/hooks").body;
  EXPECT_EQ(world.post("/api/hooks/retry?state=alive").status, 400);
  EXPECT_EQ(world.post("/api/hooks/retry?which=all").status, 400);
  EXPECT_EQ(world.get("/api/hooks/retry").status, 405);
  EXPECT_EQ(world.post("/api/hooks/retry?plugin=gateway&state=dead").json(), Json({{"success", true}, {"hooks", 0}}));
  EXPECT_EQ(world.post("/api/hooks/retry?plugin=telegram&state=dead").json(), Json({{"success", true}, {"hooks", 3}}));
  ASSERT_TRUE(until([&] { return told(world).size() == 3; })) << world.get("/api/hooks").body;
  EXPECT_EQ(told(world), calls);
  world.command("telegram/refuse_connections", {{"refusing", true}});
  calls = endMany(world, 4);
  ASSERT_TRUE(until([&] { return world.get("/api/hooks?state=pending").body.find("retrying") != std::string::npos; }));
  ASSERT_TRUE(until([&] {
    const Answer answer = world.post("/api/hooks/discard?plugin=telegram&state=pending");
    return answer.status == 200 && world.get("/api/hooks?state=pending").json()["count"] == 0;
  })) << world.get("/api/hooks").body;
  EXPECT_TRUE(until([&] { return gauges(world)["hookswitch_hooks_pending"] == 0; }));
}

TEST_F(Backlog, DoesNotHoldUpTheEndOfTheGatewayWhichSaysWhatItWaitsFor) {
  auto settings = quiet();
  settings.push_back("server.drain_s=30");
  World world(options(settings));
  world.command("twilio/plan", {{"media_never", true}, {"queue_ms", 0}, {"ring_ms", 0}, {"answer_ms", 0}});
  world.command("telegram/configure", {{"delay_ms", 3000}});
  const auto calls = endMany(world, 40);
  world.gateway().signal(SIGTERM);
  EXPECT_EQ(world.gateway().wait(25000).value_or(-1), 0) << "far less than what 40 messages take";
  const std::string log = world.gateway().output();
  EXPECT_NE(log.find(" notifications of telegram"), std::string::npos) << log;
  EXPECT_NE(log.find("of telegram wait in the store; the next start takes them up"), std::string::npos) << log;
  world.command("telegram/configure", {{"delay_ms", 0}});
  world.startGateway();
  ASSERT_TRUE(pass(world, [&] { return gauges(world)["hookswitch_hooks_pending"] == 0; }))
      << world.get("/api/hooks").body;
  std::vector<std::string> once;
  for (auto& call : told(world))
    if (once.empty() || once.back() != call) once.push_back(call);  // the one that was under way may come twice
  EXPECT_EQ(once, calls);
}

TEST_F(Backlog, KeepsThePaceThatTelegramEnforces) {
  World world(options(quiet()));
  world.command("twilio/plan", {{"media_never", true}, {"queue_ms", 0}, {"ring_ms", 0}, {"answer_ms", 0}});
  world.command("telegram/configure", {{"pace", true}});
  const auto calls = endMany(world, 12);
  ASSERT_TRUE(until([&] { return told(world).size() >= 12; })) << world.get("/api/hooks").body;
  EXPECT_EQ(told(world), calls);
  EXPECT_LE(world.state("telegram")["too_fast"].get<int>(), 2) << "its pace is kept, not found out";
}
