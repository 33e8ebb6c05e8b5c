// An end that waits until the caller has heard what was said before it. Pure: the time is given.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "host/call/types.hpp"

namespace hookswitch::media {

/// [loop] The first wish counts.
class EndWish {
 public:
  void wait(std::int64_t now_us, call::EndedBy by, std::string reason) {
    if (until_us_) return;
    until_us_ = now_us + longest_us;
    by_ = by;
    reason_ = std::move(reason);
  }
  /// A caller who speaks over the good-bye wants to go on talking; the model may say good-bye again.
  void forget() { until_us_ = 0; }
  /// When it is due at the latest; 0: none waits.
  std::int64_t untilUs() const { return until_us_; }
  /// True once: everything was heard, or it has waited for too long.
  bool due(std::int64_t now_us, bool drained) {
    if (!until_us_ || (!drained && now_us < until_us_)) return false;
    until_us_ = 0;
    return true;
  }
  call::EndedBy by() const { return by_; }
  const std::string& reason() const { return reason_; }

  static constexpr std::int64_t longest_us = 15'000'000;  ///< bound of HKS_END_AFTER_PLAYBACK

 private:
  std::int64_t until_us_ = 0;  // 0: none waits
  call::EndedBy by_ = call::EndedBy::agent;
  std::string reason_;
};

}  // namespace hookswitch::media
