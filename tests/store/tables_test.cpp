// Every field that is stored comes back as it was.
#include "host/store/tables.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "support.hpp"

namespace store_test {
namespace {

/// No field has the value that a fresh one has, and no two texts or numbers are the same.
SaveCall fullCall() {
  SaveCall save;
  auto t = terms(1);
  t->direction = call::Direction::incoming;
  auto& r = save.record;
  r.terms = t;
  r.remote_id = "CA1";
  r.status = call::Status::ended;
  r.started_unix_ms = start_ms + 1;
  r.answered_unix_ms = start_ms + 2;
  r.ended_unix_ms = start_ms + 3;
  r.started_ms = 4444;
  r.boot = "a boot";
  r.outcome = call::Outcome::no_answer;
  r.ended_by = call::EndedBy::limit;
  r.reason = std::string("with a NUL\0 in it", 17);
  r.transcript_cut = true;
  r.last_line = 55;
  r.transfer = {"+15550100777", call::TransferState::busy};
  save.leg_over = true;
  save.released = true;
  save.witness = {true, true};
  return save;
}

/// All columns of all rows, as one text.
std::string dump(const std::string& path, const Columns& table) {
  std::string all;
  for (const auto& column : table.all()) all += (all.empty() ? "" : "||'|'||") + ("quote(" + column.name + ")");
  return Shell(path).text("SELECT group_concat(r, char(10)) FROM (SELECT " + all + " AS r FROM " + table.table() +
                          " ORDER BY r)");
}

template <class T>
T ask(const std::function<void(std::function<void(Answer<T>)>)>& question) {
  std::promise<Answer<T>> promise;
  question([&](Answer<T> answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get().value;
}

TEST(Tables, EveryFieldIsReadAsItWasWritten) {
  Directory directory;
  const std::string first = directory.file("first.db"), second = directory.file("second.db");
  SaveLine said = line(1, 2, "Good day");
  said.line.cut = true;
  SaveHook row = hook(1, "telegram", call::HookRow::State::retrying);
  row.hook.memo = "a memo";
  row.hook.apart = true;
  const SaveKey key{"key", "digest", idOf(1), start_ms, 201, "{\"call_id\":1}"};
  StoredCall stored;
  std::optional<SaveKey> stored_key;
  {
    Store store(options(first), atOnce);
    store.start();
    ASSERT_TRUE(put(store, {fullCall(), said, row, key}));
    stored = *find(store, idOf(1));
    stored_key = ask<std::optional<SaveKey>>([&](auto then) { store.findKey("key", then); });
  }
  {
    // What was read is written again: a field that is not read, or not written, makes the files differ.
    Store store(options(second), atOnce);
    store.start();
    ASSERT_TRUE(put(store, {static_cast<SaveCall>(stored), SaveLine{idOf(1), stored.record.transcript.at(0)},
                            SaveHook{stored.hooks.at(0)}, *stored_key}));
  }
  for (const auto* table : everyTable()) {
    EXPECT_EQ(dump(first, *table), dump(second, *table));
    EXPECT_NE(dump(first, *table), "") << table->table();
  }
}

TEST(Tables, NoFieldOfThatCallHasTheValueOfAFreshOne) {
  Directory directory;
  {
    Store store(options(directory.file()), atOnce);
    store.start();
    ASSERT_TRUE(put(store, {fullCall()}));
  }
  for (const auto* table : {&calls().columns(), &texts().columns()})
    for (const auto& column : table->all())
      EXPECT_EQ(Shell(directory.file()).number("SELECT " + column.name + " IN (0, '') FROM " + table->table()), 0)
          << column.name << " would not be missed by the test above";
}

TEST(Tables, ARowThatAnotherHandHasWrittenReadsAsSomethingThatIsKnown) {
  Directory directory;
  Store store(options(directory.file()), atOnce);
  store.start();
  ASSERT_TRUE(put(store, {fullCall()}));
  Shell(directory.file()).run("UPDATE calls SET status=99, outcome=0, ended_by=-1, direction=7");
  const auto call = find(store, idOf(1));
  EXPECT_EQ(call->record.status, call::Status::ended);
  EXPECT_EQ(call->record.outcome, call::Outcome::failed);
  EXPECT_EQ(call->record.ended_by, call::EndedBy::fault);
  EXPECT_EQ(call->record.terms->direction, call::Direction::outbound);
}

TEST(Tables, NoColumnIsNamedTwice) {
  for (const auto* table : everyTable()) {
    std::set<std::string> names;
    for (const auto& column : table->all()) EXPECT_TRUE(names.insert(column.name).second) << column.name;
  }
}

}  // namespace
}  // namespace store_test
