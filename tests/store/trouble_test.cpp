// A store that cannot write: what it answers, keeps, says, and how it comes back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <filesystem>

#include "support.hpp"

namespace store_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint32_t hour_ms = 3600'000;

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

struct Trouble : testing::Test {
  Directory directory;
  StoreOptions o = options(directory.file());
};

TEST_F(Trouble, AFileThatAnotherProcessHoldsFailsWritesAndRecoversByItself) {
  Errors errors;
  std::string text;
  {
    Store store(o, atOnce);
    store.start();
    ASSERT_TRUE(put(store, {liveCall(1)}));
    Shell shell(directory.file());
    shell.run("BEGIN IMMEDIATE");
    EXPECT_FALSE(put(store, {endedCall(1), line(1, 1, "a")}));
    EXPECT_FALSE(put(store, {liveCall(2)}));
    auto health = store.health();
    EXPECT_FALSE(health.ok);
    EXPECT_THAT(health.error, AllOf(HasSubstr("is locked by another process"), HasSubstr("3 writes wait in memory")));
    EXPECT_EQ(health.backlog, 3u);
    EXPECT_TRUE(find(store, idOf(1)));  // reading goes on
    shell.run("COMMIT");
    EXPECT_TRUE(eventually([&] { return store.health().ok; }));
    EXPECT_EQ(store.health().backlog, 0u);
    EXPECT_EQ(store.health().error, "");
    EXPECT_EQ(find(store, idOf(1))->record.status, call::Status::ended);
    EXPECT_EQ(find(store, idOf(1))->record.transcript.at(0).text, "a");
    EXPECT_TRUE(find(store, idOf(2)));
    EXPECT_TRUE(put(store, {endedCall(2)}));
  }
  text = errors.text();
  EXPECT_EQ(count(text, "nothing can be written, calls go on"), 1u) << text;
  EXPECT_EQ(count(text, "everything is written again"), 1u) << text;
  EXPECT_THAT(text, Not(HasSubstr("nothing could be written")));  // a minute has not passed
}

TEST_F(Trouble, WhileItLastsAPutIsRefusedWithoutAnAttempt) {
  o.retry_ms = hour_ms;
  Store store(o, atOnce);
  store.start();
  Shell shell(directory.file());
  shell.run("BEGIN IMMEDIATE");
  for (unsigned n = 0; n < 50; ++n) EXPECT_FALSE(put(store, {liveCall(n)}));
  EXPECT_EQ(store.health().failures, 1u);
  EXPECT_EQ(store.health().backlog, 50u);
}

TEST_F(Trouble, KeepsTheNewestPerKey) {
  o.retry_ms = hour_ms;
  Store store(o, atOnce);
  store.start();
  Shell shell(directory.file());
  shell.run("BEGIN IMMEDIATE");
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(put(store, {liveCall(1), hook(1, "a", call::HookRow::State::retrying)}));
  EXPECT_EQ(store.health().backlog, 2u);
}

TEST_F(Trouble, WhoWasToldFalseIsNotCalledAgain) {
  std::atomic<int> calls{0};
  {
    Store store(o, atOnce);
    store.start();
    Shell shell(directory.file());
    shell.run("BEGIN IMMEDIATE");
    for (unsigned n = 0; n < 10; ++n) store.put({liveCall(n)}, [&](bool) { ++calls; });
    EXPECT_FALSE(put(store, {liveCall(10)}));
    shell.run("COMMIT");
    EXPECT_TRUE(eventually([&] { return store.health().ok; }));
  }
  EXPECT_EQ(calls, 10);
}

TEST_F(Trouble, SaysAgainThatItLasts) {
  o.retry_ms = 1;
  o.busy_ms = 1;
  o.remind_ms = 0;
  Errors errors;
  {
    Store store(o, atOnce);
    store.start();
    Shell shell(directory.file());
    shell.run("BEGIN IMMEDIATE");
    EXPECT_FALSE(put(store, {liveCall(1)}));
    EXPECT_TRUE(eventually([&] { return store.health().failures > 3; }));
    shell.run("COMMIT");
    EXPECT_TRUE(eventually([&] { return store.health().ok; }));
  }
  const std::string text = errors.text();
  EXPECT_GE(count(text, "s nothing could be written"), 2u) << text;
  EXPECT_EQ(count(text, "nothing can be written, calls go on"), 1u) << text;
}

TEST_F(Trouble, AFullFileIsNamedAndRoomForItEndsTheTrouble) {
  o.max_mb = 1;
  o.keep_days = 0;
  o.unix_ms = [] { return start_ms + 40ull * 24 * hour_ms; };
  Store store(o, atOnce);
  store.start();
  const std::string text(10'000, 'x');
  unsigned n = 1;
  while (n < 1000 && put(store, {endedCall(n), line(n, 1, text)})) ++n;
  EXPECT_GT(n, 20u);
  ASSERT_LT(n, 1000u);
  EXPECT_THAT(store.health().error,
              AllOf(HasSubstr("has reached store.max_mb = 1"), HasSubstr("raise it, or lower store.keep_days")));
  EXPECT_TRUE(find(store, idOf(1)));
  EXPECT_FALSE(put(store, {hook(n, "a", call::HookRow::State::done)}));
  store.setKeepDays(30);  // everything is older than that
  EXPECT_TRUE(eventually([&] { return store.health().ok; })) << store.health().error;
  EXPECT_TRUE(put(store, {endedCall(n + 1), line(n + 1, 1, text)}));
  EXPECT_FALSE(find(store, idOf(1)));
  store.stop();
  EXPECT_LE(std::filesystem::file_size(directory.file()), 1024u * 1024);
}

TEST_F(Trouble, InAFullFileCallsGetTheLastOfTheRoomBeforeTranscripts) {
  o.max_mb = 1;
  Store store(o, atOnce);
  store.start();
  std::vector<Write> lines;
  for (std::uint32_t i = 1; i <= 100; ++i) lines.push_back(line(1, i, std::string(20'000, 'x')));
  lines.push_back(endedCall(1));
  EXPECT_FALSE(put(store, lines));
  EXPECT_TRUE(eventually([&] { return find(store, idOf(1)).has_value(); }));
  EXPECT_FALSE(store.health().ok);
}

/// What a disk's own error looks like: writes beyond a size fail.
class WritesFail {
 public:
  explicit WritesFail(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~WritesFail() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(Trouble, AnErrorOfTheDiskIsNamedAndItsEndEndsTheTrouble) {
  Store store(o, atOnce);
  store.start();
  ASSERT_TRUE(put(store, {liveCall(1)}));
  {
    const WritesFail fault(std::filesystem::file_size(directory.file() + "-wal"));
    EXPECT_FALSE(put(store, {liveCall(2), line(2, 1, std::string(50'000, 'x'))}));
    EXPECT_THAT(store.health().error, AllOf(HasSubstr(directory.file()), HasSubstr("check its disk")));
  }
  EXPECT_TRUE(eventually([&] { return store.health().ok; }));
  EXPECT_TRUE(put(store, {liveCall(3)}));
  EXPECT_EQ(find(store, idOf(2))->record.transcript.at(0).text.size(), 50'000u);
}

TEST_F(Trouble, AFileThatIsTakenAwayIsNotWrittenInTheDark) {
  Store store(o, atOnce);
  store.start();
  ASSERT_TRUE(put(store, {liveCall(1)}));
  std::filesystem::rename(directory.file(), directory.file("elsewhere"));
  EXPECT_FALSE(put(store, {liveCall(2)}));
  EXPECT_THAT(store.health().error, HasSubstr("was removed or replaced while in use"));
  std::filesystem::rename(directory.file("elsewhere"), directory.file());
  EXPECT_TRUE(eventually([&] { return store.health().ok; }));
  EXPECT_TRUE(find(store, idOf(2)));
}

TEST_F(Trouble, ACommitThatHangsIsNotWaitedFor) {
  o.busy_ms = hour_ms;
  // It stands but for where time passes here: no other commit is slow, however busy the machine.
  std::atomic<std::uint64_t> now{1};
  o.now_ms = [&now] { return now.load(); };
  std::atomic<int> yes{0}, no{0};
  const auto note = [&](bool durable) { ++(durable ? yes : no); };
  Errors errors;
  {
    Store store(o, atOnce);
    store.start();
    Shell shell(directory.file());
    shell.run("BEGIN IMMEDIATE");
    store.put({liveCall(1)}, note);
    EXPECT_TRUE(eventually([&] {
      now += o.slow_ms + 1;
      return !store.health().ok;  // who asks notices
    }));
    EXPECT_TRUE(eventually([&] { return no == 1; }));
    EXPECT_THAT(store.health().error, HasSubstr("a commit has been under way for"));
    store.put({liveCall(2)}, note);
    EXPECT_EQ(no, 2);  // at once
    shell.run("COMMIT");
    EXPECT_TRUE(eventually([&] { return store.health().ok && store.health().backlog == 0; }));
    EXPECT_TRUE(find(store, idOf(1)));
    EXPECT_TRUE(find(store, idOf(2)));
    store.put({liveCall(3)}, note);
  }
  EXPECT_EQ(yes, 1);
  EXPECT_EQ(no, 2);
  const std::string text = errors.text();
  EXPECT_EQ(count(text, "a commit has been under way for"), 1u) << text;
  EXPECT_EQ(count(text, "the disk answers again"), 1u) << text;
}

TEST_F(Trouble, BeyondTheBoundLinesAreLostBeforeAnythingElseAndLoudly) {
  o.max_backlog_bytes = 300'000;
  Errors errors;
  {
    Store store(o, atOnce);
    store.start();
    Shell shell(directory.file());
    shell.run("BEGIN IMMEDIATE");
    for (std::uint32_t i = 1; i <= 100; ++i) EXPECT_FALSE(put(store, {line(1, i, std::string(10'000, 'x'))}));
    EXPECT_FALSE(put(store, {endedCall(1), hook(1, "a", call::HookRow::State::done)}));
    EXPECT_GT(store.health().dropped, 60u);
    shell.run("COMMIT");
    EXPECT_TRUE(eventually([&] { return store.health().ok; }));
    const auto found = find(store, idOf(1));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->hooks.size(), 1u);
    EXPECT_EQ(found->record.transcript.back().number, 100u);  // the newest were kept
    EXPECT_EQ(found->record.transcript.size() + store.health().dropped, 100u);
  }
  const std::string text = errors.text();
  EXPECT_EQ(count(text, "lines of transcripts are lost from now on"), 1u) << text;
  EXPECT_THAT(text, HasSubstr("writes were lost"));
}

TEST_F(Trouble, WhatWaitsForAThreadThatHangsIsBoundedToo) {
  o.max_backlog_bytes = 100'000;
  Errors errors;
  std::atomic<int> no{0};
  Store store(o, atOnce);  // not started: nobody takes what is put
  const auto refused = [&](bool durable) { no += !durable; };
  for (std::uint32_t i = 1; i <= 20; ++i) store.put({liveCall(i), line(i, 1, std::string(10'000, 'x'))}, refused);
  EXPECT_EQ(no, 0);  // the calls are kept, some lines are not
  EXPECT_GT(store.health().dropped, 5u);
  for (unsigned n = 21; n < 400; ++n) store.put({liveCall(n)}, refused);
  EXPECT_GT(no, 0);
  EXPECT_LT(store.health().backlog, 400u);
  store.stop();
  EXPECT_EQ(count(errors.text(), "what waits for the disk has reached"), 1u);
}

TEST_F(Trouble, StopTriesOnceMore) {
  o.retry_ms = hour_ms;
  Store store(o, atOnce);
  store.start();
  {
    Shell shell(directory.file());
    shell.run("BEGIN IMMEDIATE");
    EXPECT_FALSE(put(store, {liveCall(1)}));
    shell.run("COMMIT");
  }
  store.stop();
  EXPECT_EQ(Store(options(directory.file()), atOnce).loadUnfinished().calls.size(), 1u);
}

TEST_F(Trouble, StopSaysWhatIsLost) {
  Errors errors;
  {
    Store store(o, atOnce);
    store.start();
    Shell holder(directory.file());
    holder.run("BEGIN IMMEDIATE");
    EXPECT_FALSE(put(store, {liveCall(1), liveCall(2)}));
    store.stop();
  }
  EXPECT_THAT(errors.text(), HasSubstr("the process ends and 2 writes are lost"));
}

TEST_F(Trouble, AReadThatFailsIsNoAnswerThatNothingIsThere) {
  Errors errors;
  {
    Store store(o, atOnce);
    store.start();
    ASSERT_TRUE(put(store, {endedCall(1), hook(1, "a", call::HookRow::State::done)}));
    Shell shell(directory.file());
    shell.run("ALTER TABLE calls RENAME TO hidden");
    std::promise<Answer<std::optional<StoredCall>>> found;
    std::promise<Answer<HistoryPage>> history;
    std::promise<Answer<std::vector<Hook>>> hooks;
    std::promise<Answer<bool>> base;
    const auto into = [](auto& promise) { return [&promise](auto answer) { promise.set_value(std::move(answer)); }; };
    store.find(idOf(1), into(found));
    store.history({}, into(history));
    store.knowsBase("https://gateway.example/base", into(base));
    EXPECT_FALSE(found.get_future().get().readable);
    EXPECT_FALSE(history.get_future().get().readable);
    EXPECT_FALSE(base.get_future().get().readable);
    shell.run("ALTER TABLE hooks RENAME TO hidden_hooks");
    store.hooks({call::HookRow::State::done}, 10, into(hooks));
    EXPECT_FALSE(hooks.get_future().get().readable);
    EXPECT_FALSE(store.health().ok);
    EXPECT_THAT(store.health().error, AllOf(HasSubstr("could not be read"), HasSubstr("hooks")));
    shell.run("ALTER TABLE hidden RENAME TO calls");
    shell.run("ALTER TABLE hidden_hooks RENAME TO hooks");
    EXPECT_TRUE(find(store, idOf(1)));
    EXPECT_TRUE(store.health().ok);
    EXPECT_EQ(store.health().error, "");
    store.stop();
    std::promise<Answer<bool>> late;
    store.knowsBase("https://gateway.example/base", into(late));
    EXPECT_FALSE(late.get_future().get().readable);
  }
  const std::string text = errors.text();
  EXPECT_EQ(count(text, "what was asked for could not be read"), 1u) << text;  // and not for each of them
  EXPECT_EQ(count(text, "can be read again"), 1u) << text;
}

TEST_F(Trouble, ReadsThatFailAndWorkInTurnsFillNoLog) {
  for (const std::uint32_t remind_ms : {hour_ms, 0u}) {
    o.remind_ms = remind_ms;
    Errors errors;
    {
      Store store(o, atOnce);
      store.start();
      ASSERT_TRUE(put(store, {endedCall(1)}));
      Shell shell(directory.file());
      shell.run("ALTER TABLE lines RENAME TO hidden");
      for (int i = 0; i < 5; ++i) {
        EXPECT_THROW(find(store, idOf(1)), std::runtime_error);
        EXPECT_FALSE(store.health().ok);
        EXPECT_FALSE(find(store, idOf(9)));  // looks no further than the calls
        EXPECT_TRUE(store.health().ok);
      }
      shell.run("ALTER TABLE hidden RENAME TO lines");
    }
    const std::string text = errors.text();
    for (const char* line : {"what was asked for could not be read", "can be read again"})
      EXPECT_EQ(count(text, line), remind_ms ? 1u : 5u) << text;
  }
}

TEST_F(Trouble, ATableThatIsGoneIsTroubleForWrites) {
  Store store(o, atOnce);
  store.start();
  Shell(directory.file()).run("DROP TABLE lines");
  EXPECT_FALSE(put(store, {line(1, 1, "a")}));
  EXPECT_THAT(store.health().error, HasSubstr("lines"));
}

}  // namespace
}  // namespace store_test
