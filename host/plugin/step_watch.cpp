#include "host/plugin/step_watch.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "host/base/barrier.hpp"
#include "host/base/log.hpp"
#include "host/plugin/flood.hpp"
#include "host/plugin/steps.hpp"

namespace hookswitch::plugin {
namespace {

constexpr const char* component = "watchdog";
constexpr int restart_me = 3;  // app::internal
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

namespace {

/// What the steps of this process were at the last look.
class Looks {
 public:
  Looks(std::chrono::seconds limit, std::uint64_t looks, const std::function<void(const std::string&)>& end)
      : limit_(limit), looks_(looks), end_(end) {}

  void look() {
    FloodGate::report();
    if (!limit_.count()) return;
    for (const StepSlot* slot : stepSlots()) {
      Seen& last = seen_[slot];
      const std::uint64_t number = slot->number.load(std::memory_order_acquire);
      if (!slot->who.load(std::memory_order_acquire) || number != last.number)
        last = {number, 0};
      else if (++last.looks >= looks_)
        isStuck(*slot, last);
    }
  }

 private:
  struct Seen {
    std::uint64_t number = 0;
    std::uint64_t looks = 0;
  };

  void isStuck(const StepSlot& slot, Seen& last) {
    const std::string sentence = describe(slot) + " has not come back for " + std::to_string(limit_.count()) + " s";
    if (end_) {
      end_(sentence);
      last.looks = 0;
      return;
    }
    recordStuck(slot);
    log::write(log::Level::fatal, component, {},
               sentence + "; the process ends, so that its supervisor starts it again");
    log::flush(flush_bound);
    ::_exit(restart_me);
  }

  const std::chrono::seconds limit_;
  const std::uint64_t looks_;
  const std::function<void(const std::string&)>& end_;
  std::map<const StepSlot*, Seen> seen_;
};

}  // namespace

void StepWatch::run(std::chrono::seconds limit, std::chrono::milliseconds between_looks) {
  const std::uint64_t number =
      std::max<std::uint64_t>(1, std::uint64_t(std::chrono::milliseconds(limit) / between_looks));
  Looks looks(limit, number, end_);
  for (;;) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (wake_.wait_for(lock, between_looks, [this] { return stopping_; })) break;
    }
    base::guarded(component, "a look at the steps", [&] { looks.look(); });
  }
  base::guarded(component, "what was dropped", [] { FloodGate::report(); });
}

}  // namespace hookswitch::plugin
