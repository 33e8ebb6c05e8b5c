// Numbers of the messages to which a plugin answers.
#pragma once

#include <cstdint>

namespace hookswitch::control {

/// Never one that a plugin gives, nor one of a hook, see call::Table::findAttempt. [control]
class MessageIds {
 public:
  std::uint64_t next() { return next_++; }

 private:
  std::uint64_t next_ = (std::uint64_t(1) << 63) | (std::uint64_t(1) << 61);
};

}  // namespace hookswitch::control
