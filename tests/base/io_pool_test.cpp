#include "host/base/io_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

using namespace hookswitch::base;

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
  testing::internal::CaptureStderr();
  pool.post([] { throw std::runtime_error("x"); });
  pool.post([&] { after.set_value(); });
  after.get_future().wait();
  pool.stop(IoPool::Stop::finish);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("could not be handled: x\n"));
}

TEST(IoPool, StopIsIdempotent) {
  IoPool pool(2);
  pool.stop(IoPool::Stop::finish);
  pool.stop(IoPool::Stop::abandon);
  EXPECT_FALSE(pool.post([] {}));
}

TEST(IoPool, MakesThreadsWhenTheyAreNeededAndNoMoreThanItMay) {
  std::promise<void> release;
  const std::shared_future<void> gate = release.get_future().share();
  IoPool pool(5);
  EXPECT_EQ(pool.threads(), 1U);
  std::atomic<int> inside{0};
  for (int i = 0; i < 9; ++i) pool.post([&, gate] { ++inside, gate.wait(); });
  while (inside < 5) std::this_thread::yield();
  EXPECT_EQ(pool.threads(), 5U);
  EXPECT_EQ(pool.queued(), 4U);
  release.set_value();
}

TEST(IoPool, AThreadThatIsIdleLeavesAndTheLastOneStays) {
  IoPool pool(6, 100, "io", 0, 0);
  for (int round = 1; round <= 3; ++round) {
    std::promise<void> release;
    const std::shared_future<void> gate = release.get_future().share();
    std::atomic<int> inside{0};
    for (int i = 0; i < 6; ++i) pool.post([&, gate] { ++inside, gate.wait(); });
    while (inside < 6) std::this_thread::yield();  // also when some had left before
    release.set_value();
    while (pool.threads() > 1) std::this_thread::yield();
  }
}

namespace {

/// A pool whose tasks stay until they are let go, and the account of who is inside.
class Guests {
 public:
  Guests(std::size_t threads, std::size_t max_queued, std::size_t lane_threads)
      : pool(threads, max_queued, "io", lane_threads) {}
  ~Guests() { letAllGo(); }

  /// False when the pool refused it.
  bool invite(const std::string& lane) {
    return pool.post(lane, [this, lane] {
      std::unique_lock<std::mutex> lock(mutex_);
      ++inside_[lane];
      ++served_[lane];
      order_ += lane;
      changed_.notify_all();
      changed_.wait(lock, [&] { return leave_[lane] > 0 || open_; });
      if (leave_[lane] > 0) --leave_[lane];
      --inside_[lane];
      changed_.notify_all();
    });
  }
  void letOneGo(const std::string& lane) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++leave_[lane];
    changed_.notify_all();
  }
  void letAllGo() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool waitForServed(const std::string& lane, int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return served_[lane] >= count; });
  }
  int served(const std::string& lane) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return served_[lane];
  }
  int inside(const std::string& lane) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return inside_[lane];
  }
  std::string order() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return order_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> inside_, served_, leave_;
  std::string order_;
  bool open_ = false;

 public:
  IoPool pool;  ///< ends before what its tasks use
};

}  // namespace

TEST(IoPoolLanes, ALaneOfStuckTasksLeavesThreadsToTheOthers) {
  Guests guests(8, 100, 3);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(guests.invite("t"));
  ASSERT_TRUE(guests.waitForServed("t", 3));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(guests.invite("w"));
  ASSERT_TRUE(guests.waitForServed("w", 3));
  EXPECT_EQ(guests.inside("t"), 3);
  guests.letOneGo("w");
  EXPECT_TRUE(guests.waitForServed("w", 4));
  guests.letAllGo();
  guests.pool.stop(IoPool::Stop::finish);
  EXPECT_EQ(guests.order().size(), 40U);
}

TEST(IoPoolLanes, HoweverManyLanesAreStuckTheNextStillGetsAThread) {
  Guests guests(8, 100, 4);
  // Half of what is free each: 4, 2, 1, and the last one for the fourth.
  const std::pair<const char*, int> stuck[] = {{"a", 4}, {"b", 2}, {"c", 1}};
  for (const auto& [lane, threads] : stuck) {
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(guests.invite(lane));
    ASSERT_TRUE(guests.waitForServed(lane, threads)) << lane;
  }
  ASSERT_TRUE(guests.invite("d"));
  EXPECT_TRUE(guests.waitForServed("d", 1));
  for (const auto& [lane, threads] : stuck) EXPECT_EQ(guests.inside(lane), threads) << lane;
}

TEST(IoPoolLanes, LanesTakeTurnsWhateverTheirLength) {
  Guests guests(1, 100, 1);
  ASSERT_TRUE(guests.invite("a"));
  ASSERT_TRUE(guests.waitForServed("a", 1));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(guests.invite("a"));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(guests.invite("b"));
  ASSERT_TRUE(guests.invite("c"));
  EXPECT_EQ(guests.pool.queued(), 7U);
  guests.letAllGo();
  guests.pool.stop(IoPool::Stop::finish);
  EXPECT_EQ(guests.order(), "aabcabaa");
}

TEST(IoPoolLanes, AFullLaneRefusesForItselfAlone) {
  Guests guests(1, 2, 1);
  ASSERT_TRUE(guests.invite("a"));
  ASSERT_TRUE(guests.waitForServed("a", 1));
  EXPECT_TRUE(guests.invite("a"));
  EXPECT_TRUE(guests.invite("a"));
  EXPECT_FALSE(guests.invite("a"));
  EXPECT_TRUE(guests.invite("b"));
}

TEST(IoPoolLanes, ATaskThatEndsMakesRoomForEveryLaneThatMayRunNow) {
  constexpr int many = 2000;
  Guests guests(3, many, 3);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(guests.invite("a"));
  ASSERT_TRUE(guests.waitForServed("a", 2));
  for (int i = 0; i < many; ++i) ASSERT_TRUE(guests.invite("b"));
  ASSERT_TRUE(guests.waitForServed("b", 1));
  // One each and one free, once it is out: neither has fewer than are free.
  guests.letOneGo("a");
  // Then two are free when a b ends: a, whose turn it is, takes one of them, and b the other.
  for (int served = 1; served < many && guests.served("a") < 3;) {
    guests.letOneGo("b");
    ASSERT_TRUE(guests.waitForServed("b", ++served));
  }
  EXPECT_TRUE(guests.waitForServed("a", 3));
}
