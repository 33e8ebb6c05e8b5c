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
constexpr int now = Store::schema_version;

TEST(Schema, ItsStepsAreInOrderAndEndAtTheVersionOfTheStore) {
  int version = 0;
  for (const auto& step : migrations()) EXPECT_EQ(step.version, ++version);
  EXPECT_EQ(version, Store::schema_version);
}

TEST(Schema, ANewFileGetsTheVersionAndTheMarkOfTheGateway) {
  Directory directory;
  ASSERT_EQ(refusal(options(directory.file())), "");
  Shell shell(directory.file());
  EXPECT_EQ(shell.number("PRAGMA user_version"), Store::schema_version);
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
    database.execute("INSERT INTO hooks VALUES('c', 4, 'telegram', 6, 2, 15000, 1, 2, 3, 'down')");
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
  } catch (const std::runtime_error& e) {
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
    database.execute("INSERT INTO calls VALUES('" + idOf(unsigned(n)) + "', '" + remote + "', 'twilio', 'openai', '" +
                     to + "', '" + from + "', 'https://gateway.example', " + std::to_string(direction) +
                     ", 600, 25, 5, 1769868000000, 1769868001000, 1769868002000, 1, 2, 'over', 0, 1, 1, 1)");
  };
  add(1, 1, "+15550100002", "+15550100001", "CA1");
  add(2, 2, "+15550100777", "+15550100001", "CA2");  // the caller stood in to_number
  add(3, 1, "+15550100002", "+15550100001", "");
  database.execute("INSERT INTO lines VALUES('" + idOf(2) + "', 1, 1, 1769868001500, 'item', 'Hello')");
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

TEST(Schema, IsDurableWithEveryCommit) {
  Directory directory;
  Database database({directory.file(), 0, 50}, 1);
  EXPECT_EQ(database.text("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(database.number("PRAGMA synchronous"), 2);  // FULL
}

}  // namespace
}  // namespace store_test
