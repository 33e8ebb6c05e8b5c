// Places where a test may kill the process, and clocks that a test may move. In the gateway itself nothing of this
// exists: only tests/crash compiles with HOOKSWITCH_CUT_POINTS. Label before and after whatever must be durable.
#pragma once

#ifdef HOOKSWITCH_CUT_POINTS
#include <cstdint>
#include <string>

namespace hookswitch::testpoint {
/// Dies here by SIGKILL when a test has asked for this label (tests/crash/README.md). [any]
void cut(const char* label, const std::string& detail);
/// What a test has added to the clocks, milliseconds. The monotonic one never goes back. [any]
std::int64_t monotonicShiftMs();
std::int64_t wallShiftMs();
}  // namespace hookswitch::testpoint
#define HOOKSWITCH_CUT(label, detail) ::hookswitch::testpoint::cut(label, detail)
#else
#define HOOKSWITCH_CUT(label, detail) static_cast<void>(0)
#endif
