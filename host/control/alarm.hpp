// The log's alarm while a leg that was to end is not known to be over.
#pragma once

#include <cstdint>

#include "host/call/table.hpp"

namespace hookswitch::control {

/// [control]
class Alarm {
 public:
  explicit Alarm(const call::Table& table) : table_(table) {}
  /// To be called every second. `now_ms`: lived time.
  void look(std::uint64_t now_ms);

 private:
  const call::Table& table_;
  std::uint64_t said_ms_ = 0;  // 0: there is nothing to say
};

}  // namespace hookswitch::control
