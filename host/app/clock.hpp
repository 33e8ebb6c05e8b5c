// The clock by which the whole gateway goes.
#pragma once

#include "host/base/clock.hpp"

namespace hookswitch::app {

/// The system's; in the variant of the crash test, one that a test may move. [any]
const base::Clock& clock();

}  // namespace hookswitch::app
