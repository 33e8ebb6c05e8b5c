// What carriers and plugins say of calls, taken to the call that is meant.
#pragma once

#include <string>

#include "host/call/table.hpp"
#include "host/control/call_messages.hpp"

namespace hookswitch::control {

class Driver;
class Offers;
class Orphans;
class Session;

/// [control]
class Follower {
 public:
  Follower(Driver& driver, call::Table& table, Offers& offers, Orphans& orphans)
      : driver_(driver), table_(table), offers_(offers), orphans_(orphans) {}

  void state(Session& session, const LegState& state);
  void endWished(Session& session, const EndWish& wish);
  /// A leg of a sweep.
  void found(Session& session, const CarrierLeg& leg);
  /// By our id or the carrier's. NULL: there is none.
  call::Call* named(Session& session, const std::string& id_or_remote);

 private:
  void stateOfNobody(Session& session, const LegState& state);

  Driver& driver_;
  call::Table& table_;
  Offers& offers_;
  Orphans& orphans_;
};

}  // namespace hookswitch::control
