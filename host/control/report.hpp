// What is told of the calls in memory: snapshots, for the API and the gauges.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/call/table.hpp"
#include "host/control/call_requests.hpp"
#include "host/control/ledger.hpp"

namespace hookswitch::control {

/// [control]
class Report {
 public:
  Report(const base::Loop& control, call::Table& table, Ledger& ledger)
      : control_(control), table_(table), ledger_(ledger) {}

  std::vector<CallView> live() const;
  std::optional<CallView> view(const std::string& id) const;
  /// The newest 1,000 at most, and any that has work.
  store::HistoryPage ended(const store::HistoryQuery& query) const;
  void count(CallCounts& into) const;

 private:
  CallView view(const call::Call& call) const;
  const base::Loop& control_;
  call::Table& table_;
  Ledger& ledger_;
};

}  // namespace hookswitch::control
