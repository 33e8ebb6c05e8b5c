// What the kernel says of time. [any]
#pragma once

#include <chrono>

namespace hookswitch::base::kernel {

/// Monotonic; while the machine sleeps it stands.
std::chrono::steady_clock::time_point monotonic() noexcept;
/// The time since the machine was started, its sleep with it.
std::chrono::nanoseconds sinceBoot() noexcept;

}  // namespace hookswitch::base::kernel
