// What is older than keep_days is removed, and what must stay stays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.hpp"

namespace store_test {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t day_ms = 24ull * 3600 * 1000;

/// The options of a store that lives `days` after the calls.
StoreOptions later(const std::string& path, std::uint64_t days) {
  StoreOptions o = options(path);
  o.unix_ms = [days] { return start_ms + days * day_ms + 3600'000; };
  return o;
}

struct Retention : testing::Test {
  Directory directory;
  std::int64_t rows(const std::string& table) {
    return Shell(directory.file()).number("SELECT count(*) FROM " + table);
  }
  void fill(std::vector<Write> writes) {
    Store store(options(directory.file()), atOnce);
    store.put(std::move(writes));
  }
};

TEST_F(Retention, RemovesWhatIsTooOldWithEverythingThatBelongsToIt) {
  SaveCall recent = endedCall(2);
  recent.record.started_unix_ms += 20 * day_ms;
  recent.record.ended_unix_ms += 20 * day_ms;
  fill({endedCall(1), line(1, 1, "a"), line(1, 2, "b"), hook(1, "x", call::HookRow::State::done), recent,
        line(2, 1, "c"), hook(2, "x", call::HookRow::State::done)});
  Store store(later(directory.file(), 31), atOnce);
  store.start();
  EXPECT_TRUE(eventually([&] { return rows("calls") == 1; }));
  for (const char* table : {"texts", "lines", "hooks"}) EXPECT_EQ(rows(table), 1) << table;
  EXPECT_THAT(ids(history(store)), ElementsAre(idOf(2)));
}

TEST_F(Retention, TheNamesOfLegsAreKeptForKeepDaysThoughTheirCallGoesEarlier) {
  // The key is too old as well: when it is gone, the pass is over.
  fill(
      {endedCall(1), endedCall(2), SaveLeg{"twilio", "CA-refused", start_ms}, SaveKey{"k", "", "", start_ms, 201, ""}});
  Shell(directory.file()).run("DELETE FROM calls WHERE id='" + idOf(1) + "'");  // whatever took it away
  {
    Store store(later(directory.file(), 29), atOnce);
    store.start();
    EXPECT_TRUE(eventually([&] { return rows("keys") == 0; }));
    for (const char* leg : {"CA1", "CA2", "CA-refused"}) EXPECT_TRUE(knowsLeg(store, "twilio", leg)) << leg;
  }
  Store store(later(directory.file(), 31), atOnce);
  store.start();
  EXPECT_TRUE(eventually([&] { return rows("legs") == 0; }));
}

TEST_F(Retention, NeverRemovesACallThatIsNotReleased) {
  fill({endedCall(1), endedCall(2, false), line(2, 1, "a"), hook(2, "x", call::HookRow::State::retrying), liveCall(3)});
  Store store(later(directory.file(), 1000), atOnce);
  store.start();
  EXPECT_TRUE(eventually([&] { return rows("calls") == 2; }));
  EXPECT_EQ(rows("calls WHERE released=0"), 2);
  EXPECT_EQ(rows("lines"), 1);
  EXPECT_EQ(rows("hooks"), 1);
}

TEST_F(Retention, CountsFromTheEndOfACall) {
  SaveCall across = endedCall(1);
  across.record.ended_unix_ms = start_ms + 2 * day_ms;
  fill({across, endedCall(2)});
  Store store(later(directory.file(), 31), atOnce);
  store.start();
  EXPECT_TRUE(eventually([&] { return rows("calls") == 1; }));
  EXPECT_TRUE(find(store, idOf(1)));
}

TEST_F(Retention, ZeroDaysMeanForEverUntilAReloadSaysOtherwise) {
  fill({endedCall(1), endedCall(2)});
  StoreOptions o = later(directory.file(), 40);
  o.keep_days = 0;
  Store store(o, atOnce);
  store.start();
  ASSERT_TRUE(put(store, {SaveKey{"k", "", "", start_ms, 201, ""}}));
  store.setKeepDays(0);
  EXPECT_TRUE(eventually([&] { return rows("keys") == 0; }));  // that pass is over,
  EXPECT_EQ(rows("calls"), 2);                                 // and the calls are still there
  store.setKeepDays(30);
  EXPECT_TRUE(eventually([&] { return rows("calls") == 0; }));
}

TEST_F(Retention, RemovesManyCallsInSmallTransactions) {
  std::vector<Write> writes;
  for (unsigned n = 0; n < 400; ++n) {
    writes.push_back(endedCall(n));
    writes.push_back(line(n, 1, "a"));
  }
  fill(writes);
  Store store(later(directory.file(), 31), atOnce);
  store.start();
  EXPECT_TRUE(eventually([&] { return rows("calls") == 0; }));
  EXPECT_EQ(rows("lines"), 0);
  EXPECT_TRUE(eventually([&] { return store.health().sweeps >= 400 / 25; }));
}

TEST_F(Retention, RemovesFewCallsAtOnceWhenTheirTranscriptsAreLong) {
  std::vector<Write> writes;
  for (unsigned n = 0; n < 6; ++n) {
    SaveCall save = endedCall(n);
    save.record.last_line = 2600;
    writes.push_back(save);
    for (std::uint32_t i = 1; i <= 2600; ++i) writes.push_back(line(n, i, "a"));
  }
  fill(writes);
  Store store(later(directory.file(), 31), atOnce);
  store.start();
  EXPECT_TRUE(eventually([&] { return rows("calls") == 0; }));
  EXPECT_EQ(rows("lines"), 0);
  EXPECT_TRUE(eventually([&] { return rows("legs") == 0; }));
  // Two calls are 5,200 lines; the names of the last ones' legs go by themselves.
  EXPECT_TRUE(eventually([&] { return store.health().sweeps >= 4; }));
  EXPECT_EQ(store.health().sweeps, 4u);
}

TEST_F(Retention, RemovesAnsweredKeysThatAreOlderThanADay) {
  const std::uint64_t now = start_ms + day_ms + 3600'000;  // later(…, 1)
  fill({SaveKey{"old", "", "", now - day_ms - 1, 201, ""}, SaveKey{"fresh", "", "", now - day_ms, 201, ""},
        SaveKey{"in progress", "", idOf(1), now - 9 * day_ms, 0, ""}});  // the clock may have been set
  Store store(later(directory.file(), 1), atOnce);
  store.start();
  EXPECT_TRUE(eventually([&] { return rows("keys") == 2; }));
  EXPECT_EQ(rows("keys WHERE key='old'"), 0);
}

TEST_F(Retention, WhatIsRemovedIsGoneFromTheFile) {
  fill({endedCall(1), line(1, 1, "a secret of the caller")});
  ASSERT_NE(readFile(directory.file()).find("a secret of the caller"), std::string::npos);
  {
    Store store(later(directory.file(), 31), atOnce);
    store.start();
    ASSERT_TRUE(eventually([&] { return rows("calls") == 0; }));
  }
  EXPECT_EQ(readFile(directory.file()).find("a secret of the caller"), std::string::npos);
}

}  // namespace
}  // namespace store_test
