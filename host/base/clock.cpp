#include "host/base/clock.hpp"

#include <chrono>
#include <fstream>

#include "host/base/kernel_clock.hpp"
#include "host/base/lived_clock.hpp"

namespace hookswitch::base {
namespace {

template <class Duration>
std::int64_t inUs(Duration time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

class SystemClock final : public Clock {
  std::int64_t livedUs() const override { return inUs(LivedClock::now().time_since_epoch()); }
  std::int64_t allUs() const override { return inUs(kernel::sinceBoot()); }
  std::int64_t pacingUs() const override { return inUs(kernel::monotonic().time_since_epoch()); }
  Reading read() const override {
    std::chrono::steady_clock::time_point pacing;
    const auto lived = LivedClock::now(pacing);
    return {inUs(lived.time_since_epoch()), inUs(pacing.time_since_epoch())};
  }
  std::uint64_t unixMs() const override {
    return std::uint64_t(inUs(std::chrono::system_clock::now().time_since_epoch()) / 1000);
  }
};

}  // namespace

const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

const std::string& bootId() {
  static const std::string id = [] {
    std::string line;
    std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), line);
    return line;
  }();
  return id;
}

}  // namespace hookswitch::base
