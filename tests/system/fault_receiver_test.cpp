// Faults of everybody else: receivers, models, plugins, clocks.
#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/places.hpp"
#include "tests/system/faults.hpp"

using namespace system_test;

TEST_F(Faults, TelegramIsDownForTheWholeCallAndAnHour) {
  World world(options());
  world.command("telegram/refuse_connections", {{"refusing", true}});
  const std::string id = world.talking();
  end(world, id);
  expectAllOver(world, {id});
  ASSERT_TRUE(until([&] { return row(world.call(id), "notify", "gateway").value("state", "") == "done"; }));
  for (int minute = 0; minute < 60; minute += 6) {
    const int before = row(world.call(id), "notify", "telegram").value("attempts", 0);
    world.moveClocks(300'000, 300'000);
    EXPECT_TRUE(pass(world, [&] { return row(world.call(id), "notify", "telegram").value("attempts", 0) > before; }))
        << "minute " << minute;
  }
  Json waiting;  // for a moment those of the other receivers are among them
  EXPECT_TRUE(until([&] {
    waiting = world.get("/api/hooks?state=pending").json();
    return waiting["count"] == 1;
  })) << waiting;
  EXPECT_EQ(waiting["hooks"][0]["id"], id + ":notify:telegram") << waiting;
  world.command("telegram/refuse_connections", {{"refusing", false}});
  world.moveClocks(300'000, 300'000);
  EXPECT_TRUE(pass(world, [&] { return row(world.call(id), "notify", "telegram").value("state", "") == "done"; }))
      << world.call(id);
  expectOver(world, id);
}

TEST_F(Faults, TelegramsAnswerIsLost) {
  World world(options());
  world.command("telegram/fail", {{"how", "drop_after"}, {"times", 1}});
  const std::string id = world.talking();
  end(world, id);
  expectOver(world, id, 1);
}

TEST_F(Faults, TelegramAnswers429) {
  World world(options());
  world.command("telegram/fail", {{"how", "429"}, {"retry_after", 1}, {"times", 1}});
  const std::string id = world.talking();
  end(world, id);
  expectOver(world, id);
}

TEST_F(Faults, TelegramIsDownWhileTheGatewayIsRestarted) {
  World world(options());
  world.command("telegram/refuse_connections", {{"refusing", true}});
  const std::string id = world.talking();
  end(world, id);
  ASSERT_TRUE(until([&] { return row(world.call(id), "notify", "telegram").value("state", "") == "retrying"; }))
      << world.call(id);
  ASSERT_TRUE(until([&] { return row(world.call(id), "notify", "gateway").value("state", "") == "done"; }));
  ASSERT_TRUE(until([&] { return gauge(world, "hookswitch_store_backlog") == 0; }))
      << "what is not written yet would be told again";
  world.restartGateway();
  world.command("telegram/refuse_connections", {{"refusing", false}});
  world.moveClocks(300'000, 300'000);
  EXPECT_TRUE(pass(world, [&] { return row(world.call(id), "notify", "telegram").value("state", "") == "done"; }))
      << world.call(id);
  expectOver(world, id);
}

TEST_F(Faults, ADeadNotificationIsTriedAgainByTheApi) {
  World world(options());
  world.command("telegram/refuse_connections", {{"refusing", true}});
  const std::string id = world.talking();
  end(world, id);
  ASSERT_TRUE(until([&] { return row(world.call(id), "notify", "gateway").value("state", "") == "done"; }));
  for (int hours = 0; hours < 80; hours += 8) {
    const int before = row(world.call(id), "notify", "telegram").value("attempts", 0);
    world.moveClocks(8 * 3'600'000, 8 * 3'600'000);
    pass(world, [&] {
      const Json r = row(world.call(id), "notify", "telegram");
      return r.value("state", "") == "dead" || r.value("attempts", 0) > before;
    });
  }
  ASSERT_TRUE(until([&] { return row(world.call(id), "notify", "telegram").value("state", "") == "dead"; }))
      << world.call(id);
  ASSERT_TRUE(until([&] { return world.get("/api/hooks?state=dead").json()["count"] == 1; }));
  world.command("telegram/refuse_connections", {{"refusing", false}});
  EXPECT_EQ(world.post("/api/hooks/" + id + ":notify:telegram/retry").status, 200);
  world.moveClocks(300'000, 300'000);
  EXPECT_TRUE(pass(world, [&] { return row(world.call(id), "notify", "telegram").value("state", "") == "done"; }))
      << world.call(id);
  expectOver(world, id);
}

TEST_F(Faults, TheAssistantsGatewayRestartsDuringTheEnd) {
  World world(options());
  const std::string id = world.talking();
  world.command("openclaw/restart", {{"down_ms", 1500}, {"restart_expected_ms", 1000}});
  end(world, id);
  expectOver(world, id, 1);
}

TEST_F(Faults, TheModelDiesForGood) {
  WorldOptions o = options();
  o.settings.push_back("calls.voice_retry_s=1");
  World world(o);
  const std::string id = world.talking();
  world.command("openai/configure", {{"upgrade_status", 503}});
  world.command("openai/drop");
  ASSERT_TRUE(world.reaches(id, "ended"));
  EXPECT_EQ(expectOver(world, id)["ended_by"], "fault");
}

TEST_F(Faults, TheModelCannotBeReached) {
  World world(options());
  world.command("openai/refuse_connections", {{"refusing", true}});
  const std::string id = world.place();
  ASSERT_TRUE(world.reaches(id, "ended"));
  EXPECT_EQ(expectOver(world, id)["ended_by"], "fault");
}

TEST_F(Faults, APluginHangsInEveryHook) {
  WorldOptions o = options();
  o.plugins = {std::string(HOOKSWITCH_ABI_PLUGINS) + "/hook_silent.so"};
  World world(o);
  const std::string id = world.talking();
  end(world, id);
  expectAllOver(world, {id});
  ASSERT_TRUE(until([&] { return world.telegramMessages(id) == 1 && world.toldOfEnd(id) == 1; }));
  const Json detail = world.call(id);
  EXPECT_EQ(row(detail, "disconnect", "hook_silent").value("state", ""), "timed-out") << detail;
  // Its notification is tried again and again, which is nobody else's concern.
  EXPECT_EQ(row(detail, "notify", "witness").value("state", ""), "done") << detail;
  expectToldOnce(world, id);
}

TEST_F(Faults, TheWallClockIsSetBackAndForth) {
  World world(options());
  const std::string id = world.talking();
  world.moveClocks(0, -3'600'000);
  const std::string other = world.talking();
  world.moveClocks(0, 2 * 3'600'000);
  EXPECT_EQ(world.liveCalls().size(), 2u) << "a clock that is set ends nobody's call";
  for (auto& live : {id, other})
    EXPECT_LT(world.call(live)["duration_s"].get<double>(), 600) << "nor is a live one longer for it";
  world.command("twilio/calls/" + id + "/hangup");
  ASSERT_TRUE(world.reaches(id, "ended"));
  world.moveClocks(0, -2 * 3'600'000);
  end(world, other);
  const Json first = expectOver(world, id), second = expectOver(world, other);
  EXPECT_EQ(first["ended_by"], "carrier") << "no limit was reached";
  EXPECT_LT(first["duration_s"].get<double>(), 600) << "no call was longer or shorter for it";
  EXPECT_GT(second["duration_s"].get<double>(), 0);
  const std::string third = world.talking();
  world.killGateway();
  world.moveClocks(0, -3'600'000);
  world.startGateway();
  const Json cut = expectOver(world, third);
  EXPECT_LT(cut["duration_s"].get<double>(), 600) << "nor one that a restart cut";
  EXPECT_LE(cut["started_at"], cut["answered_at"]);
  EXPECT_LE(cut["answered_at"], cut["ended_at"]);
  EXPECT_EQ(world.get("/api/calls?state=ended").json()["count"], 3);
}

TEST_F(Faults, AReceiverIsAwayForManyCallsAndTheStoreAloneKeepsThem) {
  const int many = 1200;  // more than what is kept of ended calls in any case
  World world(options({"telegram.enabled=false", "gateway.enabled=false", "calls.connect_timeout_s=600",
                       "calls.max_concurrent=2000", "log.level=information"}));
  const std::string file = world.directory() + "/deliveries";
  std::filesystem::create_directory(file);  // where nothing can be written
  world.command("twilio/plan", {{"media_never", true}, {"queue_ms", 0}, {"ring_ms", 0}, {"answer_ms", 0}});
  std::atomic<int> next{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < 8; ++c)
    clients.emplace_back([&] {
      while (next++ < many) world.place();
    });
  for (auto& client : clients) client.join();
  world.post("/api/calls/end");
  ASSERT_TRUE(pass(world, [&] { return gauge(world, "hookswitch_calls_parked") >= many - 1000; }))
      << world.get("/api/metrics").body;
  EXPECT_GE(gauge(world, "hookswitch_hooks_pending"), many);
  world.restartGateway();
  std::filesystem::remove(file);
  ASSERT_TRUE(pass(world, [&] { return gauge(world, "hookswitch_hooks_pending") == 0; }))
      << world.get("/api/metrics").body;
  EXPECT_EQ(gauge(world, "hookswitch_calls_parked"), 0);
  std::map<std::string, int> told;
  for (auto& d : world.deliveries("")) ++told[d.event_id];
  int notified = 0;
  for (auto& [event, times] : told) {
    EXPECT_EQ(times, 1) << event;
    notified += event.find(":notify:") != std::string::npos;
  }
  EXPECT_EQ(notified, many);
}

TEST_F(Faults, AnHourPassesInOneMoment) {
  World world(options({"calls.max_duration_s=1800"}));
  const std::string id = world.talking();
  world.moveClocks(3'600'000, 3'600'000);  // a suspended machine
  ASSERT_TRUE(world.reaches(id, "ended"));
  EXPECT_EQ(expectOver(world, id)["ended_by"], "limit");
}
