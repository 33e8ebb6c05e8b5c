// The control thread: a loop like those that carry media.
#pragma once

#include "host/base/loop.hpp"

namespace hookswitch::control {

using Thread = base::Loop;

}  // namespace hookswitch::control
