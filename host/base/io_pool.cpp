#include "host/base/io_pool.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "host/base/barrier.hpp"

namespace hookswitch::base {

struct IoPool::Impl {
  struct Lane {
    std::string name, what;  ///< `what`: in words, for the log
    std::deque<Task> queue;
    std::size_t running = 0;
  };
  struct Rest {  ///< of a thread that waits for a task; lives on its stack
    std::condition_variable wake;
    bool called = false;
  };
  using Handle = std::list<std::thread>::iterator;

  std::string name;
  std::size_t max_queued = 0, lane_threads = 0, thread_count = 0;
  std::chrono::milliseconds idle{0};
  mutable std::mutex mutex;
  /// In the order of their next turn; a handful, so they are searched. A list: a lane stays where it is while it moves
  /// on.
  std::list<Lane> lanes;
  std::size_t running = 0;
  bool stopping = false;
  std::list<std::thread> threads, gone;  ///< gone: they have left and are still to be joined
  std::vector<bool> numbers;             ///< that names of threads carry now
  std::vector<Rest*> resting;            ///< the last one rests since the shortest time
  std::condition_variable left;          ///< a thread has moved to `gone`
  std::mutex join_mutex;                 ///< two stop() calls: the second waits for the first

  bool mayRun(const Lane& lane) const {
    if (lane.queue.empty()) return false;
    return lane_threads == 0 || (lane.running < lane_threads && lane.running < thread_count - running);
  }
  std::list<Lane>::iterator next() {
    return std::find_if(lanes.begin(), lanes.end(), [this](const Lane& lane) { return mayRun(lane); });
  }
  bool nothingQueued() const {
    return std::all_of(lanes.begin(), lanes.end(), [](const Lane& lane) { return lane.queue.empty(); });
  }

  // All of the following with the mutex locked.

  /// Throws std::system_error when the system gives no thread.
  void begin() {
    for (std::thread& thread : gone) thread.join();  // it holds no lock any more
    gone.clear();
    const auto number = std::size_t(std::find(numbers.begin(), numbers.end(), false) - numbers.begin());
    const Handle handle = threads.emplace(threads.end());
    try {
      *handle = std::thread([this, handle, number] { run(handle, number); });
    } catch (...) {
      threads.erase(handle);
      throw;
    }
    numbers[number] = true;
    pthread_setname_np(handle->native_handle(), (name + "-" + std::to_string(number)).substr(0, 15).c_str());
  }

  /// A thread for the task whose turn it is, if there is one.
  void rouse() {
    if (next() == lanes.end()) return;
    if (!resting.empty()) {
      call(*resting.back());
      resting.pop_back();
    } else if (threads.size() < thread_count) {
      // Without a new thread the task waits for one of those that are there; there is always one.
      base::guarded("io", "a new thread", [this] { begin(); });
    }
  }
  static void call(Rest& rest) {
    rest.called = true;
    rest.wake.notify_one();
  }
  void rouseAll() {
    for (Rest* rest : resting) call(*rest);
    resting.clear();
  }

  /// False when the time was up. The last thread waits for ever: somebody must take the next task.
  bool rest(std::unique_lock<std::mutex>& lock) {
    Rest here;
    resting.push_back(&here);
    const auto called = [&here] { return here.called; };
    if (threads.size() == 1) {
      here.wake.wait(lock, called);
      return true;
    }
    if (here.wake.wait_for(lock, idle, called)) return true;
    resting.erase(std::find(resting.begin(), resting.end(), &here));
    return threads.size() == 1;
  }

  void leave(Handle handle, std::size_t number) {
    numbers[number] = false;
    gone.splice(gone.end(), threads, handle);
    if (stopping) rouseAll();
    left.notify_all();
  }

  // The life of a thread.
  void run(Handle handle, std::size_t number) {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      const auto lane = next();
      if (lane == lanes.end()) {
        if ((stopping && nothingQueued()) || !rest(lock)) return leave(handle, number);
        continue;
      }
      {
        Task task = std::move(lane->queue.front());
        lane->queue.pop_front();
        ++lane->running;
        ++running;
        lanes.splice(lanes.end(), lanes, lane);
        rouse();  // one task that ends can make room for two lanes
        lock.unlock();
        base::guarded("io", lane->what, task);
      }  // what the task holds is destroyed here, outside the lock
      lock.lock();
      --running;
      if (--lane->running == 0 && lane->queue.empty()) lanes.erase(lane);
    }
  }
};

IoPool::IoPool(std::size_t threads, std::size_t max_queued, std::string name, std::size_t lane_threads,
               std::uint32_t idle_ms)
    : impl_(std::make_unique<Impl>()) {
  impl_->max_queued = max_queued;
  impl_->thread_count = threads == 0 ? 1 : threads;
  impl_->lane_threads = lane_threads;
  impl_->idle = std::chrono::milliseconds(idle_ms);
  impl_->name = name.substr(0, 11);
  impl_->numbers.resize(impl_->thread_count);
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  impl_->begin();
}

IoPool::~IoPool() { stop(Stop::abandon); }

bool IoPool::post(std::string_view lane, Task task) {
  {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    if (impl_->stopping) return false;
    auto& lanes = impl_->lanes;
    auto it = std::find_if(lanes.begin(), lanes.end(), [&](const Impl::Lane& known) { return known.name == lane; });
    if (it == lanes.end())
      it = lanes.insert(lanes.end(), Impl::Lane{std::string(lane), "a task of '" + std::string(lane) + "'", {}, 0});
    if (it->queue.size() >= impl_->max_queued) return false;
    it->queue.push_back(std::move(task));
    impl_->rouse();
  }
  return true;
}

void IoPool::stop(Stop policy) {
  std::deque<Task> dropped;  // destroyed outside the lock: a task may own something whose destructor posts
  {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    impl_->stopping = true;
    if (policy == Stop::abandon)
      for (Impl::Lane& lane : impl_->lanes) {
        std::move(lane.queue.begin(), lane.queue.end(), std::back_inserter(dropped));
        lane.queue.clear();
      }
    impl_->rouseAll();
  }
  dropped.clear();
  const std::lock_guard<std::mutex> joining(impl_->join_mutex);
  std::list<std::thread> gone;
  {
    std::unique_lock<std::mutex> lock(impl_->mutex);
    impl_->left.wait(lock, [this] { return impl_->threads.empty(); });
    gone.swap(impl_->gone);
  }
  for (std::thread& thread : gone) thread.join();
}

std::size_t IoPool::queued() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  std::size_t count = 0;
  for (const Impl::Lane& lane : impl_->lanes) count += lane.queue.size();
  return count;
}

std::size_t IoPool::threads() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->threads.size();
}

}  // namespace hookswitch::base
