#include "host/control/thread.hpp"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>

#include "host/base/barrier.hpp"
#include "host/base/lived_clock.hpp"
#include "host/test_points.hpp"

namespace hookswitch::control {
namespace {

#ifdef HOOKSWITCH_CUT_POINTS
constexpr std::uint64_t longest_wait_ms = 20;  // a clock that a test moves wakes nobody
#else
constexpr std::uint64_t longest_wait_ms = 1'000;  // a machine that was suspended wakes nobody either
#endif
constexpr std::uint64_t longest_drift_ms = 100;  // between two readings of two clocks

/// A mistake in the handling of one event must not take the thread, and with it every call, along.
void runGuarded(const Thread::Task& task) { base::guarded("control", "an event", task); }

}  // namespace

Thread::~Thread() { stop(); }

std::uint64_t Thread::nowMs() {
  std::int64_t now =
      std::chrono::duration_cast<std::chrono::milliseconds>(base::LivedClock::now().time_since_epoch()).count();
#ifdef HOOKSWITCH_CUT_POINTS
  now += testpoint::monotonicShiftMs();
#endif
  return std::uint64_t(now);
}

std::uint64_t Thread::allMs() {
  timespec boot{};
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  std::int64_t now = boot.tv_sec * 1000ll + boot.tv_nsec / 1'000'000 +
                     std::chrono::duration_cast<std::chrono::milliseconds>(base::LivedClock::pretended()).count();
#ifdef HOOKSWITCH_CUT_POINTS
  now += testpoint::monotonicShiftMs();
#endif
  return std::uint64_t(now);
}

const std::string& Thread::boot() {
  static const std::string id = [] {
    std::string line;
    std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), line);
    return line;
  }();
  return id;
}

std::uint64_t Thread::unixMs() {
  std::int64_t now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
#ifdef HOOKSWITCH_CUT_POINTS
  now += testpoint::wallShiftMs();
#endif
  return std::uint64_t(now);
}

void Thread::start() {
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "control");
    run();
  });
}

void Thread::stop() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Thread::post(Task task) {
  bool first;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    first = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (first) wake_.notify_one();
}

Thread::TimerId Thread::after(std::uint64_t ms, Task task) {
  const TimerId id = next_++;
  ids_[id] = timers_.emplace(nowMs() + ms, Timer{id, std::move(task)});
  return id;
}

Thread::TimerId Thread::afterAll(std::uint64_t ms, Task task) {
  const TimerId id = next_++;
  ids_[id] = timers_.emplace(nowMs() + ms, Timer{id, std::move(task), allMs() + ms});
  return id;
}

/// The process has stood still: timers that go by all of the time are due sooner than timers_ says.
void Thread::catchUp() {
  const std::uint64_t now = nowMs(), all = allMs(), behind = all - now;
  const bool stood = behind > behind_ms_ + longest_drift_ms;
  behind_ms_ = std::max(behind, behind_ms_);
  if (!stood) return;
  for (auto it = timers_.begin(); it != timers_.end();) {
    const auto next = std::next(it);
    if (const std::uint64_t due = it->second.all_due) {
      auto node = timers_.extract(it);
      node.key() = due > all ? now + (due - all) : now;
      const TimerId id = node.mapped().id;
      ids_[id] = timers_.insert(std::move(node));
    }
    it = next;
  }
}

void Thread::cancel(TimerId id) {
  auto it = ids_.find(id);
  if (it == ids_.end()) return;
  timers_.erase(it->second);
  ids_.erase(it);
}

void Thread::run() {
  std::vector<Task> tasks;
  for (;;) {
    catchUp();
    const std::uint64_t looked = nowMs();
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (posted_.empty() && !stopping_) {
        if (timers_.empty()) {
          wake_.wait(lock, [this] { return !posted_.empty() || stopping_; });
        } else {
          const std::uint64_t now = looked, due = timers_.begin()->first;
          if (due > now)
            wake_.wait_for(lock, std::chrono::milliseconds(std::min(due - now, longest_wait_ms)),
                           [this] { return !posted_.empty() || stopping_; });
        }
      }
      tasks.swap(posted_);
      if (tasks.empty() && stopping_) {
        closed_ = true;
        return;
      }
    }
    for (auto& task : tasks) runGuarded(task);
    tasks.clear();
    // Only what was due before the look: whatever had been posted by then comes first.
    while (!timers_.empty() && timers_.begin()->first <= looked) {
      Timer timer = std::move(timers_.begin()->second);
      ids_.erase(timer.id);
      timers_.erase(timers_.begin());
      runGuarded(timer.task);
    }
  }
}

}  // namespace hookswitch::control
