// What happens while people talk: barge-in, the agent's own end, a model that takes over; and reloading, draining.
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <sstream>

#include "tests/system/world.hpp"

using namespace system_test;

namespace {

/// Replace text in the configuration file that the gateway was started with.
void edit(const World& world, const std::string& section, const std::string& from, const std::string& to) {
  const std::string path = world.directory() + "/fakes.ini";
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  std::string all = text.str();
  const std::size_t at = all.find(from, all.find("[" + section + "]"));
  ASSERT_NE(at, std::string::npos);
  all.replace(at, from.size(), to);
  std::ofstream(path) << all;
}

}  // namespace

TEST(Talk, BargeInClearsTheLineAndTellsTheModelWhatWasHeard) {
  WorldOptions options;
  options.settings = {"calls.greeting_shield_ms=0"};
  World world(options);
  world.command("openai/configure", {{"greeting_ms", 8000}});
  world.command("twilio/plan", {{"tone_hz", 300}, {"tone_ms", 600}, {"caller_delay_ms", 1500}});
  const std::string id = world.talking({{"greeting", "Hello, this is a long greeting."}});
  ASSERT_TRUE(until([&] { return world.carrierCall(id)["streams"][0]["clears"].get<int>() >= 1; }))
      << world.carrierCall(id);
  Json truncates;
  ASSERT_TRUE(until([&] {
    truncates = world.state("openai")["sessions"][0]["truncates"];
    return !truncates.empty();
  }));
  const int heard = truncates[0]["audio_end_ms"];
  EXPECT_GT(heard, 300);
  EXPECT_LT(heard, 4000) << "not more than the caller can have heard";
  EXPECT_EQ(world.state("openai")["protocol_errors"].size(), 0u);
}

TEST(Talk, TheAgentEndsTheCallAfterItsGoodbyeWasHeard) {
  World world;
  world.command("openai/queue", {{"turns",
                                  {{{"assistant", "Goodbye."},
                                    {"audio_ms", 1500},
                                    {"tools", {{{"name", "end_call"}, {"arguments", "{\"reason\":\"done\"}"}}}}}}}});
  world.command("twilio/plan", {{"tone_hz", 300}, {"tone_ms", 600}, {"caller_delay_ms", 300}});
  const std::string id = world.talking();
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["ended_by"], "agent") << detail;
  EXPECT_EQ(detail["outcome"], "completed");
  // All 1.5 s of the goodbye were played before the leg was hung up.
  EXPECT_GE(world.carrierCall(id)["streams"][0]["bytes_played"].get<int>(), 1500 * 8 - 320);
  EXPECT_EQ(world.carrierCall(id)["hang_up_requests"], 1);
}

TEST(Talk, WhenAModelDiesTheFallbackTakesOverTheCall) {
  WorldOptions options;
  options.settings = {"calls.voice_fallback=gemini", "calls.voice_retry_s=1"};
  World world(options);
  const std::string id = world.talking();
  ASSERT_TRUE(until([&] { return world.state("openai")["connections"]["open"] == 1; }));
  world.command("openai/refuse_connections", {{"refusing", true}});
  world.command("openai/drop");
  ASSERT_TRUE(until([&] { return world.state("gemini")["connections"]["open"] == 1; }));
  ASSERT_TRUE(until([&] { return world.call(id)["voice"] == "gemini"; }));
  EXPECT_EQ(world.call(id)["status"], "in-progress");
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
}

TEST(Talk, AKeyPressReachesTheModel) {
  World world;
  const std::string id = world.talking();
  ASSERT_TRUE(until([&] {
    const Json c = world.carrierCall(id);
    return !c["streams"].empty() && c["streams"][0]["live"].get<bool>() &&
           world.state("openai")["connections"]["open"] == 1;
  }));
  world.command("twilio/calls/" + id + "/dtmf", {{"digits", "7"}});
  EXPECT_TRUE(until([&] { return world.state("openai")["sessions"][0].dump().find("7") != std::string::npos; }));
  EXPECT_EQ(world.state("openai")["protocol_errors"].size(), 0u);
}

TEST(Reload, TurningANotifierOnTakesEffectForTheNextCall) {
  World world;
  edit(world, "telegram", "enabled = true", "enabled = false");
  world.reload();
  const std::string quiet = world.talking();
  world.post("/api/calls/" + quiet + "/end");
  world.settled(quiet);
  edit(world, "telegram", "enabled = false", "enabled = true");
  world.gateway().signal(SIGHUP);
  ASSERT_TRUE(until([&] {
    const Json plugins = world.get("/api/plugins").json();
    for (auto& p : plugins["plugins"])
      if (p["id"] == "telegram") return p["state"] == "active";
    return false;
  }));
  const std::string loud = world.talking();
  world.post("/api/calls/" + loud + "/end");
  world.settled(loud);
  EXPECT_EQ(world.telegramMessages(quiet), 0);
  EXPECT_EQ(world.telegramMessages(loud), 1);
}

TEST(Reload, ABadFileIsSaidWithItsLineAndChangesNothing) {
  World world;
  edit(world, "telegram", "enabled = true", "enabled = perhaps");
  world.gateway().signal(SIGHUP);
  EXPECT_NE(world.gateway().lineWith("telegram.enabled").find("fakes.ini:"), std::string::npos);
  const std::string id = world.talking();
  world.post("/api/calls/" + id + "/end");
  world.settled(id);
  EXPECT_EQ(world.telegramMessages(id), 1);
}

TEST(Reload, TheTimeOfTheNextDrainIsTheNewOne) {
  World world;
  edit(world, "server", "drain_s = 1", "drain_s = 600");
  world.reload();
  const std::string id = world.talking();
  world.gateway().signal(SIGTERM);
  EXPECT_FALSE(world.gateway().lineWith("may finish within 600 s").empty());
  world.command("twilio/calls/" + id + "/hangup");
  EXPECT_EQ(world.gateway().wait(30000), 0);
  world.startGateway();
  EXPECT_EQ(world.call(id)["ended_by"], "carrier") << "and not the shutdown";
}

TEST(Drain, NewCallsAreRefusedWhileLiveOnesEnd) {
  World world;
  world.command("twilio/plan", {{"callback_missing", {"completed"}}});
  const std::string id = world.talking();
  world.command("twilio/misbehave", {{"on", "update"}, {"delay_ms", 3000}});
  world.gateway().signal(SIGTERM);
  ASSERT_TRUE(until([&] { return world.get("/health").status == 503; }));
  EXPECT_EQ(world.get("/health").json()["status"], "draining");
  const Answer refused = world.post("/api/call", {{"to", "+15550100002"}});
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_FALSE(refused.header("Retry-After").empty());
  EXPECT_EQ(world.gateway().wait(20000), 0);
  EXPECT_EQ(world.telegramMessages(id), 1);
}

TEST(Drain, ALiveCallMayFinishByItselfAndIncomingOnesAreTurnedAway) {
  WorldOptions options;
  options.settings = {"server.drain_s=600"};
  World world(options);
  const std::string id = world.talking();
  EXPECT_EQ(world.post("/api/drain").status, 202);
  const std::string sid = world.command("twilio/incoming", {{"from", "+15550100777"}})["sid"];
  ASSERT_TRUE(until([&] { return world.carrierCall(sid).value("over", false); }));
  EXPECT_EQ(world.carrierCall(sid)["status"], "busy") << world.carrierCall(sid);
  EXPECT_EQ(world.call(id)["status"], "in-progress") << "nobody cuts it";
  EXPECT_FALSE(world.gateway().wait(0)) << "the process waits for it";
  world.command("twilio/calls/" + id + "/hangup");
  EXPECT_EQ(world.gateway().wait(30000), 0);
  EXPECT_EQ(world.telegramMessages(id), 1);
  world.startGateway();
  EXPECT_EQ(world.call(id)["ended_by"], "carrier");
}

TEST(Drain, TheSignalAfterTheApisDrainCutsNoCallAndTheOneAfterThatDoes) {
  WorldOptions options;
  options.settings = {"server.drain_s=600"};
  World world(options);
  const std::string id = world.talking();
  EXPECT_EQ(world.post("/api/drain").status, 202);
  EXPECT_EQ(world.post("/api/drain").status, 202) << "as often as one likes";
  world.gateway().signal(SIGTERM);
  ASSERT_FALSE(world.gateway().lineWith("the drain that is under way goes on").empty());
  EXPECT_EQ(world.call(id)["status"], "in-progress");
  world.gateway().signal(SIGTERM);
  EXPECT_EQ(world.gateway().wait(5000), 0);
  world.startGateway();
  EXPECT_EQ(world.settled(id)["ended_by"], "recovery");
}

TEST(Notifiers, TheJsonRpcDialectHearsOfBeginningAndEnd) {
  WorldOptions options;
  options.fakes = {"--openclaw-dialect", "jsonrpc"};
  World world(options);
  const std::string id = world.talking();
  world.post("/api/calls/" + id + "/end");
  const Json detail = world.settled(id);
  EXPECT_EQ(row(detail, "notify", "gateway").value("state", ""), "done") << detail;
  EXPECT_EQ(world.gatewayEvents("call_started", id), 1);
  EXPECT_EQ(world.gatewayEvents("call_ended", id), 1);
}

TEST(Notifiers, NothingIsLostWhileTheGatewayIsAway) {
  World world;
  world.command("openclaw/refuse_connections", {{"refusing", true}});
  world.command("openclaw/drop");
  const std::string id = world.talking();
  world.post("/api/calls/" + id + "/end");
  ASSERT_TRUE(world.reaches(id, "ended"));
  world.command("openclaw/refuse_connections", {{"refusing", false}});
  const Json detail = world.settled(id);
  EXPECT_EQ(row(detail, "notify", "gateway").value("state", ""), "done") << detail;
  EXPECT_EQ(world.gatewayEvents("ended", id), 1) << world.state("openclaw")["events"];
}

TEST(Notifiers, TelegramsWaitIsObeyed) {
  World world;
  world.command("telegram/fail", {{"how", "429"}, {"retry_after", 1}, {"times", 1}});
  const std::string id = world.talking();
  world.post("/api/calls/" + id + "/end");
  const Json detail = world.settled(id);
  EXPECT_EQ(row(detail, "notify", "telegram").value("state", ""), "done") << detail;
  EXPECT_EQ(world.telegramMessages(id), 1);
}
