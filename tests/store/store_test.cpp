#include "host/store/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "support.hpp"

namespace store_test {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;

TEST(Store, AnswersInTheOrderOfThePutsThroughTheExecutor) {
  Directory directory;
  std::mutex mutex;
  std::vector<std::function<void()>> tasks;
  Store store(options(directory.file()), [&](std::function<void()> task) {
    std::lock_guard<std::mutex> lock(mutex);
    tasks.push_back(std::move(task));
  });
  std::vector<int> order;
  for (int n = 0; n < 100; ++n)
    store.put({liveCall(unsigned(n))}, [&order, n](bool durable) { order.push_back(durable ? n : -1); });
  store.start();
  store.stop();
  EXPECT_THAT(order, SizeIs(0));  // nothing runs but through the executor
  for (auto& task : tasks) task();
  std::vector<int> expected;
  for (int n = 0; n < 100; ++n) expected.push_back(n);
  EXPECT_EQ(order, expected);
}

TEST(Store, WhatIsQueuedTogetherIsOneCommit) {
  Directory directory;
  Store store(options(directory.file()), atOnce);
  std::atomic<int> durable{0};
  for (unsigned n = 0; n < 1000; ++n)
    store.put({endedCall(n), hook(n, "a", call::HookRow::State::done)}, [&](bool yes) { durable += yes; });
  store.start();
  store.stop();
  EXPECT_EQ(durable, 1000);
  EXPECT_EQ(store.health().commits, 1u);
  EXPECT_EQ(store.health().writes, 2000u);
  EXPECT_EQ(store.health().backlog, 0u);
}

TEST(Store, AReadSeesWhatWasPutBeforeItThoughItIsMoreThanATransactionTakes) {
  Directory directory;
  Store store(options(directory.file()), atOnce);
  for (unsigned n = 1; n <= 5; ++n) store.put({line(n, 1, std::string(9 << 20, 'x')), endedCall(n)});
  std::promise<bool> found;
  store.find(idOf(5), [&](Answer<std::optional<StoredCall>> answer) { found.set_value(answer.value.has_value()); });
  store.start();
  EXPECT_TRUE(found.get_future().get());
}

TEST(Store, AReadSeesWhatWasPutBeforeIt) {
  Directory directory;
  Store store(options(directory.file()), atOnce);
  store.start();
  for (unsigned n = 1; n <= 50; ++n) {
    store.put({liveCall(n)});
    ASSERT_TRUE(find(store, idOf(n))) << n;
  }
}

TEST(Store, StopCommitsWhatIsQueuedEvenIfItNeverStarted) {
  Directory directory;
  {
    Store store(options(directory.file()), atOnce);
    bool durable = false;
    store.put({liveCall(1)}, [&](bool yes) { durable = yes; });
    store.stop();
    EXPECT_TRUE(durable);
    store.stop();
  }
  Store again(options(directory.file()), atOnce);
  EXPECT_THAT(ids(again.loadUnfinished().calls), ElementsAre(idOf(1)));
}

TEST(Store, AfterStopEveryQuestionIsAnsweredAndNothingIsDurable) {
  Directory directory;
  Store store(options(directory.file()), atOnce);
  store.start();
  ASSERT_TRUE(put(store, {endedCall(1)}));
  store.stop();
  EXPECT_FALSE(put(store, {endedCall(2)}));
  EXPECT_THROW(find(store, idOf(1)), std::runtime_error);
  EXPECT_THROW(history(store), std::runtime_error);
  EXPECT_TRUE(store.health().ok);
}

TEST(Store, StopFoldsTheLogIntoTheFileAndGivesItUp) {
  Directory directory;
  Store store(options(directory.file()), atOnce);
  store.start();
  ASSERT_TRUE(put(store, {liveCall(1)}));
  struct stat found {};
  EXPECT_EQ(::stat((directory.file() + "-wal").c_str(), &found), 0);
  store.stop();
  EXPECT_NE(::stat((directory.file() + "-wal").c_str(), &found), 0);
  EXPECT_EQ(refusal(options(directory.file())), "");
}

TEST(Store, InMemoryItRemembersUntilItStops) {
  Store store(options(""), atOnce);
  store.start();
  EXPECT_TRUE(put(store, {endedCall(1), line(1, 1, "a")}));
  EXPECT_EQ(find(store, idOf(1))->record.transcript.at(0).text, "a");
}

TEST(Store, ACallbackMayPutAgain) {
  Directory directory;
  Store store(options(directory.file()), atOnce);
  store.start();
  std::promise<bool> second;
  store.put({liveCall(1)}, [&](bool) { store.put({endedCall(1)}, [&](bool durable) { second.set_value(durable); }); });
  EXPECT_TRUE(second.get_future().get());
}

TEST(Store, AnEmptyPutIsAnsweredAfterThoseBeforeIt) {
  Directory directory;
  Store store(options(directory.file()), atOnce);
  std::vector<int> order;
  store.put({liveCall(1)}, [&](bool) { order.push_back(1); });
  store.put({}, [&](bool yes) { order.push_back(yes ? 2 : -2); });
  store.start();
  store.stop();
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(Store, RefusesACallWithoutTerms) {
  Store store(options(""), atOnce);
  EXPECT_THROW(store.put({SaveCall{}}), std::invalid_argument);
}

TEST(Store, ManyThreadsPutAndReadAtOnce) {
  Directory directory;
  Store store(options(directory.file()), atOnce);
  store.start();
  std::atomic<int> durable{0}, found{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (unsigned n = t * 100; n < t * 100 + 100; ++n) {
        store.put({endedCall(n), line(n, 1, "x")}, [&](bool yes) { durable += yes; });
        store.find(idOf(n), [&](Answer<std::optional<StoredCall>> c) { found += c.value.has_value(); });
        store.health();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  store.stop();
  EXPECT_EQ(durable, 400);
  EXPECT_EQ(found, 400);
}

TEST(Store, ALongExportDoesNotHoldUpAPut) {
  Directory directory;
  std::vector<std::string> order;  // these outlive the store, which answers until it ends
  std::promise<std::size_t> exported;
  Store store(options(directory.file()), atOnce);
  store.start();
  const std::string text(1000, 'x');
  for (unsigned n = 1; n <= 400; ++n) {
    std::vector<Write> writes{endedCall(n)};
    for (std::uint32_t i = 1; i <= 60; ++i) writes.push_back(line(n, i, text));
    store.put(std::move(writes));
  }
  ASSERT_TRUE(put(store, {}));
  // On the store's own thread, so that the order is its own: the export, behind it a question, and in its answer a put.
  HistoryQuery all;
  all.limit = 1000;
  all.transcripts = true;
  all.page_bytes = 1u << 30;
  store.put({}, [&](bool) {
    store.history(all, [&](Answer<HistoryPage> page) {
      order.push_back("export");
      exported.set_value(page.value.calls.size());
    });
    store.find(idOf(1), [&](Answer<std::optional<StoredCall>>) {
      order.push_back("find");
      store.put({liveCall(1000)}, [&](bool) { order.push_back("put"); });
    });
  });
  EXPECT_EQ(exported.get_future().get(), 400u);
  EXPECT_THAT(order, ElementsAre("find", "put", "export"));
}

}  // namespace
}  // namespace store_test
