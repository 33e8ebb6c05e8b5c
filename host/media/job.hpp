// Everything a loop needs to carry a call.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/call/call.hpp"
#include "host/media/resample.hpp"
#include "host/plugin/session_source.hpp"

namespace hookswitch::net {
class Stream;
}

namespace hookswitch::media {

using plugin::SessionSource;
using plugin::Settings;

struct Tool {
  std::string name, description, parameters_json;
};

/// Made on the control thread, then moved.
struct MediaJob {
  std::shared_ptr<const call::Terms> terms;
  std::string remote_id;
  SessionSource carrier;
  std::vector<SessionSource> voices;  ///< the configured one, then the fallback
  std::vector<Tool> tools;
  bool voice_may_end = true;  ///< the model is offered to end the call
  std::string public_url, version;
  ResamplerKind resampler = ResamplerKind::polyphase;
  /// The call ends when its carrier has delivered neither audio nor a mark nor a key for so long, whatever the model
  /// says meanwhile. 0: never.
  std::uint32_t media_idle_s = 0;
  bool dtmf_interrupts = false;     ///< a key of the far end silences the agent at once
  std::uint32_t voice_retry_s = 0;  ///< for so long a voice may try to have its lost model back before it is gone
};

/// The carrier's socket of a call, and what has been read of it already.
struct CarrierSocket {
  std::unique_ptr<net::Stream> stream;
  std::string leftover;
};

}  // namespace hookswitch::media
