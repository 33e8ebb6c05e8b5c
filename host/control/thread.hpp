// The one control thread: tasks in order, and timers.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace hookswitch::control {

class Thread {
 public:
  using Task = std::function<void()>;
  using TimerId = std::uint64_t;

  Thread() = default;
  ~Thread();                              ///< stop()
  Thread(const Thread&) = delete;

  void start();
  void stop();                            ///< what was posted before still runs; timers do not; idempotent [main]
  void post(Task task);                   ///< [any] dropped after stop()
  bool onThread() const { return std::this_thread::get_id() == thread_.get_id(); }

  TimerId after(std::uint64_t ms, Task task);   ///< [control]
  void cancel(TimerId id);                      ///< [control] 0 and unknown ids are ignored
  std::size_t timers() const { return timers_.size(); }   ///< [control]
  static std::uint64_t nowMs();                 ///< monotonic [any]
  static std::uint64_t unixMs();                ///< [any]
  /// Names the run of the machine: while it is the same, nowMs() of an earlier process compares. Empty: not known. [any]
  static const std::string& boot();

 private:
  void run();
  std::thread thread_;
  std::mutex mutex_;                      // guards posted_, stopping_
  std::condition_variable wake_;
  std::vector<Task> posted_;
  bool stopping_ = false, closed_ = false;
  struct Timer { TimerId id; Task task; };
  std::multimap<std::uint64_t, Timer> timers_;   // [control], by nowMs()
  std::unordered_map<TimerId, std::multimap<std::uint64_t, Timer>::iterator> ids_;
  TimerId next_ = 1;
};

}  // namespace hookswitch::control
