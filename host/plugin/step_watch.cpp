#include "host/plugin/step_watch.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "host/base/log.hpp"
#include "host/plugin/flood.hpp"
#include "host/plugin/steps.hpp"

namespace hookswitch::plugin {
namespace {

constexpr const char* component = "watchdog";
constexpr int restart_me = 3;  // Application::internal
constexpr std::chrono::milliseconds flush_bound{1000};

}  // namespace

StepWatch::StepWatch(std::chrono::seconds limit, std::chrono::milliseconds between_looks,
                     std::function<void(const std::string&)> end)
    : end_(std::move(end)), thread_([this, limit, between_looks] { run(limit, between_looks); }) {
  ::pthread_setname_np(thread_.native_handle(), "steps");
}

StepWatch::~StepWatch() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void StepWatch::run(std::chrono::seconds limit, std::chrono::milliseconds between_looks) {
  struct Seen {
    std::uint64_t number = 0;
    std::uint64_t looks = 0;
  };
  std::map<const StepSlot*, Seen> seen;
  const std::uint64_t looks =
      std::max<std::uint64_t>(1, std::uint64_t(std::chrono::milliseconds(limit) / between_looks));
  for (;;) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (wake_.wait_for(lock, between_looks, [this] { return stopping_; })) break;
    }
    FloodGate::report();
    if (!limit.count()) continue;
    for (const StepSlot* slot : stepSlots()) {
      Seen& last = seen[slot];
      const std::uint64_t number = slot->number.load(std::memory_order_acquire);
      if (!slot->who.load(std::memory_order_acquire) || number != last.number) {
        last = {number, 0};
        continue;
      }
      if (++last.looks < looks) continue;
      const std::string sentence = describe(*slot) + " has not come back for " + std::to_string(limit.count()) + " s";
      if (end_) {
        end_(sentence);
        last.looks = 0;
        continue;
      }
      recordStuck(*slot);
      log::write(log::Level::fatal, component, {},
                 sentence + "; the process ends, so that its supervisor starts it again");
      log::flush(flush_bound);
      ::_exit(restart_me);
    }
  }
  FloodGate::report();
}

}  // namespace hookswitch::plugin
