// Ends that somebody waits for, and calls that leave the list. See host/call/README.md for who ends what.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/call/table.hpp"

namespace hookswitch::control {

class Driver;
class Idempotency;

/// [control]
class Ending {
 public:
  Ending(Driver& driver, call::Table& table, Idempotency& idempotency)
      : driver_(driver), table_(table), idempotency_(idempotency) {}

  /// `waiter`, if any, hears of the hang-up when the call has left the list. False: unknown or already over.
  bool end(const std::string& id, call::EndedBy by, const std::string& reason, call::EndWaiter waiter);
  struct Failed {
    std::string call, error;
  };
  void endAll(call::EndedBy by, const std::string& reason,
              std::function<void(std::size_t ended, std::vector<Failed> failed)> done);
  /// A deed of the call's machine. The call may be forgotten then.
  void leave(call::Call& call, const base::Result<void>& hung_up);
  std::uint64_t endedCount() const { return ended_; }

 private:
  Driver& driver_;
  call::Table& table_;
  Idempotency& idempotency_;
  std::uint64_t ended_ = 0;
};

}  // namespace hookswitch::control
