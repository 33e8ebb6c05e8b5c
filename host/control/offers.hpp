// Incoming calls: a carrier offers a leg, and gets a call for it, once.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/call/table.hpp"
#include "host/control/call_messages.hpp"
#include "host/control/call_requests.hpp"
#include "host/control/ledger.hpp"

namespace hookswitch::control {

class Admission;
class Driver;
class Plugins;
class Session;
class Toolbox;

/// [control]
class Offers {
 public:
  Offers(base::Loop& control, Driver& driver, Plugins& plugins, call::Table& table, Ledger& ledger,
         Admission& admission, const Toolbox& toolbox, const CallDefaults& defaults, const call::Setting& setting)
      : control_(control),
        driver_(driver),
        plugins_(plugins),
        table_(table),
        ledger_(ledger),
        admission_(admission),
        toolbox_(toolbox),
        defaults_(defaults),
        setting_(setting) {}

  void offered(Session& session, const CarrierLeg& leg);
  /// The carrier says that this leg is over, and no call knows it.
  void legOver(const std::string& carrier, const std::string& remote_id);
  /// A deed of the call's machine.
  void accept(call::Call& call);

 private:
  /// A leg that the store is asked for.
  struct Offer {
    std::string carrier;
    CarrierLeg leg;
    std::vector<std::uint64_t> ids;  ///< of the messages; a webhook may come more than once
    base::Loop::TimerId timer = 0;
    bool over = false;  ///< the carrier says so meanwhile
  };
  void judge(const std::string& leg, const store::Answer<bool>& known);
  void open(const Offer& offer);
  void accept(const call::Call& call, std::uint64_t offer_id);
  void refuse(const std::string& carrier, std::uint64_t offer_id, const Refusal& why);
  void refuseAll(const Offer& offer, const Refusal& why, bool remember);

  base::Loop& control_;
  Driver& driver_;
  Plugins& plugins_;
  call::Table& table_;
  Ledger& ledger_;
  Admission& admission_;
  const Toolbox& toolbox_;
  const CallDefaults& defaults_;
  const call::Setting& setting_;
  std::unordered_map<std::string, Offer> offers_;                          // by carrier and remote id
  std::unordered_map<std::string, std::vector<std::uint64_t>> to_accept_;  // by call, until it is written down
};

}  // namespace hookswitch::control
