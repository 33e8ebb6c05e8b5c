// The flight recorder of a call's media.
#pragma once

#include <cstdint>
#include <utility>

#include "host/base/loop.hpp"
#include "host/call/trace.hpp"

namespace hookswitch::media {

/// [loop] Of the control plane's recorder it knows nothing: what it has is sent there, when somebody asks and at the
/// end.
class Recorder {
 public:
  /// `all`: of all calls of the loop; NULL: nobody keeps that.
  explicit Recorder(const base::Loop& loop, call::Lateness* all = nullptr) : loop_(loop), all_(all) {}

  void note(call::What what, std::uint64_t value = 0) { recording_.events.note(loop_.allMs(), what, value); }
  /// A frame has left for the carrier.
  void frameLeft(std::int64_t late_us) {
    recording_.lateness.add(late_us);
    if (all_) all_->add(late_us);
    if (late_us > 0) note(call::What::frame_late, std::uint64_t(late_us) / 1000);
  }
  const call::Recording& recording() const { return recording_; }
  call::Recording take() { return std::exchange(recording_, call::Recording()); }

 private:
  const base::Loop& loop_;
  call::Lateness* const all_;
  call::Recording recording_;
};

}  // namespace hookswitch::media
