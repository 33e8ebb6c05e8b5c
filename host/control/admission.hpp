// Whether there is room for one more call, and whether this number may be dialled now.
#pragma once

#include <cstdint>
#include <string>

#include "host/base/loop.hpp"
#include "host/call/table.hpp"
#include "host/control/call_requests.hpp"
#include "host/control/dial_guard.hpp"

namespace hookswitch::control {

class Plugins;

/// [control]
class Admission {
 public:
  Admission(base::Loop& control, Plugins& plugins, const call::Table& table, const CallDefaults& defaults)
      : control_(control), plugins_(plugins), table_(table), defaults_(defaults) {}

  /// The limits of CallDefaults have changed.
  void configure();
  /// No new calls from now on.
  void close() { closed_ = true; }
  bool closed() const { return closed_; }

  /// Room, a carrier and a voice.
  Refusal admit(const std::string& carrier, const std::string& voice) const;
  /// The same for somebody who wants a call, which is counted when it is refused.
  Refusal admitDial(const std::string& carrier, const std::string& voice);
  /// The last thing that is asked before a call is begun: a dial that is refused elsewhere counts for nothing.
  Refusal take(const std::string& number);
  void count(CallCounts& into) const;

 private:
  base::Loop& control_;
  Plugins& plugins_;
  const call::Table& table_;
  const CallDefaults& defaults_;
  DialGuard guard_;
  std::uint64_t refused_[4] = {};  // by DialGuard::Rule; none: at max_concurrent
  bool closed_ = false;
};

}  // namespace hookswitch::control
