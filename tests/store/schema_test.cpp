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

Migration first() { return migrations().front(); }

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
  const auto step = [](int n) { return Store::schema_version + n; };
  Database database({directory.file(), 0, 50}, step(2));
  migrate(database, {{step(1), {"ALTER TABLE calls ADD COLUMN note TEXT NOT NULL DEFAULT 'none'"}}, {step(2), {"UPDATE calls SET note=id", "CREATE INDEX notes ON calls(note)"}}});
  EXPECT_EQ(database.number("PRAGMA user_version"), step(2));
  EXPECT_EQ(database.number("SELECT count(*) FROM calls WHERE note=id"), 2);
  migrate(database, {{step(1), {"no longer SQL"}}, {step(2), {"neither is this"}}});   // nothing runs twice
}

TEST(Schema, AFileOfTheFirstVersionIsTakenOverWithItsHooks) {
  Directory directory;
  {
    Database database({directory.file(), 0, 50}, 1);
    migrate(database, {first()});
    database.execute("INSERT INTO hooks VALUES('c', 4, 'telegram', 6, 2, 15000, 1, 2, 3, 'down')");
  }
  Store store(options(directory.file()), atOnce);
  store.start();
  std::promise<std::vector<Hook>> promise;
  store.hooks({call::HookRow::State::retrying}, 10, [&](Answer<std::vector<Hook>> answer) { promise.set_value(std::move(answer.value)); });
  const auto hooks = promise.get_future().get();
  ASSERT_EQ(hooks.size(), 1u);
  EXPECT_EQ(hooks[0].error, "down");
  EXPECT_EQ(hooks[0].memo, "");
  EXPECT_FALSE(hooks[0].apart);
}

TEST(Schema, AStepThatFailsLeavesTheVersionBeforeItWhole) {
  Directory directory;
  Database database({directory.file(), 0, 50}, 3);
  const std::vector<Migration> broken{first(), {2, {"CREATE TABLE fine(a)"}}, {3, {"CREATE TABLE half(a)", "INSERT INTO nowhere VALUES(1)"}}};
  try {
    migrate(database, broken);
    FAIL() << "a step that fails was taken for done";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), AllOf(StartsWith("store.path: the tables could not be brought to version 3: "), HasSubstr("nowhere")));
  }
  EXPECT_EQ(database.number("PRAGMA user_version"), 2);
  EXPECT_EQ(database.number("SELECT count(*) FROM sqlite_master WHERE name='fine'"), 1);
  EXPECT_EQ(database.number("SELECT count(*) FROM sqlite_master WHERE name='half'"), 0);
  migrate(database, {first(), broken[1], {3, {"CREATE TABLE half(a)"}}});
  EXPECT_EQ(database.number("PRAGMA user_version"), 3);
}

TEST(Schema, IsDurableWithEveryCommit) {
  Directory directory;
  Database database({directory.file(), 0, 50}, 1);
  EXPECT_EQ(database.text("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(database.number("PRAGMA synchronous"), 2);   // FULL
}

}  // namespace
}  // namespace store_test
