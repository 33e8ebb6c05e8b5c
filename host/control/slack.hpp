// When the allocator gives back what set-ups have left over. Pure.
#pragma once

#include <cstddef>

namespace hookswitch::control {

/// Setting a call up takes more for a moment than the call does, and what was freed lies between what stays. So once so
/// many calls have come and then none for a while, it is worth a look through the heap.
class Slack {
 public:
  /// Once a second, with how many calls there are. True: now.
  bool due(std::size_t live) {
    quiet_ = live > last_ ? 0 : quiet_ + 1;
    last_ = live;
    if (live < settled_) settled_ = live;
    if (quiet_ < quiet_looks || live < settled_ + worth) return false;
    settled_ = live;
    return true;
  }

  static constexpr std::size_t worth = 20;
  static constexpr unsigned quiet_looks = 2;

 private:
  std::size_t last_ = 0, settled_ = 0;
  unsigned quiet_ = 0;
};

}  // namespace hookswitch::control
