// Has the carrier's side of a call fallen silent? Pure: the time is given.
#pragma once

#include <algorithm>
#include <cstdint>

namespace hookswitch::media {

/// [loop] Counts the time it has watched, not the time that has passed: a process that stood still, with frames waiting
/// in its sockets, has seen nobody be silent.
class IdleWatch {
 public:
  explicit IdleWatch(std::uint32_t limit_s) : limit_us_(limit_s * std::int64_t{1'000'000}) {}  ///< 0: never

  void alive(std::int64_t now_us) {
    silent_us_ = 0;
    last_us_ = now_us;
    seen_ = true;
  }
  bool watches() const { return limit_us_ != 0; }
  /// Call it within max_step_us of the last call or sign of life: a step counts no more. True once, when the limit is
  /// reached.
  bool expired(std::int64_t now_us) {
    if (limit_us_ == 0) return false;
    if (seen_) silent_us_ += std::clamp<std::int64_t>(now_us - last_us_, 0, max_step_us);
    seen_ = true;
    last_us_ = now_us;
    if (silent_us_ < limit_us_) return false;
    limit_us_ = 0;
    return true;
  }

  static constexpr std::int64_t max_step_us = 1'000'000;

 private:
  std::int64_t limit_us_;
  std::int64_t silent_us_ = 0, last_us_ = 0;
  bool seen_ = false;
};

}  // namespace hookswitch::media
