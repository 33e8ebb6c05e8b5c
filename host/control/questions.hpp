// The question to a carrier what became of a leg, before a limit of ours counts: its word wins over our timer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "host/call/table.hpp"
#include "host/control/driver.hpp"
#include "host/control/message_ids.hpp"

namespace hookswitch::control {

class Plugins;

/// [control]
class Questions {
 public:
  Questions(base::Loop& control, Driver& driver, Plugins& plugins, MessageIds& ids)
      : control_(control), driver_(driver), plugins_(plugins), ids_(ids) {}

  /// A deed of the call's machine, which hears asked() when the carrier has said what it knows, or will not.
  void ask(call::Call& call);
  /// The plugin has answered; false: no question has this number.
  bool answered(std::uint64_t message_id);

 private:
  struct Question {
    std::string call;
    base::Loop::TimerId timer = 0;
  };
  void over(std::uint64_t message_id);

  base::Loop& control_;
  Driver& driver_;
  Plugins& plugins_;
  MessageIds& ids_;
  std::unordered_map<std::uint64_t, Question> questions_;  // by message id
};

}  // namespace hookswitch::control
