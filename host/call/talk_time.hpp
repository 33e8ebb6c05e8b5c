// When the two talked, and for how long: as the gateway saw it, and as the carrier says.
#pragma once

#include <cstdint>
#include <optional>

#include "host/call/call.hpp"
#include "host/call/carrier_times.hpp"
#include "host/call/now.hpp"

namespace hookswitch::call {

/// Keeps the record's times of answer and end. [control]
class TalkTime {
 public:
  /// `record` outlives this.
  explicit TalkTime(Record& record) : record_(record) {}
  TalkTime(const TalkTime&) = delete;

  /// The answer is seen, in this run of the gateway; it may have been earlier.
  void sawAnswer(const Now& now);
  /// What the carrier says of an answer that was seen.
  void heardOfAnswer(const SaidTimes& said);
  /// What the carrier says of a leg that is over; once the record is sealed it says what was known by then.
  void heardOfEnd(const SaidTimes& said, const Now& now);

  /// When the maximum duration is reached, all_ms; none: this run has seen no answer.
  std::optional<std::uint64_t> limitDue() const;
  /// Did the carrier's fuse end the leg that is over now? It is the same number of seconds as our own limit. The
  /// carrier's own measure decides, if it gives one, however late we have heard of the answer or of the end; else ours.
  bool burntFuse(const SaidTimes& said, const Now& now) const;

  /// Fixes the end of the record; the first time counts.
  void seal(const Now& now);

 private:
  std::uint64_t limitMs() const { return record_.terms->max_duration_s * 1000ull; }

  Record& record_;
  std::uint64_t answered_ms_ = 0;  // all_ms; 0: this run has seen no answer
  std::uint64_t talked_ms_ = 0;    // as the carrier says, within what is plausible; 0: it has not said
};

}  // namespace hookswitch::call
