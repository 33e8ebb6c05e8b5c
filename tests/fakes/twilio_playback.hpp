// What Twilio does with the audio it gets: a queue that is played at 8 bytes per millisecond, and marks that come back
// when everything in front of them has been played (twilio.md §5.3, §5.4). No clock of its own: time is handed in.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace fakes {

/// [loop] Times are microseconds of any monotonic clock and must not decrease from call to call.
class Playback {
 public:
  struct Echo {
    std::string name;
    bool played;  ///< false: it came back because of a clear
  };
  struct Run {
    std::uint64_t at_us, offset, bytes;  ///< received audio [offset, offset+bytes), which began to sound at at_us
  };
  struct Counters {
    std::uint64_t frames = 0, bytes = 0;  ///< media messages, bytes in them
    std::uint64_t bytes_played = 0, bytes_cleared = 0, bytes_discarded = 0;
    std::uint64_t marks = 0, clears = 0;
    std::uint64_t underruns = 0;  ///< the line fell silent inside an item: resumed within item_gap_ms
    std::uint64_t underrun_us = 0, longest_underrun_us = 0;
    std::uint64_t most_buffered = 0;  ///< bytes
  };
  /// `keep_bytes`: how much of the received audio to remember; the oldest played part goes first.
  explicit Playback(std::uint64_t keep_bytes = 64u << 20) : keep_bytes_(keep_bytes) {}

  /// False: more than ten minutes are buffered, the audio is thrown away (31931).
  bool audio(std::uint64_t now_us, std::string_view mulaw);
  void mark(std::uint64_t now_us, std::string name);
  void clear(std::uint64_t now_us);
  /// Moves time on. Echoes become available through take().
  void advance(std::uint64_t now_us);
  std::vector<Echo> take();
  /// When the next mark will come back by itself; 0: none is waiting.
  std::uint64_t nextEchoUs() const;

  const Counters& counters() const { return counters_; }
  std::uint64_t buffered() const { return total_ - played_to_; }
  const std::vector<Run>& runs() const { return runs_; }
  std::string received() const { return kept_; }
  /// The bytes that were played, in order; silence is not in it.
  std::string heard() const;
  /// The line as the caller heard it from `from_us` to `to_us`: 0xFF where nothing was played.
  std::string line(std::uint64_t from_us, std::uint64_t to_us) const;

  static constexpr std::uint64_t item_gap_us = 1000000;

 private:
  struct Mark {
    std::uint64_t offset;
    std::string name;
  };
  void playTo(std::uint64_t now_us);
  void forget();

  std::uint64_t keep_bytes_;
  Counters counters_;
  std::string kept_;  ///< received audio from byte `kept_from_` on
  std::uint64_t kept_from_ = 0;
  std::uint64_t total_ = 0;       ///< bytes received and accepted
  std::uint64_t played_to_ = 0;   ///< bytes played or cleared
  std::uint64_t started_us_ = 0;  ///< the byte `started_at_` began to sound then; valid while buffered() > 0
  std::uint64_t started_at_ = 0;
  std::uint64_t dry_since_us_ = 0;  ///< 0: not waiting for more of an item
  std::deque<Mark> marks_;
  std::vector<Echo> echoes_;
  std::vector<Run> runs_;
};

}  // namespace fakes
