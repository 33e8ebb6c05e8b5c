// How the media loops are, by their own reports, and whether they can carry one more call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "host/control/call_requests.hpp"
#include "host/media/media_events.hpp"

namespace hookswitch::control {

/// Overload is what running calls would soon hear: so new ones are refused before. It begins when the loop that is
/// worst off is late by CallDefaults::shed_lag_ms, and ends when none is late by half of that. Calls that are on their
/// way weigh on no loop yet, so they are counted: together they may become what the loops have room for by what the
/// calls that they carry take of a core, the less the later the loops are. [control]
class MediaHealth {
 public:
  explicit MediaHealth(const CallDefaults& defaults) : defaults_(defaults) {}

  void report(std::size_t loop, const media::LoopReport& report);
  /// The limit may have changed.
  void configure() { judge(); }

  bool overloaded() const { return overloaded_; }
  std::uint64_t lagUs() const;      ///< of the loop that is worst off
  call::Lateness lateness() const;  ///< of every frame of every call so far
  /// Can the loops carry one more call, when so many are live? A refusal is counted.
  Accepted admit(call::Direction direction, std::size_t live);
  /// How many calls may be on their way: those that no loop carries yet.
  std::size_t room() const;
  void count(CallCounts& into) const;

  static constexpr std::uint64_t retry_after_s = 5;
  /// Of a core: beyond it a loop's queue grows faster than its load. What a call takes as long as fewer than `known`
  /// tell, by tests/bench.
  static constexpr double full = 0.85, supposed_share = 0.001, known = 20;

 private:
  void judge();
  double carried() const;
  Accepted shed(call::Direction direction, std::string why);
  const CallDefaults& defaults_;
  std::vector<media::LoopReport> loops_;
  bool overloaded_ = false;
  std::uint64_t shed_outbound_ = 0, shed_incoming_ = 0, shed_before_ = 0;
};

}  // namespace hookswitch::control
