#include "host/net/io_pool.hpp"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <list>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "host/base/barrier.hpp"

namespace hookswitch::net {

struct IoPool::Impl {
  struct Lane {
    std::string name, what;  ///< `what`: in words, for the log
    std::deque<Task> queue;
    std::size_t running = 0;
  };

  std::size_t max_queued = 0, lane_threads = 0;
  mutable std::mutex mutex;
  std::condition_variable wake;
  /// In the order of their next turn; a handful, so they are searched. A list: a lane stays where it is while it moves
  /// on.
  std::list<Lane> lanes;
  std::size_t running = 0;
  bool stopping = false;
  std::mutex join_mutex;  ///< two stop() calls: the second waits for the first
  std::vector<std::thread> threads;
  std::size_t thread_count = 0;

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

  void run() {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      auto lane = lanes.end();
      wake.wait(lock, [&] { return (lane = next()) != lanes.end() || (stopping && nothingQueued()); });
      if (lane == lanes.end()) return;
      {
        Task task = std::move(lane->queue.front());
        lane->queue.pop_front();
        ++lane->running;
        ++running;
        lanes.splice(lanes.end(), lanes, lane);
        if (stopping)
          wake.notify_all();  // some may wait for the queues to be empty
        else if (next() != lanes.end())
          wake.notify_one();  // one task that ends can make room for two lanes
        lock.unlock();
        base::guarded("io", lane->what, task);
      }  // what the task holds is destroyed here, outside the lock
      lock.lock();
      --running;
      if (--lane->running == 0 && lane->queue.empty()) lanes.erase(lane);
    }
  }
};

IoPool::IoPool(std::size_t threads, std::size_t max_queued, std::string name, std::size_t lane_threads)
    : impl_(std::make_unique<Impl>()) {
  impl_->max_queued = max_queued;
  impl_->thread_count = threads == 0 ? 1 : threads;
  impl_->lane_threads = lane_threads;
  name.resize(std::min<std::size_t>(name.size(), 11));
  for (std::size_t i = 0; i < impl_->thread_count; ++i) {
    impl_->threads.emplace_back([impl = impl_.get()] { impl->run(); });
    pthread_setname_np(impl_->threads.back().native_handle(), (name + "-" + std::to_string(i)).substr(0, 15).c_str());
  }
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
  }
  impl_->wake.notify_one();
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
  }
  impl_->wake.notify_all();
  dropped.clear();
  const std::lock_guard<std::mutex> lock(impl_->join_mutex);
  for (std::thread& thread : impl_->threads) thread.join();
  impl_->threads.clear();
}

std::size_t IoPool::queued() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  std::size_t count = 0;
  for (const Impl::Lane& lane : impl_->lanes) count += lane.queue.size();
  return count;
}

}  // namespace hookswitch::net
