// How fast one chat may be written to: about a message a second with short bursts, and 20 a minute in groups.
// (telegram.md §3)
#pragma once

#include <cstdint>
#include <deque>

namespace hookswitch::telegram {

/// Knows no clock: whoever owns it calls tick() once a second for as long as it returned true. [control]
class Pace {
 public:
  explicit Pace(bool group = false) : group_(group) {}
  bool ready() const { return tokens_ > 0 && (!group_ || minute_.size() < kPerMinute); }
  /// One message left. The owner starts the ticks.
  void sent() {
    --tokens_;
    if (group_) minute_.push_back(now_s_);
  }
  /// A second has passed. False: everything is forgotten, no more ticks are needed.
  bool tick() {
    ++now_s_;
    if (tokens_ < kBurst) ++tokens_;
    while (!minute_.empty() && now_s_ - minute_.front() > kMinute_s) minute_.pop_front();
    return tokens_ < kBurst || !minute_.empty();
  }

 private:
  static constexpr int kBurst = 3;
  static constexpr std::size_t kPerMinute = 20;
  static constexpr std::uint64_t kMinute_s = 60;
  bool group_;
  int tokens_ = kBurst;
  std::uint64_t now_s_ = 0;
  std::deque<std::uint64_t> minute_;  // when the messages of the last minute left
};

}  // namespace hookswitch::telegram
