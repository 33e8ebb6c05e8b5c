// Which of a session's requests wait for a thread together.
#pragma once

#include <hookswitch/abi.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hookswitch::plugin {

/// Requests queue for threads by lane. Those that a hook of the phases hangup, confirm and settle asks for, and what
/// follows from their answers and timers, have one of their own: slow creates keep no hang-up waiting.
enum class Lane : std::uint8_t { common = 1, leg = 2 };

/// The lane of what a step with this message asks for.
inline Lane laneOf(const hks_msg& message) {
  if (message.type != HKS_CALL_PHASE) return Lane::common;
  const auto phase = reinterpret_cast<const hks_phase&>(message).phase;
  const bool ends = phase == HKS_PHASE_HANGUP || phase == HKS_PHASE_CONFIRM || phase == HKS_PHASE_SETTLE;
  return ends ? Lane::leg : Lane::common;
}

/// Of the messages in a session's queue: what is handled may step again, and the messages of that come behind it with
/// the lane of their own step.
class SessionLanes {
 public:
  /// A step has put the messages from `begin` to before `end`.
  void stepped(Lane lane, std::size_t begin, std::size_t end) {
    if (lane != Lane::common && begin < end) spans_.push_back({begin, end, lane});
  }
  Lane of(std::size_t message) const {
    for (auto& span : spans_)
      if (message >= span.begin && message < span.end) return span.lane;
    return Lane::common;
  }
  void clear() { spans_.clear(); }  ///< the queue is empty

 private:
  struct Span {
    std::size_t begin, end;
    Lane lane;
  };
  std::vector<Span> spans_;  // of other lanes than the common one
};

}  // namespace hookswitch::plugin
