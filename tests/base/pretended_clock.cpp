// Stands in for host/base/kernel_clock.cpp, which the linker then leaves in its library.
#include "tests/base/pretended_clock.hpp"

#include <time.h>

#include <atomic>
#include <cstdint>

#include "host/base/kernel_clock.hpp"

namespace {
std::atomic<std::int64_t> passed_ns{0};
}

namespace base_test {

void pass(std::chrono::nanoseconds time) noexcept { passed_ns += time.count(); }

}  // namespace base_test

namespace hookswitch::base::kernel {

std::chrono::steady_clock::time_point monotonic() noexcept {
  return std::chrono::steady_clock::now() + std::chrono::nanoseconds(passed_ns.load());
}

std::chrono::nanoseconds sinceBoot() noexcept {
  timespec boot{};
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  return std::chrono::seconds(boot.tv_sec) + std::chrono::nanoseconds(boot.tv_nsec + passed_ns.load());
}

}  // namespace hookswitch::base::kernel
