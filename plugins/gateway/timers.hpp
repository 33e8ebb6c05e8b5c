// The numbers of this plugin's timers.
#pragma once

#include <cstdint>

namespace hookswitch::gateway {

constexpr std::uint64_t kReconnectTimer = 1, kHandshakeTimer = 2, kWatchTimer = 3, kHeartbeatTimer = 4, kAgeTimer = 5,
                        kPumpTimer = 6, kAskTimer = 7, kAskTimeout = 8;
// Four per item: base + 4 * number + kind.
constexpr std::uint64_t kItemTimers = 1024, kPerItem = 4;
constexpr std::uint64_t kHookDeadline = 0, kRequestTimeout = 1, kDelay = 2, kTurn = 3;

constexpr std::uint64_t itemTimer(std::uint64_t number, std::uint64_t kind) {
  return kItemTimers + kPerItem * number + kind;
}

}  // namespace hookswitch::gateway
