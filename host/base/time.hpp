// The wall clock in words. [any]
#pragma once

#include <cstdint>
#include <string>

namespace hookswitch::base {

/// "2026-01-31T14:03:22.123Z"
std::string isoTime(std::uint64_t unix_ms);
/// "Sat, 31 Jan 2026 14:03:22 GMT": what HTTP's Date says
std::string httpTime(std::uint64_t unix_ms);

}  // namespace hookswitch::base
