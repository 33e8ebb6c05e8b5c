// Ended calls that wait in the store alone, and how one comes back into memory.
#pragma once

#include <functional>
#include <string>
#include <unordered_set>

#include "host/call/table.hpp"
#include "host/control/ledger.hpp"

namespace hookswitch::control {

class Driver;

/// [control]
class Parking {
 public:
  Parking(base::Loop& control, Driver& driver, Ledger& ledger, call::Table& table, const call::Setting& setting)
      : control_(control), driver_(driver), ledger_(ledger), table_(table), setting_(setting) {}

  /// Calls beyond those that memory keeps leave it when nothing is left of them but notifications whose turn is far;
  /// `near`: those whose turn is not.
  void park(const std::unordered_set<std::string>& near);
  /// The call, from memory, or an ended one from the store; NULL: there is none, or (`readable` false) nobody knows.
  /// Within this call when it is in memory.
  void fetch(const std::string& id, std::function<void(call::Call* call, bool readable)> then);
  /// An ended call of the store goes on with what is left of its work.
  call::Call& adopt(store::StoredCall stored);
  std::size_t size() const { return parked_.size(); }

 private:
  base::Loop& control_;
  Driver& driver_;
  Ledger& ledger_;
  call::Table& table_;
  const call::Setting& setting_;
  std::unordered_set<std::string> parked_;
};

}  // namespace hookswitch::control
