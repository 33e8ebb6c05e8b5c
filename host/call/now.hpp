// The time at which something happens to a call, by every clock that counts for it.
#pragma once

#include <cstdint>

namespace hookswitch::call {

/// Milliseconds.
struct Now {
  std::uint64_t lived_ms = 0;  ///< monotonic, stands still while the process does: for what is judged by its silence
  std::uint64_t all_ms = 0;    ///< monotonic, always running: for how long something took
  std::uint64_t unix_ms = 0;   ///< the wall clock
};

}  // namespace hookswitch::call
