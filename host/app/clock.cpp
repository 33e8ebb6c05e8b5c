#include "host/app/clock.hpp"

#include "host/test_points.hpp"

namespace hookswitch::app {

const base::Clock& clock() {
#ifdef HOOKSWITCH_CUT_POINTS
  return testpoint::clock();
#else
  return base::Clock::system();
#endif
}

}  // namespace hookswitch::app
