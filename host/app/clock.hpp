// The clock by which the whole gateway goes.
#pragma once

#include "host/base/clock.hpp"
#include "host/test_points.hpp"

namespace hookswitch::app {

/// The system's; in the variant of the crash test, one that a test may move. [any]
inline const base::Clock& clock() {
#ifdef HOOKSWITCH_CUT_POINTS
  return testpoint::clock();
#else
  return base::Clock::system();
#endif
}

}  // namespace hookswitch::app
