// In a program that has pretended_clock.cpp the kernel's clocks are the test's: hours pass at once, as for a process
// that was stopped.
#pragma once

#include <chrono>

namespace base_test {

/// So much time passes now, for every clock but the wall's. [any]
void pass(std::chrono::nanoseconds time) noexcept;

}  // namespace base_test
