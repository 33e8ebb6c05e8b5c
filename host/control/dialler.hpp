// Outbound calls: from the request to the carrier's word on it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "host/base/loop.hpp"
#include "host/call/table.hpp"
#include "host/control/call_messages.hpp"
#include "host/control/call_requests.hpp"

namespace hookswitch::control {

class Admission;
class Driver;
class Idempotency;
class Orphans;
class Plugins;
class Session;
class Toolbox;

/// [control]
class Dialler {
 public:
  /// Called once: after the carrier took the call, or with the refusal.
  using Done = std::function<void(const Placed& placed)>;

  Dialler(base::Loop& control, Driver& driver, Plugins& plugins, call::Table& table, Admission& admission,
          Idempotency& idempotency, Orphans& orphans, const Toolbox& toolbox, const CallDefaults& defaults,
          const call::Setting& setting)
      : control_(control),
        driver_(driver),
        plugins_(plugins),
        table_(table),
        admission_(admission),
        idempotency_(idempotency),
        orphans_(orphans),
        toolbox_(toolbox),
        defaults_(defaults),
        setting_(setting) {}

  void place(PlaceRequest request, Done done);
  // Deeds of the call's machine.
  void dial(call::Call& call);
  void tellPlaced(call::Call& call);
  // What the carrier's plugin answers.
  void placed(Session& session, const CarrierLeg& leg);
  void failed(Session& session, const DialFailure& failure);

  std::size_t size() const { return placing_.size(); }  ///< requests that may still be answered
  std::uint64_t placedCount() const { return placed_; }

 private:
  struct Placing {
    std::string call;
    base::Loop::TimerId timer = 0;
  };
  Accepted admit(const PlaceRequest& request, const call::Terms& terms);
  void unanswered(std::uint64_t message_id);
  void failed(const DialFailure& failure, const Refusal& refusal);
  void rememberLate(std::uint64_t message_id, const std::string& call);
  Done takeAsker(const std::string& call);
  static std::uint64_t messageId(const call::Call& call);

  base::Loop& control_;
  Driver& driver_;
  Plugins& plugins_;
  call::Table& table_;
  Admission& admission_;
  Idempotency& idempotency_;
  Orphans& orphans_;
  const Toolbox& toolbox_;
  const CallDefaults& defaults_;
  const call::Setting& setting_;
  std::unordered_map<std::uint64_t, Placing> placing_;  // by message id
  std::unordered_map<std::string, Done> askers_;        // by call: who has not heard yet
  std::uint64_t placed_ = 0;
};

}  // namespace hookswitch::control
