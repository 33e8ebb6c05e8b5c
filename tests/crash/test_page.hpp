// The page of memory through which a test speaks to the crash variant of the gateway: a file that both map.
#pragma once

#include <cstdint>

namespace hookswitch::testpoint {

/// The test writes, the gateway reads. A file of zeros is a page that asks for nothing.
struct Page {
  std::int64_t monotonic_ms;  ///< added to the monotonic clock
  std::int64_t wall_ms;       ///< added to the wall clock
  std::uint32_t armed;        ///< another number: `cut` holds a new wish, its passings are counted from 1
  char cut[244];              ///< "label[@detail][#n]", empty: none
};

}  // namespace hookswitch::testpoint
