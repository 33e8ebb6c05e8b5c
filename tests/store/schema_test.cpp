#include "host/store/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

#include "host/store/database.hpp"
#include "support.hpp"

namespace store_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// The steps of this version, and further ones behind them.
std::vector<Migration> with(std::vector<std::vector<std::string>> later) {
  std::vector<Migration> steps = migrations();
  for (auto& statements : later) steps.push_back({steps.back().version + 1, std::move(statements)});
  return steps;
}
const int now = schemaVersion();

TEST(Schema, ItsStepsAreInOrderAndEndAtTheVersionOfTheStore) {
  int version = 0;
  for (const auto& step : migrations()) EXPECT_EQ(step.version, ++version);
  EXPECT_EQ(version, schemaVersion());
}

TEST(Schema, ANewFileGetsTheVersionAndTheMarkOfTheGateway) {
  Directory directory;
  ASSERT_EQ(refusal(options(directory.file())), "");
  Shell shell(directory.file());
  EXPECT_EQ(shell.number("PRAGMA user_version"), schemaVersion());
  EXPECT_EQ(shell.number("PRAGMA application_id"), Database::application_id);
}

TEST(Schema, AnOlderFileIsBroughtUpToDateAndKeepsItsRows) {
  Directory directory;
  {
    Store store(options(directory.file()), atOnce);
    store.put({liveCall(1), liveCall(2)});
  }
  Database database({directory.file(), 0, 50}, now + 2);
  migrate(database, with({{"ALTER TABLE calls ADD COLUMN note TEXT NOT NULL DEFAULT 'none'"},
                          {"UPDATE calls SET note=id", "CREATE INDEX notes ON calls(note)"}}));
  EXPECT_EQ(database.number("PRAGMA user_version"), now + 2);
  EXPECT_EQ(database.number("SELECT count(*) FROM calls WHERE note=id"), 2);
  migrate(database, with({{"no longer SQL"}, {"neither is this"}}));  // nothing runs twice
}

TEST(Schema, AFileOfTheFirstVersionIsTakenOverWithItsHooks) {
  Directory directory;
  {
    Database database({directory.file(), 0, 50}, 1);
    migrate(database, {migrations().front()});
    database.run("INSERT INTO hooks VALUES('c', 4, 'telegram', 6, 2, 15000, 1, 2, 3, 'down')");
  }
  Store store(options(directory.file()), atOnce);
  store.start();
  std::promise<std::vector<Hook>> promise;
  store.hooks({call::HookRow::State::retrying}, 10,
              [&](Answer<std::vector<Hook>> answer) { promise.set_value(std::move(answer.value)); });
  const auto hooks = promise.get_future().get();
  ASSERT_EQ(hooks.size(), 1u);
  EXPECT_EQ(hooks[0].error, "down");
  EXPECT_EQ(hooks[0].memo, "");
  EXPECT_FALSE(hooks[0].apart);
}

TEST(Schema, AStepThatFailsLeavesTheVersionBeforeItWhole) {
  Directory directory;
  Database database({directory.file(), 0, 50}, now + 2);
  const auto broken = with({{"CREATE TABLE fine(a)"}, {"CREATE TABLE half(a)", "INSERT INTO nowhere VALUES(1)"}});
  try {
    migrate(database, broken);
    FAIL() << "a step that fails was taken for done";
  } catch (const StoreError& e) {
    EXPECT_THAT(e.what(), AllOf(StartsWith("store.path: the tables could not be brought to version " +
                                           std::to_string(now + 2) + ": "),
                                HasSubstr("nowhere")));
  }
  EXPECT_EQ(database.number("PRAGMA user_version"), now + 1);
  EXPECT_EQ(database.number("SELECT count(*) FROM sqlite_master WHERE name='fine'"), 1);
  EXPECT_EQ(database.number("SELECT count(*) FROM sqlite_master WHERE name='half'"), 0);
  migrate(database, with({{"CREATE TABLE fine(a)"}, {"CREATE TABLE half(a)"}}));
  EXPECT_EQ(database.number("PRAGMA user_version"), now + 2);
}

/// A file of the first version: three calls, the second an incoming one, with a line of its transcript.
void firstVersion(const std::string& path) {
  Database database({path, 0, 50}, now);
  migrate(database, {migrations().front()});
  const auto add = [&](int n, int direction, const char* to, const char* from, const char* remote) {
    database.run("INSERT INTO calls VALUES('" + idOf(unsigned(n)) + "', '" + remote + "', 'twilio', 'openai', '" + to +
                 "', '" + from + "', 'https://gateway.example', " + std::to_string(direction) +
                 ", 600, 25, 5, 1769868000000, 1769868001000, 1769868002000, 1, 2, 'over', 0, 1, 1, 1)");
  };
  add(1, 1, "+15550100002", "+15550100001", "CA1");
  add(2, 2, "+15550100777", "+15550100001", "CA2");  // the caller stood in to_number
  add(3, 1, "+15550100002", "+15550100001", "");
  database.run("INSERT INTO lines VALUES('" + idOf(2) + "', 1, 1, 1769868001500, 'item', 'Hello')");
}

TEST(Schema, AnIncomingCallOfTheFirstVersionIsFromTheCaller) {
  Directory directory;
  firstVersion(directory.file());
  Store store(options(directory.file()), atOnce);
  store.start();
  const auto incoming = find(store, idOf(2)), outbound = find(store, idOf(1));
  ASSERT_TRUE(incoming && outbound);
  EXPECT_EQ(incoming->record.terms->from_number, "+15550100777");
  EXPECT_EQ(incoming->record.terms->to_number, "+15550100001");
  EXPECT_EQ(incoming->record.terms->farNumber(), "+15550100777");
  EXPECT_EQ(incoming->record.transcript.at(0).text, "Hello");
  EXPECT_FALSE(incoming->record.transcript.at(0).cut);
  EXPECT_EQ(outbound->record.terms->to_number, "+15550100002");
  EXPECT_EQ(outbound->record.started_ms, 0u) << "nobody knows that clock any more";
  HistoryQuery query;
  query.number = "+15550100777";
  EXPECT_EQ(ids(history(store, query)), std::vector<std::string>{idOf(2)});
}

TEST(Schema, TheLegsOfTheFirstVersionAreKnown) {
  Directory directory;
  firstVersion(directory.file());
  Store store(options(directory.file()), atOnce);
  store.start();
  EXPECT_TRUE(knowsLeg(store, "twilio", "CA1"));
  EXPECT_TRUE(knowsLeg(store, "twilio", "CA2"));
  EXPECT_FALSE(knowsLeg(store, "twilio", "CA3"));
  EXPECT_FALSE(knowsLeg(store, "other", "CA1"));
  EXPECT_FALSE(knowsLeg(store, "twilio", ""));
}

/// What the gateway of the third version made, to the letter.
const char* const third_version[] = {
    "CREATE TABLE calls(id TEXT NOT NULL UNIQUE, remote_id TEXT NOT NULL, carrier TEXT NOT NULL, voice TEXT NOT NULL,"
    " to_number TEXT NOT NULL, from_number TEXT NOT NULL, base_url TEXT NOT NULL, direction INTEGER NOT NULL,"
    " max_duration_s INTEGER NOT NULL, ring_timeout_s INTEGER NOT NULL, status INTEGER NOT NULL,"
    " started INTEGER NOT NULL, answered INTEGER NOT NULL, ended INTEGER NOT NULL, outcome INTEGER NOT NULL,"
    " ended_by INTEGER NOT NULL, reason TEXT NOT NULL, transcript_cut INTEGER NOT NULL, last_line INTEGER NOT NULL,"
    " leg_over INTEGER NOT NULL, released INTEGER NOT NULL, started_ms INTEGER NOT NULL DEFAULT 0,"
    " boot TEXT NOT NULL DEFAULT '')",
    "CREATE TABLE texts(call TEXT PRIMARY KEY, prompt TEXT NOT NULL, greeting TEXT NOT NULL, metadata TEXT NOT NULL)",
    "CREATE TABLE lines(call TEXT NOT NULL, number INTEGER NOT NULL, speaker INTEGER NOT NULL, at INTEGER NOT NULL,"
    " item TEXT NOT NULL, text TEXT NOT NULL, cut INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(call, number)) WITHOUT ROWID",
    "CREATE TABLE hooks(call TEXT NOT NULL, phase INTEGER NOT NULL, plugin TEXT NOT NULL, state INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL, deadline_ms INTEGER NOT NULL, first INTEGER NOT NULL, next INTEGER NOT NULL,"
    " ms INTEGER NOT NULL, error TEXT NOT NULL, memo TEXT NOT NULL DEFAULT '', apart INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY(call, phase, plugin)) WITHOUT ROWID",
    "CREATE TABLE keys(key TEXT PRIMARY KEY, digest TEXT NOT NULL, call TEXT NOT NULL, created INTEGER NOT NULL,"
    " status INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE legs(carrier TEXT NOT NULL, remote_id TEXT NOT NULL, call TEXT NOT NULL, seen INTEGER NOT NULL,"
    " PRIMARY KEY(carrier, remote_id)) WITHOUT ROWID",
    "CREATE INDEX calls_started ON calls(started, id)",
    "CREATE INDEX calls_to ON calls(to_number, started, id)",
    "CREATE INDEX calls_from ON calls(from_number, started, id)",
    "CREATE INDEX calls_base ON calls(base_url)",
    "CREATE INDEX calls_unreleased ON calls(started, id) WHERE released=0",
    "CREATE INDEX hooks_open ON hooks(state, first) WHERE state NOT IN (2, 3)",
    "CREATE INDEX legs_seen ON legs(seen)",
    "PRAGMA user_version=3",
};

/// Live calls 1 and up, with these values of leg_over.
void thirdVersion(const std::string& path, const std::vector<int>& legs) {
  Shell shell(path);
  shell.run("PRAGMA application_id=" + std::to_string(Database::application_id));
  for (const char* sql : third_version) shell.run(sql);
  for (std::size_t i = 0; i < legs.size(); ++i) {
    const std::string n = std::to_string(i + 1);
    shell.run("INSERT INTO calls VALUES('" + idOf(unsigned(i + 1)) + "', 'CA" + n +
              "', 'twilio', 'openai', '+15550100002', '+15550100001', 'https://gateway.example', 1, 600, 25, 3, "
              "176986800000" +
              n + ", 1769868001000, 0, 2, 6, '', 0, 7, " + std::to_string(legs[i]) + ", 0, 4711, 'a boot')");
  }
  shell.run("INSERT INTO texts VALUES('" + idOf(1) + "', 'a prompt', 'a greeting', '{\"order\":7}')");
}

TEST(Schema, TheWitnessesOfTheThirdVersionGetColumnsOfTheirOwn) {
  Directory directory;
  thirdVersion(directory.file(), {0, 1, 2, 4, 6, 7});
  Store store(options(directory.file()), atOnce);
  const auto calls = store.loadUnfinished().calls;
  ASSERT_EQ(calls.size(), 6u);
  const bool over[] = {false, true, false, false, false, true};
  const bool stopped[] = {false, false, true, false, true, true};
  const bool unknown[] = {false, false, false, true, true, true};
  for (std::size_t i = 0; i < calls.size(); ++i) {
    EXPECT_EQ(calls[i].leg_over, over[i]) << i;
    EXPECT_EQ(calls[i].witness.stream_stopped, stopped[i]) << i;
    EXPECT_EQ(calls[i].witness.unknown_there, unknown[i]) << i;
  }
  EXPECT_EQ(calls[0].record.started_ms, 4711u);
  EXPECT_EQ(calls[0].record.boot, "a boot");
  EXPECT_EQ(calls[0].record.last_line, 7u);
  EXPECT_EQ(calls[0].record.terms->prompt, "a prompt");
  EXPECT_EQ(calls[0].record.terms->metadata_json, R"({"order":7})");
  EXPECT_EQ(calls[1].record.terms->metadata_json, "{}") << "its texts are missing";
  EXPECT_EQ(Shell(directory.file()).number("SELECT max(leg_over) FROM calls"), 1);
}

TEST(Schema, AFileOfTheThirdVersionGetsTheColumnsAndIndicesOfANewOne) {
  Directory directory;
  thirdVersion(directory.file("old.db"), {});
  ASSERT_EQ(refusal(options(directory.file("old.db"))), "");
  ASSERT_EQ(refusal(options(directory.file("new.db"))), "");
  const auto shape = [&](const std::string& name) {
    return Shell(directory.file(name))
        .text(
            "SELECT group_concat(row, char(10)) FROM (SELECT m.name||' '||c.name||' '||c.type AS row"
            " FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type='table'"
            " UNION SELECT sql AS row FROM sqlite_master WHERE type='index' AND sql IS NOT NULL ORDER BY row)");
  };
  EXPECT_EQ(shape("old.db"), shape("new.db"));
  EXPECT_THAT(shape("new.db"), AllOf(HasSubstr("calls stream_stopped INTEGER"), HasSubstr("calls_unreleased")));
}

TEST(Schema, IsDurableWithEveryCommit) {
  Directory directory;
  Database database({directory.file(), 0, 50}, 1);
  EXPECT_EQ(database.text("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(database.number("PRAGMA synchronous"), 2);  // FULL
}

}  // namespace
}  // namespace store_test
