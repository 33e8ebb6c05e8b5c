#include "host/base/kernel_clock.hpp"

#include <time.h>

// A file of its own, also where files are compiled in batches: a test program that has another one in its place lets
// hours pass at once.
namespace hookswitch::base::kernel {

std::chrono::steady_clock::time_point monotonic() noexcept { return std::chrono::steady_clock::now(); }

std::chrono::nanoseconds sinceBoot() noexcept {
  timespec boot{};
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  return std::chrono::seconds(boot.tv_sec) + std::chrono::nanoseconds(boot.tv_nsec);
}

}  // namespace hookswitch::base::kernel
