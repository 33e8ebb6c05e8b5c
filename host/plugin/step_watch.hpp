// The thread that ends a process in which a step does not end.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace hookswitch::plugin {

/// [main]
class StepWatch {
 public:
  /// A step that is seen to run on at every look for this long ends the process; 0: never. Looks are counted, not
  /// seconds: a process that was stopped, or a machine that slept, has not looked. `end`: instead of ending the
  /// process, for tests; it gets the sentence that names the plugin.
  StepWatch(std::chrono::seconds limit, std::chrono::milliseconds between_looks,
            std::function<void(const std::string&)> end = {});
  ~StepWatch();
  StepWatch(const StepWatch&) = delete;

 private:
  void run(std::chrono::seconds limit, std::chrono::milliseconds between_looks);
  std::function<void(const std::string&)> end_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hookswitch::plugin
