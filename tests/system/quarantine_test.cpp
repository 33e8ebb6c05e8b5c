// Plugins that end the process: the others are told, the culprit is named, held back with growing waits, and released.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <sstream>
#include <thread>
#include <utility>

#include "tests/places.hpp"
#include "tests/system/world.hpp"

using namespace system_test;
namespace fs = std::filesystem;

namespace {

std::string museum(const std::string& name) { return std::string(HOOKSWITCH_ABI_PLUGINS) + "/" + name + ".so"; }

WorldOptions killing(const std::string& where, const std::string& how, int first_wait_s) {
  WorldOptions options;
  options.plugins = {museum("kills")};
  options.settings = {"kills.where=" + where, "kills.how=" + how,
                      "plugins.quarantine_s=" + std::to_string(first_wait_s)};
  return options;
}

/// What systemd does: starts it again until it stays, or has died so often. How often it died.
int supervise(World& world, const std::function<bool()>& stays, bool runs = false) {
  int deaths = 0;
  while (deaths < 8) {
    if (!std::exchange(runs, false)) world.launchGateway();
    bool good = false;
    until([&] {
      good = stays();
      return good || !world.gateway().running();
    });
    if (good) return deaths;
    EXPECT_TRUE(world.gateway().wait(30000).has_value());
    ++deaths;
  }
  return deaths;
}

/// By a signal, or by what a sanitizer makes of it.
bool died(World& world) {
  const auto code = world.gateway().wait(60000);
  return code && *code != 0;
}

Json plugin(const World& world, const std::string& id) {
  const Json all = world.get("/api/plugins").json();
  if (all.is_object())
    for (auto& p : all["plugins"])
      if (p["id"] == id) return p;
  return nullptr;
}

bool isQuarantined(const World& world, const std::string& id) {
  const Json p = plugin(world, id);
  return p.is_object() && p["state"] == "quarantined";
}

std::string stepsFile(const World& world) {
  std::ifstream in(world.directory() + "/hookswitch.db.steps");
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string stateOf(const World& world, const std::string& id, const std::string& phase, const std::string& plugin) {
  const Json detail = world.call(id);
  return detail.is_object() ? row(detail, phase, plugin).value("state", "none") : "no answer";
}

}  // namespace

TEST(Quarantine, AHookThatKillsIsHeldBackAfterTwoDeathsAndEverybodyElseIsTold) {
  WorldOptions options = killing("notify", "segv", 600);
  World world(options);
  world.set("kills.cure=" + world.directory() + "/cure");
  world.restartGateway();
  const std::string id = world.talking();
  world.post("/api/calls/" + id + "/end");
  ASSERT_TRUE(died(world));
  // Its second death comes behind what the others have to be told; from then on the gateway stays.
  const int deaths = 1 + supervise(world, [&] { return isQuarantined(world, "kills"); });
  EXPECT_EQ(deaths, 2);
  EXPECT_TRUE(
      until([&] { return world.telegramMessages(id) == 1 && stateOf(world, id, "notify", "gateway") == "done"; }));
  EXPECT_EQ(stateOf(world, id, "notify", "telegram"), "done");
  EXPECT_TRUE(until([&] { return stateOf(world, id, "notify", "kills") == "retrying"; }));
  EXPECT_NE(row(world.call(id), "notify", "kills").value("error", "").find("the plugin kills is quarantined for"),
            std::string::npos)
      << world.call(id);
  const std::string reason = plugin(world, "kills")["reason"];
  EXPECT_NE(reason.find("hook notify"), std::string::npos) << reason;
  EXPECT_NE(reason.find("SIGSEGV"), std::string::npos) << reason;
  EXPECT_NE(reason.find(id), std::string::npos) << reason;
  EXPECT_EQ(world.get("/health").json()["plugins_quarantined"], Json::array({"kills"}));
  EXPECT_FALSE(world.gateway().lineWith("the plugin kills is held back").empty());
  // Other hooks of the same plugin go on, and so do calls.
  const std::string next = world.talking();
  EXPECT_EQ(world.post("/api/calls/" + next + "/end").status, 200);
  EXPECT_EQ(stateOf(world, next, "hangup", "kills"), "done");
  EXPECT_EQ(stateOf(world, next, "notify", "kills"), "pending") << "in line, behind the one that is held back";
  EXPECT_EQ(row(world.call(next), "notify", "kills").value("attempts", -1), 0) << world.call(next);

  EXPECT_EQ(world.post("/api/plugins/nobody/release").status, 404);
  EXPECT_EQ(world.post("/api/plugins/telegram/release").status, 409);
  EXPECT_EQ(world.get("/api/plugins/kills/release").status, 405);
  std::ofstream(world.directory() + "/cure") << "\n";
  EXPECT_EQ(world.post("/api/plugins/kills/release").status, 200);
  EXPECT_TRUE(until([&] {
    return stateOf(world, id, "notify", "kills") == "done" && stateOf(world, next, "notify", "kills") == "done";
  })) << world.call(id);
  EXPECT_EQ(plugin(world, "kills")["state"], "active");
  EXPECT_EQ(world.post("/api/plugins/kills/release").status, 409);
  EXPECT_FALSE(world.get("/health").json().contains("plugins_quarantined"));
  EXPECT_TRUE(until([&] { return stepsFile(world).find("suspect") == std::string::npos; })) << stepsFile(world);
}

TEST(Quarantine, TheWaitsGrowAcrossRestartsAndASuccessClearsThem) {
  World world(killing("notify", "abort", 1));
  world.set("kills.cure=" + world.directory() + "/cure");
  world.restartGateway();
  const std::string id = world.talking();
  world.post("/api/calls/" + id + "/end");
  ASSERT_TRUE(died(world));
  // Held for a second, then for two, for four: when it is held for eight, it has died five times.
  const int deaths = 1 + supervise(world, [&] {
                       const std::string file = stepsFile(world);
                       return file.find("suspect\tkills\thook notify\t5\t") != std::string::npos;
                     });
  EXPECT_EQ(deaths, 5);
  EXPECT_EQ(world.telegramMessages(id), 1);
  std::ofstream(world.directory() + "/cure") << "\n";
  EXPECT_TRUE(until([&] { return stateOf(world, id, "notify", "kills") == "done"; })) << world.call(id);
  EXPECT_TRUE(until([&] { return stepsFile(world).find("suspect") == std::string::npos; })) << stepsFile(world);
}

TEST(Quarantine, ExitAndAStackThatIsUsedUpAreDeathsLikeAnyOther) {
  struct Case {
    const char *how, *word;
  };
  for (const Case& c :
       {Case{"exit", "died by exit"}, Case{"_exit", "died by exit"}, Case{"stack", "died by SIGSEGV"}}) {
    World world(killing("record", c.how, 600));
    const std::string id = world.talking();
    world.post("/api/calls/" + id + "/end");
    ASSERT_TRUE(died(world)) << c.how;
    if (c.word == std::string("died by exit")) {
      EXPECT_EQ(world.gateway().wait(0), 3) << "its supervisor starts it again; 1 would mean that it should not";
    }
    EXPECT_EQ(1 + supervise(world, [&] { return isQuarantined(world, "kills"); }), 2) << c.how;
    EXPECT_NE(plugin(world, "kills")["reason"].get<std::string>().find(c.word), std::string::npos)
        << plugin(world, "kills");
    // This phase happens once: the call goes on without it.
    EXPECT_TRUE(world.reaches(id, "ended"));
    EXPECT_TRUE(until([&] { return world.telegramMessages(id) == 1; }));
  }
}

TEST(Quarantine, AStepThatNeverReturnsIsNamedBeforeTheProcessIsEnded) {
  World world(killing("notify", "hang", 600));
  world.set("plugins.step_limit_s=2");
  world.restartGateway();
  const std::string id = world.talking();
  world.post("/api/calls/" + id + "/end");
  ASSERT_EQ(world.gateway().wait(30000), 3) << "its supervisor starts it again; 1 would mean that it should not";
  const std::string line = world.gateway().lineWith("has not come back for 2 s");
  EXPECT_NE(line.find("the plugin kills in the hook notify of the call " + id), std::string::npos) << line;
  EXPECT_EQ(1 + supervise(world, [&] { return isQuarantined(world, "kills"); }), 2);
  EXPECT_NE(plugin(world, "kills")["reason"].get<std::string>().find("died by watchdog in the hook notify"),
            std::string::npos);
  EXPECT_TRUE(until([&] { return world.telegramMessages(id) == 1; }));
}

TEST(Quarantine, WhoIsKilledFromOutsideDuringAStepBlamesNobody) {
  World world(killing("notify", "hang", 600));
  world.set("plugins.step_limit_s=600");
  world.restartGateway();
  const std::string id = world.talking();
  std::future<void> asked;  // waits for its thread, which hears nothing once the gateway is gone
  for (int number : {SIGKILL, SIGSEGV, SIGABRT}) {
    // The first time by the end of the call, then by the hook that waits for the next start.
    if (number == SIGKILL)
      asked = std::async(std::launch::async, [&] { world.post("/api/calls/" + id + "/end"); });
    else
      world.launchGateway();
    ASSERT_FALSE(world.gateway().lineWith("hook notify to kills").empty());
    ASSERT_TRUE(until([&] { return world.gateway().status("Threads") > 0; }));
    world.gateway().signal(number);
    ASSERT_TRUE(died(world));
    const std::string file = stepsFile(world);
    EXPECT_EQ(file.find("death"), std::string::npos) << file;
    EXPECT_EQ(file.find("suspect"), std::string::npos) << file;
  }
}

TEST(Quarantine, OneThatDiesAtItsStartIsOpenedBehindAllOthersAndThenHeldBack) {
  WorldOptions options = killing("start", "segv", 600);
  options.start = false;
  World world(options);
  world.set("kills.cure=" + world.directory() + "/cure");
  EXPECT_EQ(supervise(world,
                      [&] {
                        return isQuarantined(world, "kills") &&
                               world.get("/health").json().contains("plugins_quarantined") &&
                               stepsFile(world).find("suspect\tkills\tsession\t2\t") != std::string::npos;
                      }),
            2);
  EXPECT_NE(plugin(world, "kills")["reason"].get<std::string>().find("in START"), std::string::npos)
      << plugin(world, "kills");
  const std::string id = world.talking();
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  EXPECT_TRUE(until([&] { return world.telegramMessages(id) == 1; }));
  std::ofstream(world.directory() + "/cure") << "\n";
  EXPECT_EQ(world.post("/api/plugins/kills/release").status, 200);
  EXPECT_EQ(plugin(world, "kills")["state"], "active");
  EXPECT_EQ(world.get("/kills").body, "alive");
}

TEST(Quarantine, ARequestThatKillsIsRefusedAndTheOtherRoutesServe) {
  WorldOptions options = killing("request", "segv", 600);
  World world(options);
  for (int i = 0; i < 2; ++i) {
    if (i) world.startGateway();
    EXPECT_LE(http("GET", world.url("/kills")).status, 0);
    ASSERT_TRUE(died(world));
  }
  world.startGateway();
  const Answer refused = world.get("/kills");
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.body.find("in HTTP_REQUEST for /kills"), std::string::npos) << refused.body;
  EXPECT_EQ(world.get("/kills/fine").body, "alive");
}

TEST(Quarantine, ATimerThatKillsHoldsTheSessionBack) {
  World world(killing("timer", "segv", 600));
  EXPECT_EQ(
      supervise(
          world,
          [&] { return isQuarantined(world, "kills") && stepsFile(world).find("session\t2\t") != std::string::npos; },
          true),
      2);
  EXPECT_EQ(world.get("/kills").status, 404) << "nobody serves for it meanwhile";
  // What it hooked before it died waits for it.
  const std::string id = world.talking();
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  EXPECT_TRUE(until([&] { return stateOf(world, id, "notify", "kills") == "retrying"; })) << world.call(id);
}

TEST(Quarantine, AVoiceThatKillsTakesNoCallsUntilItIsReleased) {
  WorldOptions options;
  options.plugins = {museum("voice_kills")};
  options.settings = {"plugins.quarantine_s=600"};
  options.voice = "voice_kills";
  World world(options);
  for (int i = 0; i < 2; ++i) {
    if (i) world.startGateway();
    const std::string id = world.answered();
    ASSERT_TRUE(until([&] {
      const Json leg = world.carrierCall(id);
      return leg.contains("streams") && !leg["streams"].empty() && leg["streams"][0].value("live", false);
    }));
    world.command("twilio/calls/" + id + "/say", {{"tone_hz", 440}});
    ASSERT_TRUE(died(world));
  }
  world.startGateway();
  const Answer refused = world.post("/api/call", {{"to", "+15550100002"}});
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.body.find("the plugin voice_kills is quarantined"), std::string::npos) << refused.body;
  EXPECT_NE(refused.body.find("in AUDIO as voice"), std::string::npos) << refused.body;
  EXPECT_TRUE(isQuarantined(world, "voice_kills"));
  EXPECT_EQ(world.post("/api/call", {{"to", "+15550100002"}, {"voice", "openai"}}).status, 201);
  EXPECT_EQ(world.post("/api/plugins/voice_kills/release").status, 200);
  EXPECT_FALSE(isQuarantined(world, "voice_kills"));
}

TEST(Quarantine, AFileThatKillsWhileItIsLoadedIsLeftOut) {
  WorldOptions options;
  options.plugins = {museum("kills_load")};
  options.settings = {"plugins.quarantine_s=600"};
  options.environment = {"HOOKSWITCH_KILLS_LOAD=1"};
  options.start = false;
  World world(options);
  EXPECT_EQ(supervise(world,
                      [&] {
                        return isQuarantined(world, "kills_load") &&
                               stepsFile(world).find("kills_load.so\tload\t2\t") != std::string::npos;
                      }),
            2);
  const std::string id = world.talking();
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
}
