// How much a voice may have the control plane told. Pure: the time is given.
#pragma once

#include <algorithm>
#include <cstdint>

namespace hookswitch::media {

/// [loop] What a loop posts waits in the control thread's queue, which has no bound of its own. Nobody talks so fast.
class Telling {
 public:
  /// Room for one line or tool call more? `now_ms` never goes back.
  bool may(std::uint64_t now_ms) {
    if (last_ms_) room_ = std::min(most, room_ + (now_ms - last_ms_) * a_second);
    last_ms_ = now_ms;
    if (room_ < 1000) return false;
    room_ -= 1000;
    return true;
  }

  static constexpr std::uint64_t a_second = 100, at_once = 2'000;

 private:
  static constexpr std::uint64_t most = at_once * 1000;  // thousandths
  std::uint64_t room_ = most, last_ms_ = 0;
};

}  // namespace hookswitch::media
