// What other threads want done on a loop's, in the order of posting.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace hookswitch::base {

/// [any]
class Mailbox {
 public:
  using Task = std::function<void()>;

  /// True: it is the first since the last takeAll(), so whoever takes has to be woken. Dropped once it is closed.
  bool put(Task task) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return false;
    tasks_.push_back(std::move(task));
    return tasks_.size() == 1;
  }
  std::vector<Task> takeAll() {
    std::vector<Task> tasks;
    const std::lock_guard<std::mutex> lock(mutex_);
    tasks.swap(tasks_);
    return tasks;
  }
  /// Closed from now on, unless something is in it.
  bool closeIfEmpty() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return closed_ = tasks_.empty();
  }

 private:
  std::mutex mutex_;  // guards what follows
  std::vector<Task> tasks_;
  bool closed_ = false;
};

}  // namespace hookswitch::base
