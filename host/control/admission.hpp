// Whether there is room for one more call, and whether this number may be dialled now.
#pragma once

#include <cstdint>
#include <string>

#include "host/base/loop.hpp"
#include "host/call/table.hpp"
#include "host/control/call_requests.hpp"
#include "host/control/dial_guard.hpp"

namespace hookswitch::control {

class MediaHealth;
class Plugins;

/// [control]
class Admission {
 public:
  Admission(base::Loop& control, Plugins& plugins, const call::Table& table, const CallDefaults& defaults,
            MediaHealth& media)
      : control_(control), plugins_(plugins), table_(table), defaults_(defaults), media_(media) {}

  /// The limits of CallDefaults have changed.
  void configure();
  /// No new calls from now on.
  void close() { closed_ = true; }
  bool closed() const { return closed_; }

  /// Does a call that comes in find room, a carrier and a voice? Counted when it is shed.
  Accepted admitOffer(const std::string& carrier, const std::string& voice);
  /// The same for POST /api/call; a refusal for want of room is counted as well.
  Accepted admitDial(const std::string& carrier, const std::string& voice);
  /// May this number be dialled now? Asked last before a call begins, so that a dial that is refused for another reason
  /// does not count.
  Accepted take(const std::string& number);
  /// A call to one of our numbers with answer = false came in.
  void rejected() { ++rejected_; }
  void count(CallCounts& into) const;

 private:
  Accepted admit(const std::string& carrier, const std::string& voice) const;
  base::Loop& control_;
  Plugins& plugins_;
  const call::Table& table_;
  const CallDefaults& defaults_;
  MediaHealth& media_;
  DialGuard guard_;
  std::uint64_t refused_[4] = {};  // by DialGuard::Rule; none: at max_concurrent
  std::uint64_t rejected_ = 0;
  bool closed_ = false;
};

}  // namespace hookswitch::control
