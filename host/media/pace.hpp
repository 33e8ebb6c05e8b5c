// How fast a model brings what it says. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

namespace hookswitch::media {

/// Of one item. A model that is slower than real time is so all the time; a connection that stalls is late once. So
/// what came much later than usual tells nothing of the pace. [loop]
class Pace {
 public:
  /// So much more came, so long after what came before it.
  void came(std::int64_t after_us, std::int64_t audio_us) {
    const bool usual = usual_us_ == 0 || after_us <= 2 * usual_us_;
    if (usual && audio_us > 0) {
      time_us_ += after_us;
      audio_us_ += audio_us;
      ++pieces_;
      always_ = std::min(always_, double(after_us - audio_us) / double(after_us));
    }
    usual_us_ = usual ? std::max(after_us, usual_us_ - usual_us_ / 8) : 2 * usual_us_;
  }
  /// How much will be missing of so much time; 0: nothing, as far as anybody can tell.
  std::int64_t lacksUs(std::int64_t of_us) const {
    // The network's jitter comes and goes: each piece was late by that much, or all of them together by more than it.
    const std::int64_t behind_us = time_us_ - audio_us_;
    double share = pieces_ >= least_pieces && time_us_ >= always_us ? always_ : 0;
    if (time_us_ >= least_us && behind_us > jitter_us) share = std::max(share, double(behind_us) / double(time_us_));
    return share < least_share ? 0 : std::int64_t(share * double(of_us));
  }

  static constexpr std::int64_t always_us = 200'000, least_us = 400'000, jitter_us = 40'000;
  static constexpr int least_pieces = 2;
  static constexpr double least_share = 0.01;  // less is made up for by the lead

 private:
  std::int64_t time_us_ = 0, audio_us_ = 0;
  int pieces_ = 0;
  double always_ = 1;          // the share that the best of them lacked
  std::int64_t usual_us_ = 0;  // the longest between two pieces, lately
};

}  // namespace hookswitch::media
