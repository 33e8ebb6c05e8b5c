// A loop that tests can ask, and what happened on it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "host/base/loop.hpp"

namespace loop_test {

using namespace hookswitch;

/// Runs it on the loop and waits.
template <class F>
void on(base::Loop& loop, F f) {
  std::promise<void> done;
  loop.post([&] {
    f();
    done.set_value();
  });
  done.get_future().wait();
}

/// Asks on the loop, turn by turn, until it holds; false when that takes unreasonably long.
template <class Predicate>
bool comes(base::Loop& loop, Predicate holds) {
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
       std::chrono::steady_clock::now() < end;) {
    bool now = false;
    on(loop, [&] { now = holds(); });
    if (now) return true;
  }
  return false;
}

/// Things that happened on other threads, in their order. [any]
class Diary {
 public:
  void add(std::string entry) {
    std::lock_guard<std::mutex> lock(mutex_);
    entries_.push_back(std::move(entry));
    changed_.notify_all();
  }
  std::vector<std::string> all() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return entries_;
  }
  std::size_t count(const std::string& beginning) const {
    std::size_t n = 0;
    for (auto& e : all()) n += e.compare(0, beginning.size(), beginning) == 0;
    return n;
  }
  /// Waits for an entry that begins so; false when it takes unreasonably long.
  bool waitFor(const std::string& beginning, std::size_t times = 1) const {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] {
      std::size_t n = 0;
      for (auto& e : entries_) n += e.compare(0, beginning.size(), beginning) == 0;
      return n >= times;
    });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::string> entries_;
};

/// One loop that runs.
class LoopTest : public testing::Test {
 protected:
  LoopTest() { loop.start(); }
  template <class F>
  void on(F f) {
    loop_test::on(loop, f);
  }
  base::Loop loop{"test"};
};

/// Somebody who wants the next turn 20 ms after each.
struct Ticks final : base::Paced {
  Ticks(base::Loop& l, std::function<void(std::int64_t)> f) : loop(l), each(std::move(f)) {}
  void begin() {
    loop.addPaced(*this);
    loop.paceAt(*this, loop.pacingUs() + 20'000);
  }
  void pace(std::int64_t now_us) override {
    loop.paceAt(*this, now_us + 20'000);
    each(now_us);
  }
  base::Loop& loop;
  std::function<void(std::int64_t)> each;
};

/// Somebody who has something to send.
struct Flushes final : base::Flushable {
  void flushNow() override {
    ++count;
    if (on_flush) on_flush();
  }
  int count = 0;
  std::function<void()> on_flush;
};

}  // namespace loop_test
