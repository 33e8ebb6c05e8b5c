// What the control plane makes of a store that cannot be read: nothing is taken for unknown.
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>

#include "host/base/ids.hpp"
#include "tests/control/support.hpp"
#include "tests/folder.hpp"

namespace control_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const char* const known_id = "11111111-2222-4333-8444-555555555555";
const char* const sentence = "The store could not be read; the gateway's log says why";

store::StoreOptions stored(const std::string& path) {
  store::StoreOptions options;
  options.path = path;
  return options;
}

class Unreadable : public testing::Test {
 protected:
  Unreadable() {
    world->carrier().hooks = {{HKS_PHASE_HANGUP, 5000}, {HKS_PHASE_CONFIRM, 5000}};
    world->limits.confirm_after_ms = 1;
  }
  /// Another hand on the file.
  void run(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  void hide(const std::string& table) { run("ALTER TABLE " + table + " RENAME TO hidden_" + table); }
  void show(const std::string& table) { run("ALTER TABLE hidden_" + table + " RENAME TO " + table); }
  void heardOfTheLeg(const std::string& base_url) {
    world->make("carrier", [base_url](hks::Out& out) { out.found(1, known_id, "remote-5", base_url); });
  }
  std::size_t hungUp() { return world->carrier().heard("phase hangup"); }

  const hookswitch_test::Folder folder{"unreadable"};
  const std::string file = folder.file("calls.db");
  std::unique_ptr<World> world = std::make_unique<World>(stored(file));
};

TEST_F(Unreadable, TheApiSaysSoAndNotThatThereIsNothing) {
  world->start();
  hide("texts");
  hide("hooks");
  for (const std::string& target :
       {"/api/calls/" + std::string(known_id), std::string("/api/hooks"), std::string("/api/calls?state=ended")}) {
    const auto reply = world->answer("GET", target);
    EXPECT_EQ(reply.status, 503) << target;
    EXPECT_THAT(reply.body, HasSubstr(sentence));
  }
  const auto retry = world->answer("POST", "/api/hooks/" + std::string(known_id) + ":notify:watch/retry");
  EXPECT_EQ(retry.status, 503);
  EXPECT_THAT(retry.body, HasSubstr(sentence));
  EXPECT_THAT(world->answer("GET", "/health").body, HasSubstr("could not be read"));
  show("texts");
  show("hooks");
  EXPECT_EQ(world->answer("GET", "/api/calls/" + std::string(known_id)).status, 404);
  EXPECT_EQ(world->answer("GET", "/api/hooks").status, 200);
  EXPECT_THAT(world->answer("GET", "/health").body, Not(HasSubstr("could not be read")));
}

TEST_F(Unreadable, ALegIsNotTakenForUnknownUntilItCanBeLookedUp) {
  world->start();
  hide("texts");  // asked for the call
  heardOfTheLeg("https://gateway.example");
  EXPECT_EQ(world->calls->liveCount(), 0u);
  EXPECT_EQ(hungUp(), 0u);
  show("texts");
  heardOfTheLeg("https://gateway.example");
  EXPECT_TRUE(world->until([&] { return hungUp() == 1; }));
}

TEST_F(Unreadable, ALegOfAnotherBaseIsNotTakenForForeignUntilThatCanBeLookedUp) {
  world->start();
  call::Terms terms;  // a call of ours, at a base that is not today's
  terms.id = base::newId();
  terms.base_url = "https://yesterday.example";
  store::SaveCall save;
  save.record.terms = std::make_shared<const call::Terms>(std::move(terms));
  save.record.status = call::Status::ended;
  save.record.started_unix_ms = save.record.ended_unix_ms =
      base::Clock::system().unixMs();  // not old enough to be removed
  save.released = true;
  world->store.put({save});
  world->settle();
  // The question for the call has its answer, that for the base runs into an overflow.
  run("ALTER TABLE calls RENAME TO hidden_calls;"
      "CREATE VIEW calls AS SELECT id, remote_id, carrier, voice, to_number, from_number,"
      " abs(-9223372036854775807 - (base_url IS NOT NULL)) AS base_url, direction, max_duration_s, ring_timeout_s, "
      "status, started, answered,"
      " ended, outcome, ended_by, reason, transcript_cut, last_line, leg_over, released, started_ms, boot, "
      "stream_stopped, unknown_there, transfer_to, transfer_state FROM "
      "hidden_calls");
  testing::internal::CaptureStderr();
  heardOfTheLeg("https://yesterday.example");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("the store could not be read to see whether it is ours"));
  EXPECT_THAT(world->answer("GET", "/health").body, HasSubstr("overflow"));
  EXPECT_EQ(hungUp(), 0u);
  run("DROP VIEW calls");
  show("calls");
  heardOfTheLeg("https://yesterday.example");
  EXPECT_TRUE(world->until([&] { return hungUp() == 1; }));
}

TEST_F(Unreadable, AKeyWhoseCallCannotBeReadIsStillInProgress) {
  const std::string body = R"({"to":"+15550100002"})";
  world->unfinished.keys.push_back(
      {"key-1", control::Idempotency::digest(body), known_id, base::Clock::system().unixMs(), 0, {}});
  hide("texts");
  world->start();
  const auto reply = world->answer("POST", "/api/call", body, {{"Idempotency-Key", "key-1"}});
  EXPECT_EQ(reply.status, 409) << reply.body;
  show("texts");
  EXPECT_TRUE(world->comes([&] {
    return world->calls->idempotency()
               .take("key-1", control::Idempotency::digest(body), base::Clock::system().unixMs())
               .kind == control::Idempotency::Verdict::Kind::replay;
  }));
}

TEST(Hanging, WhileTheDiskHangsTheHistoryIsWhatMemoryHas) {
  const hookswitch_test::Folder folder("hanging");
  const std::string file = folder.file("calls.db");
  {
    store::StoreOptions options = stored(file);
    options.busy_ms = 3600'000;  // a commit that waits for another's lock hangs
    options.slow_ms = 30;
    World world(options);
    world.start();
    const std::string before = world.place(), id = world.place();
    world.answer("POST", "/api/calls/" + before + "/end");
    world.settle();
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    EXPECT_EQ(world.answer("POST", "/api/calls/" + id + "/end").status, 200);
    EXPECT_TRUE(world.until([&] { return world.store.health().hangs; }));
    const std::string body = world.answer("GET", "/api/calls?state=ended").body;
    EXPECT_THAT(body, HasSubstr("\"count\":2"));
    EXPECT_LT(body.find(id), body.find(before)) << "the newest first";
    EXPECT_THAT(body, HasSubstr("\"stored\":false}"));
    EXPECT_THAT(world.detail(id), HasSubstr("\"stored\":false}"));
    EXPECT_THAT(world.answer("GET", "/api/calls?state=ended&limit=1").body, HasSubstr("\"next\":\"" + id));
    EXPECT_THAT(world.answer("GET", "/api/calls?state=ended&before=" + id).body,
                AllOf(HasSubstr("\"count\":1"), HasSubstr(before)));
    EXPECT_THAT(world.answer("GET", "/api/calls?state=ended&outcome=busy").body, HasSubstr("\"count\":0"));
    sqlite3_close(db);  // lets go of the lock
    EXPECT_TRUE(world.until([&] { return world.store.health().ok; }));
    EXPECT_THAT(world.answer("GET", "/api/calls?state=ended").body,
                AllOf(HasSubstr("\"count\":2"), Not(HasSubstr("stored"))));
  }
}

}  // namespace
}  // namespace control_test
