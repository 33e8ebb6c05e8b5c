// The end of the gateway: what it waits for, and what it leaves to the next start.
#pragma once

#include <cstdint>
#include <string>

#include "host/call/table.hpp"
#include "host/control/ledger.hpp"

namespace hookswitch::control {

class Lines;

/// [control]
class Drain {
 public:
  Drain(base::Loop& control, Ledger& ledger, const call::Table& table, Lines& lines)
      : control_(control), ledger_(ledger), table_(table), lines_(lines) {}

  void begin();
  bool begun() const { return begun_; }
  /// Live calls, ended ones whose hooks are under way or due within `within_ms`, and notifications that get through.
  /// What waits longer is in the store. When the last call is over, notifications have `linger_ms` more.
  std::size_t unfinished(std::uint64_t within_ms);
  /// What a drain waits for, in words for the log; empty when it waits for nothing.
  std::string waitsFor(std::uint64_t within_ms) const;
  /// To the log, when it has changed or a while has passed.
  void say();
  void sayLeft() const;  ///< what the next start takes up

  static constexpr std::uint64_t linger_ms = 5'000, soon_ms = 5'000;

 private:
  base::Loop& control_;
  Ledger& ledger_;
  const call::Table& table_;
  Lines& lines_;
  bool begun_ = false;
  std::uint64_t quiet_since_ = 0;  // begun, and the last call is over
  std::string said_;
  std::uint64_t said_ms_ = 0;
};

}  // namespace hookswitch::control
