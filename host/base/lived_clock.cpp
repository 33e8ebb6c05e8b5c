#include "host/base/lived_clock.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>

#include "host/base/kernel_clock.hpp"

namespace hookswitch::base {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::int64_t ns(LivedClock::duration d) { return d.count(); }
constexpr std::int64_t step_ns = ns(LivedClock::longest_step), grace_ns = ns(LivedClock::grace);
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// Nanoseconds of the monotonic clock. The time lived is max(monotonic, held) - offset.
struct State {
  std::atomic<std::int64_t> last{never};  // the newest heartbeat; never: nobody watches
  std::atomic<std::int64_t> offset{0};
  std::atomic<std::int64_t> held{0};  // it stands until then
  std::mutex mutex;                   // of whoever changes them
};

State& state() {
  static State s;
  return s;
}

std::int64_t monotonic(Steady::time_point at = kernel::monotonic()) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

/// The process has run on at `now`; if it had stood, the clock takes that time back. Only called with the mutex.
void observe(State& s, std::int64_t now) {
  const std::int64_t last = s.last.load();
  if (last == never || now <= last) return;
  if (now - last > step_ns) {
    // Others may have read the clock up to a step after the last heartbeat, and it never goes back.
    const std::int64_t lived = std::max(last + step_ns, s.held.load()) - s.offset.load();
    s.held = now + grace_ns;
    s.offset = now + grace_ns - lived;
  }
  s.last = now;
}

}  // namespace

LivedClock::time_point LivedClock::now() noexcept {
  Steady::time_point at;
  return now(at);
}

LivedClock::time_point LivedClock::now(Steady::time_point& at) noexcept {
  State& s = state();
  for (;;) {
    const std::int64_t offset = s.offset.load(), held = s.held.load();
    at = kernel::monotonic();
    const std::int64_t now = monotonic(at), last = s.last.load();
    if (last != never && now - last > step_ns) {
      const std::lock_guard<std::mutex> lock(s.mutex);
      observe(s, monotonic());
      continue;
    }
    // Both belong together only when nobody has changed them meanwhile.
    if (offset == s.offset.load()) return time_point(duration(std::max(now, held) - offset));
  }
}

LivedClock::Heartbeat::Heartbeat() {
  state().last = monotonic();
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "heartbeat");
    run();
  });
}

LivedClock::Heartbeat::~Heartbeat() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  state().last = never;
}

void LivedClock::Heartbeat::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!wake_.wait_for(lock, beat, [this] { return stopping_; })) {
    State& s = state();
    const std::lock_guard<std::mutex> changing(s.mutex);
    observe(s, monotonic());
  }
}

}  // namespace hookswitch::base
