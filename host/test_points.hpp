// Places where a test may kill the process, and clocks that a test may move. In the gateway itself nothing of this
// exists: only tests/crash compiles with HOOKSWITCH_CUT_POINTS. Label before and after whatever must be durable.
#pragma once

#ifdef HOOKSWITCH_CUT_POINTS
#include <string>

#include "host/base/clock.hpp"

namespace hookswitch::testpoint {
/// Dies here by SIGKILL when a test has asked for this label (tests/crash/README.md). [any]
void cut(const char* label, const std::string& detail);
/// The system's clocks, moved by what a test has added to them. [any]
const base::Clock& clock();
}  // namespace hookswitch::testpoint
#define HOOKSWITCH_CUT(label, detail) ::hookswitch::testpoint::cut(label, detail)
#else
#define HOOKSWITCH_CUT(label, detail) static_cast<void>(0)
#endif
