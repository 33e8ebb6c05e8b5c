// Plugins that misbehave in a hook: the call ends on time, everybody else's hooks are done, the table names the
// culprit.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "tests/places.hpp"
#include "tests/system/world.hpp"

using namespace system_test;

namespace {

Json endWith(const std::string& plugin, long long& took_ms) {
  WorldOptions options;
  options.plugins = {std::string(HOOKSWITCH_ABI_PLUGINS) + "/" + plugin + ".so"};
  World world(options);
  const std::string id = world.talking();
  const long long begin = nowMs();
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  took_ms = nowMs() - begin;
  EXPECT_TRUE(world.liveCalls().empty());
  EXPECT_TRUE(until([&] { return world.telegramMessages(id) == 1; }));
  Json detail;
  // The culprit's own notification is tried again for three days: nobody waits for that.
  EXPECT_TRUE(until([&] {
    detail = world.call(id);
    return row(detail, "notify", "telegram").value("state", "") == "done" &&
           row(detail, "notify", "gateway").value("state", "") == "done" &&
           row(detail, "notify", plugin).value("state", "") == "retrying";
  })) << detail["teardown"];
  EXPECT_EQ(row(detail, "hangup", "twilio").value("state", ""), "done") << detail["teardown"];
  EXPECT_EQ(row(detail, "notify", "telegram").value("state", ""), "done") << detail["teardown"];
  EXPECT_EQ(row(detail, "notify", "gateway").value("state", ""), "done") << detail["teardown"];
  return detail;
}

/// How it fared where it could have held the others up.
std::string stateOf(const Json& detail, const std::string& plugin) {
  return row(detail, "hangup", plugin).value("state", "none");
}

}  // namespace

TEST(Culprits, AHookThatNeverAnswersIsTimedOut) {
  long long took = 0;
  const Json detail = endWith("hook_silent", took);
  EXPECT_EQ(stateOf(detail, "hook_silent"), "timed-out") << detail["teardown"];
  EXPECT_LT(took, 25000) << "the sum of the phases' bounds";
}

TEST(Culprits, AHookThatThrowsIsAFault) {
  long long took = 0;
  const Json detail = endWith("hook_throws", took);
  EXPECT_EQ(stateOf(detail, "hook_throws"), "fault") << detail["teardown"];
}

TEST(Culprits, AHookThatAnswersLateHoldsNobodyUp) {
  long long took = 0;
  const Json detail = endWith("hook_late", took);
  EXPECT_EQ(stateOf(detail, "hook_late"), "timed-out") << detail["teardown"];
  EXPECT_LT(took, 3000) << "its answer takes 3 s, its deadline is 300 ms";
}

TEST(Culprits, AHookThatHoldsTheControlThreadDoesNotKeepTheProcessAlive) {
  WorldOptions options;
  options.plugins = {std::string(HOOKSWITCH_ABI_PLUGINS) + "/hook_blocks.so"};
  World world(options);
  const std::string id = world.talking();
  auto asked = std::async(std::launch::async, [&] { world.post("/api/calls/" + id + "/end"); });
  ASSERT_FALSE(world.gateway().lineWith("hook hangup to hook_blocks").empty());
  // The first signal drains, the second one ends; signals that nobody has taken yet are one.
  EXPECT_TRUE(until(
      [&] {
        world.gateway().signal(SIGTERM);
        return world.gateway().wait(100).has_value();
      },
      15000))
      << "it blocks for 20 s";
  EXPECT_EQ(world.gateway().wait(30000), 0);
  std::filesystem::remove(world.directory() + "/plugins/hook_blocks.so");
  world.startGateway();
  EXPECT_TRUE(world.reaches(id, "ended"));
  EXPECT_EQ(world.call(id)["ended_by"], "api");
  EXPECT_TRUE(until([&] { return world.carrierCall(id).value("over", false); }));
}

/// The value of a key in the section of a configuration that the stand-ins wrote.
static std::string valueIn(const std::string& file, const std::string& section, const std::string& key) {
  std::ifstream ini(file);
  std::string line, now;
  while (std::getline(ini, line)) {
    if (!line.empty() && line[0] == '[') now = line;
    if (now == "[" + section + "]" && line.compare(0, key.size() + 3, key + " = ") == 0)
      return line.substr(key.size() + 3);
  }
  return {};
}

// No plugin's fault by the letter: the host itself fails on a media loop.
TEST(Culprits, WhatTheHostCannotDoOnAMediaLoopEndsThatCallByFaultAndNoOther) {
  WorldOptions options;
  options.plugins = {std::string(HOOKSWITCH_ABI_PLUGINS) + "/voice_breaks_host.so"};
  options.settings = {"media.loops=2"};
  options.start = false;
  World world(options);
  const std::string ini = world.directory() + "/fakes.ini";
  world.startGateway({"BREAKS_HOST_URL=" + valueIn(ini, "openai", "url") + "?model=gpt-realtime",
                      "BREAKS_HOST_KEY=" + valueIn(ini, "openai", "api_key")});
  const std::string good = world.talking();
  const std::string bad = world.place({{"voice", "voice_breaks_host"}});
  const Json ended = world.settled(bad);
  EXPECT_EQ(ended.value("ended_by", ""), "fault") << ended;
  EXPECT_EQ(ended.value("reason", ""), "an internal error of the gateway") << ended;
  EXPECT_EQ(world.liveCalls(), std::vector<std::string>{good});
  EXPECT_EQ(world.post("/api/calls/" + good + "/end").status, 200);
  EXPECT_EQ(world.settled(good).value("ended_by", ""), "api");
}
