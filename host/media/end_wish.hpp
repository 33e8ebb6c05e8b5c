// An end that waits until the caller has heard what was said before it. Pure: the time is given.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "host/call/types.hpp"

namespace hookswitch::media {

/// [loop] The first wish counts.
class EndWish {
 public:
  /// `heard_us`: when everything that is queued will have been heard, by our clock.
  void wait(std::int64_t now_us, std::int64_t heard_us, call::EndedBy by, std::string reason) {
    if (until_us_) return;
    last_us_ = now_us + longest_us;
    until_us_ = std::min(heard_us + margin_us, last_us_);
    by_ = by;
    reason_ = std::move(reason);
  }
  /// A caller who speaks over the good-bye wants to go on talking; the model may say good-bye again.
  void forget() { until_us_ = 0; }
  bool waits() const { return until_us_ != 0; }
  /// When it is due at the latest; 0: none waits.
  std::int64_t untilUs() const { return until_us_; }
  /// True once: everything was heard, or the carrier does not say so though its time has passed. What is queued
  /// meanwhile is waited for as well.
  bool due(std::int64_t now_us, bool drained, std::int64_t heard_us) {
    if (!until_us_) return false;
    until_us_ = std::max(until_us_, std::min(heard_us + margin_us, last_us_));
    if (!drained && now_us < until_us_) return false;
    until_us_ = 0;
    return true;
  }
  call::EndedBy by() const { return by_; }
  const std::string& reason() const { return reason_; }

  static constexpr std::int64_t margin_us = 3'000'000;     ///< for marks that are late
  static constexpr std::int64_t longest_us = 300'000'000;  ///< for a voice that never stops

 private:
  std::int64_t until_us_ = 0, last_us_ = 0;  // until_us_ 0: none waits
  call::EndedBy by_ = call::EndedBy::agent;
  std::string reason_;
};

}  // namespace hookswitch::media
