#include "host/control/thread.hpp"

#include <pthread.h>

#include <chrono>
#include <exception>

#include "host/app/log.hpp"

namespace hookswitch::control {
namespace {

/// A mistake in the handling of one event must not take the thread, and with it every call, along.
void runGuarded(const Thread::Task& task) {
  try {
    task();
  } catch (const std::exception& e) {
    log::error("control", std::string("an event could not be handled: ") + e.what());
  }
}

}  // namespace

Thread::~Thread() { stop(); }

std::uint64_t Thread::nowMs() {
  return std::uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

std::uint64_t Thread::unixMs() {
  return std::uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
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

void Thread::cancel(TimerId id) {
  auto it = ids_.find(id);
  if (it == ids_.end()) return;
  timers_.erase(it->second);
  ids_.erase(it);
}

void Thread::run() {
  std::vector<Task> tasks;
  for (;;) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (posted_.empty() && !stopping_) {
        if (timers_.empty()) {
          wake_.wait(lock, [this] { return !posted_.empty() || stopping_; });
        } else {
          const std::uint64_t now = nowMs(), due = timers_.begin()->first;
          if (due > now) wake_.wait_for(lock, std::chrono::milliseconds(due - now), [this] { return !posted_.empty() || stopping_; });
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
    const std::uint64_t now = nowMs();
    while (!timers_.empty() && timers_.begin()->first <= now) {
      Timer timer = std::move(timers_.begin()->second);
      ids_.erase(timer.id);
      timers_.erase(timers_.begin());
      runGuarded(timer.task);
    }
  }
}

}  // namespace hookswitch::control
