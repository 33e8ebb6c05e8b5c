#include "host/net/io_pool.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace hookswitch::net {

struct IoPool::Impl {
  std::size_t max_queued = 0;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Task> queue;
  bool stopping = false;
  std::atomic<std::size_t> faults{0};
  std::mutex join_mutex;  ///< two stop() calls: the second waits for the first
  std::vector<std::thread> threads;
  std::size_t thread_count = 0;

  void run() {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      wake.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      {
        Task task = std::move(queue.front());
        queue.pop_front();
        lock.unlock();
        try {
          task();
        } catch (...) {
          faults.fetch_add(1, std::memory_order_relaxed);  // see post(): nobody is there to be told
        }
      }  // what the task holds is destroyed here, outside the lock
      lock.lock();
    }
  }
};

IoPool::IoPool(std::size_t threads, std::size_t max_queued, std::string name) : impl_(std::make_unique<Impl>()) {
  impl_->max_queued = max_queued;
  impl_->thread_count = threads == 0 ? 1 : threads;
  name.resize(std::min<std::size_t>(name.size(), 11));
  for (std::size_t i = 0; i < impl_->thread_count; ++i) {
    impl_->threads.emplace_back([impl = impl_.get()] { impl->run(); });
    pthread_setname_np(impl_->threads.back().native_handle(), (name + "-" + std::to_string(i)).substr(0, 15).c_str());
  }
}

IoPool::~IoPool() { stop(Stop::abandon); }

bool IoPool::post(Task task) {
  {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    if (impl_->stopping || impl_->queue.size() >= impl_->max_queued) return false;
    impl_->queue.push_back(std::move(task));
  }
  impl_->wake.notify_one();
  return true;
}

void IoPool::stop(Stop policy) {
  std::deque<Task> dropped;  // destroyed outside the lock: a task may own something whose destructor posts
  {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    impl_->stopping = true;
    if (policy == Stop::abandon) dropped.swap(impl_->queue);
  }
  impl_->wake.notify_all();
  dropped.clear();
  const std::lock_guard<std::mutex> lock(impl_->join_mutex);
  for (std::thread& thread : impl_->threads) thread.join();
  impl_->threads.clear();
}

std::size_t IoPool::threads() const { return impl_->thread_count; }

std::size_t IoPool::queued() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->queue.size();
}

std::size_t IoPool::faults() const { return impl_->faults.load(std::memory_order_relaxed); }

}  // namespace hookswitch::net
