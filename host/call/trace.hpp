// What a flight recorder keeps of a call: its last events, with their times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/call/lateness.hpp"

namespace hookswitch::call {

/// What can happen to a call. Those up to 63 are noted by the control thread, the others by the loop of its media.
enum class What : std::uint8_t {
  begun = 1,
  restored = 2,  ///< from the store: what was before is not in the trace
  dialled = 3,
  offered = 4,
  named = 5,
  ringing = 6,
  answered = 7,
  leg_failed = 8,
  leg_over = 9,
  leg_unknown = 10,  ///< the account that answers has no such leg
  carrier_asked = 11,
  media_up = 12,
  media_down = 13,
  stream_started = 14,
  stream_stopped = 15,
  voice = 16,
  tool = 17,
  hook_given = 18,
  hook = 19,
  ending = 20,
  sealed = 21,
  left = 22,
  released = 23,
  refused = 24,
  muted = 25,
  unmuted = 26,
  prompted = 27,  ///< new instructions for the model
  keys_sent = 28,
  transfer = 29,

  carrier_up = 64,
  carrier_down = 65,
  carrier_ready = 66,
  voice_opened = 67,
  voice_ready = 68,
  voice_gone = 69,
  model_up = 70,
  model_rotated = 71,
  model_down = 72,
  playout_started = 73,
  playout_over = 74,
  playout_dry = 75,
  frame_late = 76,
  mark_echoed = 77,
  mark_unknown = 78,
  mark_lost = 79,
  barge_in = 80,
  cleared = 81,
  late_audio = 82,
  queue_full = 83,
  dropped_to_carrier = 84,
  dropped_to_model = 85,
  early_dropped = 86,
  caller_gap = 87,
  caller_silent = 88,
  key = 89,
  said = 90,
  end_wished = 91,
  fault = 92,
  stopped = 93,
  gap_began = 94,  ///< of our own making: the carrier does something else with the leg
  gap_over = 95,
};

const char* name(What);  ///< "model_up"
/// What TraceEvent::value is of such an event, with its unit: "late_ms". Empty: it has none.
const char* valueName(What);

struct TraceEvent {
  std::uint64_t at_ms = 0;      ///< base::Clock::allUs(), in milliseconds; 48 bits of it are kept
  std::uint32_t lasted_ms = 0;  ///< from the first to the last of `count`
  std::uint32_t value = 0;      ///< the largest of them
  std::uint32_t count = 1;      ///< how often it happened in a row
  What what = What::begun;
  std::shared_ptr<const std::string> text = {};  ///< NULL: none
};

/// The newest events, at most so many. What happens again is counted where it stands. A value; no thread.
class Trace {
 public:
  /// `most`: up to 200.
  explicit Trace(std::size_t most = 96) : most_(most) {}

  /// `text` is cut to max_text bytes, between two characters.
  void note(std::uint64_t at_ms, What what, std::uint64_t value = 0, std::string_view text = {});
  /// Oldest first.
  std::vector<TraceEvent> events() const;
  std::uint64_t forgotten() const { return forgotten_; }  ///< older events that had to go

  static constexpr std::size_t max_text = 200;

 private:
  /// An event as it is kept: every call has a hundred of them.
  struct Kept {
    std::uint32_t at_ms = 0;  // the low bits
    std::uint32_t lasted_ms = 0, value = 0, count = 1;
    std::uint16_t at_high = 0;
    What what = What::begun;
    std::uint8_t text = 0;  // place in texts_, from 1; 0: none
    std::uint64_t at() const { return std::uint64_t(at_high) << 32 | at_ms; }
  };
  bool again(std::uint64_t at_ms, What what, std::uint32_t value, std::string_view text);
  std::string_view textOf(const Kept& kept) const;
  std::uint8_t keepText(std::string_view text);

  std::size_t most_, next_ = 0;  // next_: where the oldest stands, once they are `most_`
  std::vector<Kept> ring_;
  std::vector<std::shared_ptr<const std::string>> texts_;  // NULL: the place is free
  std::uint64_t forgotten_ = 0;
};

/// What a loop has recorded of a call's media.
struct Recording {
  Trace events;
  Lateness lateness;
};

}  // namespace hookswitch::call
