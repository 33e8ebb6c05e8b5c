// Puts what comes from the carrier where it belongs in the caller's time. Pure: the time is given.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>

namespace hookswitch::media {

/// Where the audio goes, in order. [loop]
class TimelineOut {
 public:
  virtual ~TimelineOut() = default;
  virtual void callerFrame(std::string_view bytes) = 0;
  /// In the place of audio that did not come.
  virtual void callerSilence(std::uint64_t ms) = 0;
  /// Audio that came when silence had been put in its place, or that had come before: it is dropped.
  virtual void callerLate(std::uint64_t ms) = 0;
};

/// [loop] Times of the carrier are presentation times in microseconds, `now_us` is any monotonic clock. What comes in
/// order goes on at once. Behind a hole frames wait for what is missing, at most `window_us`: then there is silence in
/// the hole, as long as the times say. Nothing turns the time back but a stream that begins anew. A carrier that knows
/// no times, and says 0, is believed to be in order.
class CallerTimeline {
 public:
  explicit CallerTimeline(TimelineOut& out) : out_(out) {}

  /// In order, as nearly every frame is? Then it counts as given, and the caller gives it.
  bool inOrder(std::uint64_t pts_us, std::uint64_t length_us) {
    if (!plain_ || pts_us + wobble_us <= expected_us_ || pts_us >= expected_us_ + wobble_us) return false;
    expected_us_ = pts_us + length_us;
    return true;
  }
  /// Any other.
  void take(std::uint64_t pts_us, std::uint64_t length_us, std::string_view bytes, std::int64_t now_us);
  /// Silence was given though nothing says that anything is missing: what comes for this time is given, too.
  void gaveAhead(std::uint64_t ms);
  /// When what is held goes on without what is missing; negative: nothing is.
  std::int64_t untilUs() const { return held_.empty() ? -1 : held_.front().at_us + patience_us; }
  /// untilUs() has come, or the stream ends.
  void release();
  /// The next frame begins a new stream.
  void forget();
  bool known() const { return known_; }

  static constexpr std::uint64_t wobble_us = 10'000;         ///< what is missing is at least half a frame
  static constexpr std::uint64_t max_gap_us = 10'000'000;    ///< a longer jump is a new beginning (twilio.md §5.2)
  static constexpr std::uint64_t window_us = 300'000;        ///< audio behind a hole
  static constexpr std::int64_t patience_us = 400'000;       ///< the same, when no more audio comes
  static constexpr std::size_t max_held_bytes = 256 * 1024;  ///< frames are usually of 160

 private:
  struct Frame {
    std::uint64_t pts_us, length_us;
    std::string bytes;
    std::int64_t at_us;  // when it came
  };
  struct Span {
    std::uint64_t from_us = 0, to_us = 0;
  };
  void give(std::uint64_t pts_us, std::uint64_t length_us, std::string_view bytes);
  void giveHeld();
  void fillTo(std::uint64_t pts_us);
  void hold(std::uint64_t pts_us, std::uint64_t length_us, std::string_view bytes, std::int64_t now_us);
  void takeOld(std::uint64_t pts_us, std::uint64_t length_us, std::string_view bytes);
  void begin(std::uint64_t pts_us, std::uint64_t length_us, std::string_view bytes);
  void dropOld();

  void place(std::uint64_t pts_us, std::uint64_t length_us, std::string_view bytes, std::int64_t now_us);
  void settle() { plain_ = known_ && ahead_us_ == 0 && held_.empty() && old_.empty(); }

  TimelineOut& out_;
  bool zero_ = false;   // the last frame that was looked at has the time 0
  bool plain_ = false;  // nothing is open: the next frame goes on if it comes in order
  bool known_ = false;
  std::uint64_t expected_us_ = 0;  // where the next frame belongs
  std::uint64_t ahead_us_ = 0;     // so much before it was given as silence, and may still come
  std::list<Frame> held_;          // behind a hole, by time
  std::size_t held_bytes_ = 0;
  std::array<Span, 8> filled_;  // holes that were filled, oldest overwritten
  std::size_t next_filled_ = 0;
  std::list<Frame> old_;  // older than what was given, one after the other: of a stream that begins anew?
  std::uint64_t old_us_ = 0;
};

}  // namespace hookswitch::media
