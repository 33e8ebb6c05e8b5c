// What is recorded, and what the record is asked for: old webhooks, a store that cannot be written, numbers and times.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>

#include <Poco/Base64Encoder.h>
#include <Poco/HMACEngine.h>
#include <Poco/SHA1Engine.h>
#include <Poco/URI.h>

#include <map>
#include <sstream>

#include "tests/system/world.hpp"

using namespace system_test;

namespace {

/// A voice webhook as the carrier signs it: its form is what it was for this call.
Answer voiceWebhook(const World& world, const std::string& sid, const std::string& path = "/twilio/voice",
                    const std::string& direction = "inbound") {
  const std::map<std::string, std::string> form{{"AccountSid", "AC00000000000000000000000000000001"},
                                                {"ApiVersion", "2010-04-01"},
                                                {"CallSid", sid},
                                                {"CallStatus", "ringing"},
                                                {"Direction", direction},
                                                {"From", "+15550100777"},
                                                {"To", "+15550100001"}};
  std::string told = world.url(path), body;
  for (auto& [name, value] : form) {
    told += name + value;
    std::string escaped;
    Poco::URI::encode(value, "+&=", escaped);
    body += (body.empty() ? "" : "&") + name + "=" + escaped;
  }
  Poco::HMACEngine<Poco::SHA1Engine> hmac("0123456789abcdef0123456789abcdef");
  hmac.update(told);
  const auto& digest = hmac.digest();
  std::ostringstream signature;
  Poco::Base64Encoder encoder(signature);
  encoder.write(reinterpret_cast<const char*>(digest.data()), std::streamsize(digest.size()));
  encoder.close();
  return http("POST", world.url(path), body,
              {{"Content-Type", "application/x-www-form-urlencoded"}, {"X-Twilio-Signature", signature.str()}});
}

bool has(const Answer& answer, const std::string& text) { return answer.body.find(text) != std::string::npos; }

/// Holds the database's write lock from outside while it lives.
class WriteLock {
 public:
  explicit WriteLock(const std::string& file) {
    EXPECT_EQ(sqlite3_open(file.c_str(), &db_), SQLITE_OK);
    sqlite3_busy_timeout(db_, 10000);
    EXPECT_EQ(sqlite3_exec(db_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db_);
  }
  ~WriteLock() { release(); }
  void release() {
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    sqlite3_close(db_);
    db_ = nullptr;
  }

 private:
  sqlite3* db_ = nullptr;
};

TEST(Replay, ASignedWebhookOfACallThatIsOverIsHungUpAlsoAfterARestart) {
  World world;
  const std::string sid = world.command("twilio/incoming", {{"from", "+15550100777"}})["sid"];
  std::vector<std::string> live;
  ASSERT_TRUE(until([&] {
    live = world.liveCalls();
    return live.size() == 1;
  }));
  ASSERT_TRUE(world.reaches(live[0], "in-progress"));
  EXPECT_TRUE(has(voiceWebhook(world, sid), "<Connect>")) << "delivered twice while it lives: the same answer";
  world.command("twilio/calls/" + sid + "/hangup");
  world.settled(live[0]);
  EXPECT_TRUE(has(voiceWebhook(world, sid), "<Hangup/>"));
  world.restartGateway();
  for (const char* path : {"/twilio/voice", "/twilio/voice/"}) {
    const Answer again = voiceWebhook(world, sid, path);
    EXPECT_EQ(again.status, 200);
    EXPECT_TRUE(has(again, "<Hangup/>")) << again.body;
    EXPECT_FALSE(has(again, "<Connect>")) << again.body;
  }
  EXPECT_TRUE(world.liveCalls().empty());
  EXPECT_EQ(world.get("/api/calls?state=ended").json()["count"], 1);
  EXPECT_TRUE(has(voiceWebhook(world, "CA0123456789abcdef0123456789abcdef"), "<Connect>"))
      << "a new leg with the same signature is a call";
}

TEST(Replay, TheWebhookOfACallThatWePlacedIsHungUpOnceItIsOver) {
  World world;
  const std::string id = world.talking(), sid = world.carrierCall(id)["sid"], path = "/twilio/voice?gw_call=" + id;
  world.post("/api/calls/" + id + "/end");
  world.settled(id);
  EXPECT_TRUE(has(voiceWebhook(world, sid, path, "outbound-api"), "<Hangup/>"));
  world.restartGateway();
  const Answer again = voiceWebhook(world, sid, path, "outbound-api");
  EXPECT_TRUE(has(again, "<Hangup/>")) << again.body;
  EXPECT_FALSE(has(again, "<Connect>")) << again.body;
  EXPECT_TRUE(world.liveCalls().empty());
  EXPECT_EQ(world.get("/api/calls?state=ended").json()["count"], 1);
}

TEST(Record, WhileTheStoreCannotBeWrittenEverythingIsShownAndASigtermWaits) {
  World world;
  const std::string before = world.talking();
  world.post("/api/calls/" + before + "/end");
  world.settled(before);
  const std::string id = world.talking();
  WriteLock lock(world.directory() + "/hookswitch.db");
  world.post("/api/calls/" + id + "/end");
  ASSERT_TRUE(until([&] { return !world.call(id).value("stored", true); })) << world.call(id);
  const Json list = world.get("/api/calls?state=ended").json();
  ASSERT_EQ(list["count"], 2) << list;
  EXPECT_EQ(list["calls"][0]["call_id"], id);
  EXPECT_EQ(list["calls"][0]["stored"], false);
  EXPECT_FALSE(list["calls"][1].contains("stored"));
  EXPECT_NE(world.get("/api/calls?state=ended&format=jsonl").body.find(id), std::string::npos);
  world.gateway().signal(SIGTERM);
  EXPECT_FALSE(world.gateway().lineWith("waiting for the store").empty());
  EXPECT_TRUE(world.gateway().running());
  lock.release();
  EXPECT_EQ(world.gateway().wait(20000), 0);
  world.startGateway();
  const Json detail = world.call(id);
  EXPECT_EQ(detail["status"], "ended");
  EXPECT_EQ(detail["ended_by"], "api");
  EXPECT_FALSE(detail.contains("stored"));
}

TEST(Record, AFailedDialNamesItsCallAndTheGuardsSayWhen) {
  WorldOptions options;
  options.settings = {"calls.allow_to=+1 !+1900", "calls.per_number_per_hour=1"};
  World world(options);
  const Answer forbidden = world.post("/api/call", {{"to", "+19005550100"}});
  EXPECT_EQ(forbidden.status, 403) << forbidden.body;
  world.command("twilio/misbehave",
                {{"on", "create"}, {"status", 400}, {"code", 21211}, {"message", "Invalid To"}, {"times", 1}});
  const Answer failed = world.post("/api/call", {{"to", "+15550100002"}});
  const std::string id = failed.json().value("call_id", "");
  EXPECT_EQ(failed.status, 502) << failed.body;
  EXPECT_EQ(world.call(id)["outcome"], "failed");
  const Answer again = world.post("/api/call", {{"to", "+15550100002"}});
  EXPECT_EQ(again.status, 429) << again.body;
  EXPECT_GT(std::stoi(again.header("Retry-After")), 3000);
}

TEST(Guards, ChangeWithAReload) {
  World world;
  EXPECT_EQ(world.post("/api/call", {{"to", "+15550100002"}}).status, 201);
  world.configure("\n[calls]\nper_minute = 1\nallow_to = +49 +1\n");
  world.reload();
  EXPECT_EQ(world.post("/api/call", {{"to", "+33123456789"}}).status, 403);
  EXPECT_EQ(world.post("/api/call", {{"to", "+15550100002"}}).status, 201);
  const Answer no = world.post("/api/call", {{"to", "+15550100003"}});
  EXPECT_EQ(no.status, 429) << no.body;
  EXPECT_LE(std::stoi(no.header("Retry-After")), 60);
}

}  // namespace
