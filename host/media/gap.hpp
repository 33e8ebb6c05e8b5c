// The carrier's stream is taken away for a while by an act of ours: it presses keys, or tries another number. Pure: the
// time is given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace hookswitch::media {

/// none -> begin() quieting -> (what was sent has been played) asked -> taken() or unsure() -> the stream ends and
/// comes back -> none. A stream that ends while the act is asked for is kept from being the end of the call until the
/// verdict is there. [loop]
class Gap {
 public:
  /// How a stream ended that may have been ended by us.
  struct Lost {
    bool far_end_left = false;  ///< it said good-bye
    std::string reason;
  };

  /// What was sent until now is played within `plays_us`.
  void begin(std::int64_t now_us, std::int64_t plays_us) {
    state_ = State::quieting;
    until_us_ = now_us + plays_us;
    began_us_ = now_us;
    lost_.reset();
  }
  bool active() const { return state_ != State::none; }
  /// The stream is not there.
  bool away() const { return lost_.has_value(); }
  std::int64_t sinceUs() const { return began_us_; }
  /// True once: everything was played, and the act may be asked for.
  bool quiet(std::int64_t now_us) {
    if (state_ != State::quieting || now_us < until_us_) return false;
    state_ = State::asked;
    until_us_ = 0;
    return true;
  }
  /// The stream has ended. True: that may be our own doing, and is no end of the call.
  bool breaks(Lost how) {
    if (state_ == State::none || state_ == State::quieting || state_ == State::tones) return false;
    if (!lost_) lost_ = std::move(how);
    if (state_ == State::unsure) take(back_us_);
    return true;
  }
  /// The carrier does it: the stream comes back by then; `why`: what ends the call otherwise. 0: whenever it likes.
  void taken(std::int64_t back_us, std::string why) {
    why_ = std::move(why);
    take(back_us);
  }
  /// Nobody knows whether it does: a stream that still lives at `alive_us` was not touched.
  void unsure(std::int64_t alive_us, std::int64_t back_us, std::string why) {
    if (lost_) return taken(back_us, std::move(why));
    state_ = State::unsure;
    until_us_ = alive_us;
    back_us_ = back_us;
    why_ = std::move(why);
  }
  /// Nobody asks the carrier for anything: what stands in place of the act is over by then, and a stream that ends ends
  /// for a reason of its own.
  void tones(std::int64_t over_us) {
    state_ = State::tones;
    until_us_ = over_us;
  }
  /// The carrier does not do it: a stream that has ended meanwhile has ended for a reason of its own.
  std::optional<Lost> refused() {
    state_ = State::none;
    until_us_ = 0;
    return std::exchange(lost_, std::nullopt);
  }
  /// The stream is there again, or was never away.
  void over() { refused(); }

  enum class Due : std::uint8_t { nothing = 1, resume = 2, end = 3 };
  /// resume: the stream was not touched. end: it did not come back in time, see why(); told once.
  Due due(std::int64_t now_us) {
    if (!until_us_ || now_us < until_us_) return Due::nothing;
    if (state_ == State::unsure || state_ == State::tones) return Due::resume;
    if (state_ != State::taken) return Due::nothing;
    until_us_ = 0;
    return Due::end;
  }
  /// When quiet() or due() has something to say by itself; 0: never.
  std::int64_t untilUs() const { return until_us_; }
  const std::string& why() const { return why_; }

 private:
  enum class State : std::uint8_t { none = 1, quieting = 2, asked = 3, unsure = 4, taken = 5, tones = 6 };
  void take(std::int64_t back_us) {
    state_ = State::taken;
    until_us_ = back_us;
  }
  State state_ = State::none;
  std::int64_t until_us_ = 0, began_us_ = 0, back_us_ = 0;
  std::string why_;
  std::optional<Lost> lost_;
};

}  // namespace hookswitch::media
