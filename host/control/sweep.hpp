// After a start every carrier is asked for all of its legs, until it has listed them.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "host/base/loop.hpp"
#include "host/control/call_messages.hpp"
#include "host/control/message_ids.hpp"

namespace hookswitch::control {

class Plugins;
class Session;

/// [control]
class Sweep {
 public:
  Sweep(base::Loop& control, Plugins& plugins, MessageIds& ids) : control_(control), plugins_(plugins), ids_(ids) {}

  void start();
  /// The carrier has no more to say; the legs that it has named were heard of before.
  void over(Session& session, const SweepEnd& end);
  std::size_t size() const { return rounds_.size(); }  ///< carriers that are not through

 private:
  struct Round {
    std::uint64_t message = 0, first_ms = 0;
    base::Loop::TimerId timer = 0;
    unsigned attempts = 0;
    std::string said;
  };
  void ask(const std::string& carrier);
  void again(const std::string& carrier, const std::string& why);

  base::Loop& control_;
  Plugins& plugins_;
  MessageIds& ids_;
  std::unordered_map<std::string, Round> rounds_;  // by carrier
};

}  // namespace hookswitch::control
