// Legs that carry our mark though no call is known for them: they cost money, and are ended.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>

#include "host/call/table.hpp"
#include "host/control/call_messages.hpp"
#include "host/control/call_requests.hpp"
#include "host/control/ledger.hpp"

namespace hookswitch::control {

class Driver;
class Parking;

/// [control]
class Orphans {
 public:
  Orphans(Driver& driver, Ledger& ledger, call::Table& table, Parking& parking, const CallDefaults& defaults,
          const call::Setting& setting)
      : driver_(driver), ledger_(ledger), table_(table), parking_(parking), defaults_(defaults), setting_(setting) {}

  /// A leg of this carrier with an id of ours that is in no call in memory. Without a `base_url` it is ours for sure.
  void found(const std::string& carrier, const CarrierLeg& leg);
  /// It bears the mark of a call that is over and has another leg: it becomes a call of its own, and is ended.
  void beside(const std::string& carrier, CarrierLeg leg);
  std::uint64_t adopted() const { return adopted_; }

 private:
  struct Case {
    std::string carrier;
    CarrierLeg leg;
  };
  void judge(const Case& what, store::Answer<std::optional<store::StoredCall>> answer);
  void askForLeg(const Case& what);
  void adopt(const Case& what);
  void unjudged(const Case& what);

  Driver& driver_;
  Ledger& ledger_;
  call::Table& table_;
  Parking& parking_;
  const CallDefaults& defaults_;
  const call::Setting& setting_;
  std::unordered_set<std::string> looked_up_;  // ids, while the store is asked
  std::uint64_t adopted_ = 0;
};

}  // namespace hookswitch::control
