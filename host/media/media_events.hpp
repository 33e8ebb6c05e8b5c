// What a loop of media tells the control plane.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "host/call/call.hpp"
#include "host/call/trace.hpp"

namespace hookswitch::media {

/// What a loop says of itself.
struct LoopReport {
  std::int64_t lag_us = 0;  ///< by how much its turns begin late, see Lag; 0 without a call
  call::Lateness lateness;  ///< of every frame that it has sent so far
  double share = 0;         ///< of a core, that it takes for its calls, see Load
  double calls = 0;         ///< that it carries, on average meanwhile
};

/// What a loop tells the control plane. Implementations only post; the references are valid during the call. [loop]
class MediaEvents {
 public:
  virtual ~MediaEvents() = default;
  virtual void mediaStreamStarted(const std::string& call) = 0;
  virtual void mediaTranscript(const std::string& call, call::Line line) = 0;
  virtual void mediaEndRequested(const std::string& call, call::EndedBy by, const std::string& reason) = 0;
  /// The carrier's own session says that the leg is over (a stream's `stop`), not merely that its socket is gone.
  virtual void mediaFarEndLeft(const std::string& call) = 0;
  virtual void mediaVoiceChanged(const std::string& call, const std::string& voice) = 0;
  virtual void mediaNotice(const std::string& call, const std::string& plugin, unsigned level,
                           const std::string& text) = 0;
  virtual void mediaToolCall(const std::string& call, std::uint64_t id, const std::string& name,
                             const std::string& arguments) = 0;
  /// After a call's gap was asked for: nothing of ours is left to be played, the act may be asked for.
  virtual void mediaQuiet(const std::string& /*call*/) {}
  /// The gap is over: the carrier's stream has come back, or was never away.
  virtual void mediaBack(const std::string& /*call*/) {}
  /// Five times a second while the loop carries a call, when it carries none any more, and when it begins.
  virtual void mediaLoop(std::size_t /*loop*/, const LoopReport& /*report*/) {}
  /// What was recorded of the call; before mediaStopped().
  virtual void mediaRecorded(const std::string& /*call*/, call::Recording /*recording*/) {}
  /// Both sockets have been told good-bye and both sessions are closed. Last event of a call.
  virtual void mediaStopped(const std::string& call) = 0;
};

}  // namespace hookswitch::media
