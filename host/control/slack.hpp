// When the allocator gives back what is left over. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace hookswitch::control {

/// What was freed lies between what stays, and stays with the process until somebody looks through the heap. That is
/// worth it behind many set-ups, of which each takes more for a moment than its call does, and whenever nothing is left
/// to do: then again later, because what calls and a store that was behind have held goes in steps, some of them (kept
/// connections, idle threads) long after the last call.
class Slack {
 public:
  struct Look {
    std::size_t live = 0;       ///< calls
    std::uint64_t left = 0;     ///< calls that have left since the start: one may come and go between two looks
    std::size_t unwritten = 0;  ///< writes that the store has in memory
  };

  /// Once a second. True: now.
  bool due(const Look& now) {
    const bool behind_setups = setUp(now.live), at_rest = rested(now);
    return behind_setups || at_rest;
  }

  static constexpr std::size_t worth = 20;
  static constexpr unsigned quiet_looks = 2;
  static constexpr unsigned rest_looks[] = {2, 8, 32};  ///< after the last that was not at rest

 private:
  bool setUp(std::size_t live) {
    quiet_ = live > last_ ? 0 : quiet_ + 1;
    last_ = live;
    if (live < settled_) settled_ = live;
    if (quiet_ < quiet_looks || live < settled_ + worth) return false;
    settled_ = live;
    return true;
  }
  bool rested(const Look& now) {
    const bool busy = now.live > 0 || now.unwritten > 0 || now.left != left_;
    left_ = now.left;
    if (busy) rest_ = 0;
    // Nobody has called yet: nothing is left over.
    if (busy || left_ == 0 || rest_ > *std::rbegin(rest_looks)) return false;
    return std::find(std::begin(rest_looks), std::end(rest_looks), ++rest_) != std::end(rest_looks);
  }

  std::size_t last_ = 0, settled_ = 0;
  unsigned quiet_ = 0, rest_ = 0;
  std::uint64_t left_ = 0;
};

}  // namespace hookswitch::control
