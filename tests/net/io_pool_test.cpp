#include "host/net/io_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>

using namespace hookswitch::net;

TEST(IoPool, RunsEveryTaskOnItsOwnThreads) {
  IoPool pool(4);
  std::atomic<int> done{0};
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(pool.post([&] { ++done; }));
  pool.stop(IoPool::Stop::finish);
  EXPECT_EQ(done.load(), 1000);
}

TEST(IoPool, RunsAsManyTasksAtOnceAsItHasThreads) {
  IoPool pool(3);
  std::atomic<int> arrived{0};
  std::promise<void> all;
  std::shared_future<void> gate = all.get_future().share();
  for (int i = 0; i < 3; ++i) {
    pool.post([&, gate] {
      if (++arrived == 3) all.set_value();
      gate.wait();  // none can leave before all three are inside
    });
  }
  gate.wait();
  EXPECT_EQ(arrived.load(), 3);
}

TEST(IoPool, RefusesWhenItsQueueIsFull) {
  std::promise<void> running, release;
  IoPool pool(1, 2);
  pool.post([&] {
    running.set_value();
    release.get_future().wait();
  });
  running.get_future().wait();
  EXPECT_TRUE(pool.post([] {}));
  EXPECT_TRUE(pool.post([] {}));
  EXPECT_EQ(pool.queued(), 2U);
  EXPECT_FALSE(pool.post([] {}));
  release.set_value();
}

TEST(IoPool, AbandonDropsWhatIsQueuedAndWaitsForWhatRuns) {
  std::promise<void> running, release;
  std::atomic<int> done{0};
  IoPool pool(1);
  pool.post([&] {
    running.set_value();
    release.get_future().wait();
    ++done;
  });
  running.get_future().wait();
  const auto witness = std::make_shared<int>(1);
  for (int i = 0; i < 5; ++i) pool.post([&done, witness] { done += 100; });
  std::thread stopper([&] { pool.stop(IoPool::Stop::abandon); });
  while (witness.use_count() > 1) std::this_thread::yield();  // the queue has been dropped
  release.set_value();
  stopper.join();
  EXPECT_EQ(done.load(), 1);
  EXPECT_FALSE(pool.post([] {}));
}

TEST(IoPool, ATaskThatThrowsHarmsNobody) {
  IoPool pool(1);
  std::promise<void> after;
  pool.post([] { throw std::runtime_error("x"); });
  pool.post([&] { after.set_value(); });
  after.get_future().wait();
  EXPECT_EQ(pool.faults(), 1U);
}

TEST(IoPool, StopIsIdempotent) {
  IoPool pool(2);
  pool.stop(IoPool::Stop::finish);
  pool.stop(IoPool::Stop::abandon);
  EXPECT_FALSE(pool.post([] {}));
}
