// What a start makes of that which an earlier run left.
#pragma once

#include <cstdint>
#include <string>

#include "host/call/table.hpp"
#include "host/control/idempotency.hpp"
#include "host/control/ledger.hpp"

namespace hookswitch::control {

class Driver;
class Lines;
class Parking;

/// [control]
class Recovery {
 public:
  Recovery(base::Loop& control, Driver& driver, Ledger& ledger, call::Table& table, Lines& lines, Parking& parking,
           Idempotency& idempotency, const call::Setting& setting)
      : control_(control),
        driver_(driver),
        ledger_(ledger),
        table_(table),
        lines_(lines),
        parking_(parking),
        idempotency_(idempotency),
        setting_(setting) {}

  /// Calls that were live are settled with their carriers and ended, what was under way goes on.
  void run(store::Unfinished unfinished);
  std::uint64_t recovered() const { return recovered_; }

 private:
  void adoptLive(store::StoredCall stored, const std::string& key);
  void finishKey(const std::string& call, const std::string& key);

  base::Loop& control_;
  Driver& driver_;
  Ledger& ledger_;
  call::Table& table_;
  Lines& lines_;
  Parking& parking_;
  Idempotency& idempotency_;
  const call::Setting& setting_;
  std::uint64_t recovered_ = 0;
};

}  // namespace hookswitch::control
