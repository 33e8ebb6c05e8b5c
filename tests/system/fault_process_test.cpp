// The gateway itself restarts, or its store is in trouble.
#include <signal.h>
#include <sqlite3.h>

#include <fstream>
#include <future>

#include "tests/system/faults.hpp"

using namespace system_test;

namespace {

/// Holds the database's write lock from outside while it lives.
class WriteLock {
 public:
  explicit WriteLock(const std::string& file) {
    EXPECT_EQ(sqlite3_open(file.c_str(), &db_), SQLITE_OK);
    sqlite3_busy_timeout(db_, 10000);
    EXPECT_EQ(sqlite3_exec(db_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db_);
  }
  ~WriteLock() {
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    sqlite3_close(db_);
  }

 private:
  sqlite3* db_ = nullptr;
};

void firstSignal(World& world) {
  world.gateway().signal(SIGTERM);
  EXPECT_TRUE(until([&] { return world.get("/health").status == 503; })) << "the drain has begun";
}

/// The process ends now, whatever is under way.
void secondSignal(World& world) {
  world.gateway().signal(SIGTERM);
  EXPECT_EQ(world.gateway().wait(60000), 0);
  EXPECT_NE(world.gateway().output().find("a second signal: ending at once"), std::string::npos);
}

}  // namespace

TEST_F(Faults, TheGatewayIsKilledInTheMiddleOfACall) {
  World world(options());
  holdLegs(world);
  const std::string id = world.talking();
  world.restartGateway();
  EXPECT_EQ(expectOver(world, id)["ended_by"], "recovery");
}

TEST_F(Faults, TheGatewayIsKilledAndTheCarrierIsAwayWhenItComesBack) {
  World world(options());
  holdLegs(world);
  const std::string id = world.talking();
  world.killGateway();
  world.command("twilio/refuse");
  world.startGateway();
  EXPECT_TRUE(until([&] { return gauge(world, "hookswitch_legs_unconfirmed") == 1; }))
      << world.get("/api/metrics").body;
  world.command("twilio/refuse", {{"on", false}});
  expectOver(world, id);
}

TEST_F(Faults, TheGatewayIsKilledWithTwentyCallsUnderWay) {
  World world(options({"calls.connect_timeout_s=600", "telegram.enabled=false"}));
  world.command("twilio/plan", {{"media_never", true}});
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(world.answered());
  world.restartGateway();
  expectAllOver(world, ids);
  for (auto& id : ids) {
    const Json detail = world.settled(id);
    EXPECT_EQ(detail["ended_by"], "recovery") << detail;
    EXPECT_EQ(world.toldOfEnd(id), 1);
  }
}

TEST_F(Faults, TheFirstRequestsAfterARestartFindTheCallsAndKeysOfTheLastRun) {
  World world(options({"calls.connect_timeout_s=600"}));
  world.command("twilio/plan", {{"media_never", true}});
  const auto placeAgain = [&] {
    return http("POST", world.url("/api/call"), R"({"to":"+15550100002"})", {{"Idempotency-Key", "once"}});
  };
  const std::string id = placeAgain().json()["call_id"];
  ASSERT_TRUE(world.reaches(id, "in-progress"));
  world.killGateway();
  world.command("twilio/misbehave",
                {{"on", "fetch"}, {"delay_ms", 2000}});  // the end takes a while, so everybody joins it
  world.launchGateway({"HOOKSWITCH_PAUSE=start.listens"});
  // Clients that try again until somebody answers, so they are there as soon as the port is.
  const auto first = [](auto request) {
    return std::async(std::launch::async, [request] {
      Answer answer;
      until([&] { return (answer = request()).status != 0; });
      return answer;
    });
  };
  auto end = first([&] { return world.post("/api/calls/" + id + "/end"); });
  auto place = first(placeAgain);
  EXPECT_EQ(end.get().status, 200);
  const Answer placed = place.get();
  EXPECT_EQ(placed.status, 201) << placed.body;
  EXPECT_EQ(placed.json()["call_id"], id);
  EXPECT_EQ(asked(world, "create"), 1);
  world.command("twilio/behave");
  EXPECT_EQ(expectOver(world, id)["ended_by"], "recovery");
}

TEST_F(Faults, ACallThatTheStoreDoesNotKnowIsEndedByItsMark) {
  World world(options({"calls.connect_timeout_s=600"}));
  world.command("twilio/plan", {{"media_never", true}});
  const std::string id = world.answered();
  world.killGateway();
  for (const char* tail : {"", "-wal", "-shm"}) ::unlink((world.directory() + "/hookswitch.db" + tail).c_str());
  world.startGateway();
  EXPECT_TRUE(until([&] { return world.state("twilio")["live_calls"] == 0; }, end_bound_ms + 10000))
      << world.carrierCall(id);
  EXPECT_EQ(expectOver(world, id)["ended_by"], "recovery");
}

TEST_F(Faults, TheCarrierCannotListItsLegsUntilTenMinutesAfterTheStart) {
  World world(options({"calls.connect_timeout_s=600"}));
  world.command("twilio/plan", {{"media_never", true}, {"callback_missing", {"completed"}}});
  const std::string id = world.answered();
  world.killGateway();
  for (const char* tail : {"", "-wal", "-shm"}) ::unlink((world.directory() + "/hookswitch.db" + tail).c_str());
  world.command("twilio/misbehave", {{"on", "list"}, {"status", 503}, {"times", 14}});
  world.startGateway();
  EXPECT_TRUE(pass(world, [&] { return world.state("twilio")["live_calls"] == 0; })) << world.carrierCall(id);
  EXPECT_EQ(expectOver(world, id)["ended_by"], "recovery");
}

TEST_F(Faults, ADeployInTheMiddleOfCallsEndsThemProperly) {
  World world(options({"server.drain_s=1"}));
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(world.talking());
  world.gateway().signal(SIGTERM);
  ASSERT_EQ(world.gateway().wait(60000), 0);
  EXPECT_EQ(world.state("twilio")["live_calls"], 0);
  world.startGateway();
  for (auto& id : ids) EXPECT_EQ(expectOver(world, id)["ended_by"], "shutdown");
}

TEST_F(Faults, ASecondSignalEndsAtOnceAndTheNextStartFinishes) {
  World world(options({"server.drain_s=60"}));
  const std::string id = world.talking();
  firstSignal(world);
  secondSignal(world);
  world.startGateway();
  expectOver(world, id);
}

TEST_F(Faults, ASecondSignalWaitsForNoCarrierThatHangs) {
  World world(options({"server.drain_s=1"}));
  holdLegs(world);
  const std::string id = world.talking();
  // Takes requests and does nothing: the leg lives, so the call cannot get to the notifications behind its hang-up.
  world.command("twilio/silent");
  world.gateway().signal(SIGTERM);
  ASSERT_TRUE(until([&] { return asked(world, "unanswered") == 1; })) << "the drain is over, the call is hung up";
  secondSignal(world);
  world.command("twilio/behave");
  world.startGateway();
  EXPECT_EQ(expectOver(world, id)["ended_by"], "shutdown");
}

TEST_F(Faults, ASecondSignalWaitsForNoDialThatHangs) {
  World world(options({"server.drain_s=600"}));
  holdLegs(world);
  world.command("twilio/misbehave", {{"on", "create"}, {"delay_ms", 600'000}});  // dialled, and not answered
  auto dialling = std::async(std::launch::async, [&] { world.post("/api/call", {{"to", "+15550100003"}}); });
  ASSERT_TRUE(until([&] { return asked(world, "create") == 1; }));
  firstSignal(world);
  secondSignal(world);
  world.command("twilio/behave");
  world.startGateway();
  EXPECT_EQ(expectOver(world, theEndedCall(world))["ended_by"], "recovery");
}

TEST_F(Faults, ASecondSignalInTheMiddleOfANotificationRepeatsThatOneAlone) {
  World world(options({"server.drain_s=600"}));
  const std::string other = world.talking();  // the drain waits for it
  const std::string id = world.talking();
  world.command("telegram/fail", {{"how", "delay"}, {"ms", 600'000}});
  end(world, id);
  ASSERT_TRUE(until([&] {
    const Json detail = world.call(id);
    return world.telegramMessages(id) == 1 && row(detail, "notify", "gateway").value("state", "") == "done" &&
           row(detail, "notify", "witness").value("state", "") == "done";
  })) << world.call(id);
  firstSignal(world);
  secondSignal(world);
  world.startGateway();
  expectOver(world, other);
  // Nobody had heard that Telegram took it, so it is told again; what others had confirmed is not.
  const Json detail = expectOver(world, id, 1);
  EXPECT_EQ(row(detail, "notify", "telegram").value("attempts", 0), 2) << detail;
  EXPECT_EQ(world.telegramMessages(id), 2);
  EXPECT_EQ(world.toldOfEnd(id), 1);
}

// Its time passes in reality; one suite of the three is enough.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_F(Faults, AProcessThatWasFrozenGoesOnWithItsCalls) {
  World world(options({"calls.media_idle_s=5", "calls.connect_timeout_s=20"}));
  const std::string talking = world.talking();
  world.command("twilio/plan", {{"media_never", true}});
  const std::string connecting = world.answered();
  const auto heard = [&] { return world.carrierCall(talking)["streams"][0].value("frames_sent", 0); };
  const long long begin = nowMs();
  world.gateway().signal(SIGSTOP);
  // Longer than every limit: 30 s without a frame, 5 s without audio, 20 s without a stream.
  ASSERT_TRUE(until([&] { return nowMs() - begin > 35'000; }));
  world.gateway().signal(SIGCONT);
  ASSERT_TRUE(until([&] { return world.get("/health").status == 200; }));
  const int before = heard();
  ASSERT_TRUE(until([&] { return heard() > before + 100; })) << "two seconds of it";
  EXPECT_EQ(world.call(talking)["status"], "in-progress") << world.call(talking);
  EXPECT_EQ(world.liveCalls().size(), 2u) << "nor is a carrier blamed that had no chance to connect";
  EXPECT_GT(world.call(talking)["duration_s"].get<double>(), 35) << "the call has gone on, whoever stood still";
  end(world, talking);
  end(world, connecting);
  EXPECT_EQ(expectOver(world, talking)["ended_by"], "api");
  EXPECT_EQ(expectOver(world, connecting)["ended_by"], "api");
}
#endif

TEST_F(Faults, TheStoreIsSlow) {
  World world(options());
  const std::string id = world.talking();
  {
    const WriteLock lock(world.directory() + "/hookswitch.db");
    end(world, id);
    expectAllOver(world, {id});
    EXPECT_TRUE(until([&] { return world.telegramMessages(id) == 1; })) << "nobody waits for the disk for ever";
  }
  expectOver(world, id);
  EXPECT_TRUE(until([&] {
    return world.get("/health").json().value("store", "ok") == "ok" && gauge(world, "hookswitch_store_backlog") == 0;
  }));
  world.restartGateway();
  expectOver(world, id);  // what waited was written
}

TEST_F(Faults, TheStoreIsFull) {
  World world(options({"store.max_mb=1"}));
  const std::string first = world.talking();
  // Large records until nothing fits any more.
  const std::string prompt(15000, 'x');
  world.command("twilio/plan", {{"outcome", "busy"}, {"queue_ms", 0}, {"ring_ms", 0}, {"answer_ms", 0}});
  ASSERT_TRUE(until([&] {
    world.post("/api/call", {{"to", "+15550100003"}, {"prompt", prompt}});
    return world.get("/health").json().value("store", "ok") != "ok";
  })) << world.get("/health").body;
  EXPECT_NE(world.get("/health").json()["store"].get<std::string>().find("store.max_mb"), std::string::npos);
  EXPECT_EQ(gauge(world, "hookswitch_store_ok"), 0);
  EXPECT_EQ(world.call(first)["status"], "in-progress") << "calls go on";
  end(world, first);
  expectAllOver(world, {first});
  EXPECT_TRUE(until([&] { return world.toldOfEnd(first) == 1; }));
  // With room again, everything that waited is written.
  world.set("store.max_mb=100");
  world.restartGateway();
  EXPECT_TRUE(until([&] { return gauge(world, "hookswitch_calls_live") == 0; }));
  EXPECT_EQ(world.call(first)["status"], "ended");
}

TEST_F(Faults, AStoreThatCannotBeUsedIsAClearErrorAtTheStart) {
  WorldOptions o = options();
  o.start = false;
  World world(o);
  const auto refused = [&](const std::string& path, const std::string& word) {
    world.set("store.path=" + path);
    world.launchGateway();
    EXPECT_EQ(world.gateway().wait(30000), 1) << path;
    EXPECT_NE(world.gateway().output().find("store.path"), std::string::npos) << world.gateway().output();
    EXPECT_NE(world.gateway().output().find(word), std::string::npos) << world.gateway().output();
  };
  const std::string garbage = world.directory() + "/garbage.db";
  std::ofstream(garbage) << std::string(8192, 'g');
  refused(garbage, "not a database");
  refused(world.directory() + "/nowhere/hookswitch.db", "does not exist");
  refused(world.directory(), "is a directory");
  refused("/proc/hookswitch.db", "cannot be written");
  // Opened without complaint, and cannot be read.
  const std::string torn = world.directory() + "/torn.db";
  world.set("store.path=" + torn);
  world.startGateway();
  world.killGateway();
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open(torn.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, "DROP TABLE hooks", nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
  refused(torn, "no such table");
}

TEST_F(Faults, ACallThatEndedWhileTheGatewayWasFrozenLastedAsLongAsTheCarrierSays) {
  World world(options());
  const std::string id = world.talking();
  world.gateway().signal(SIGSTOP);
  world.command("twilio/calls/" + id + "/hangup");
  ASSERT_TRUE(until([&] { return world.carrierCall(id)["over"] == true; }));
  const long long ended = world.carrierCall(id)["ended_ms"], answered = world.carrierCall(id)["answered_ms"];
  ASSERT_TRUE(until([&] { return nowMs() - ended > 5'000; }));  // the length of the sleep is what this is about
  world.gateway().signal(SIGCONT);
  ASSERT_TRUE(world.reaches(id, "ended"));
  const Json detail = expectOver(world, id);
  EXPECT_LE(detail["duration_s"].get<double>() * 1000, double(ended - answered + 2'000))
      << detail << "not as long as the sleep";
  EXPECT_EQ(detail["ended_by"], "carrier") << detail;
}
