// The two sessions of a call on a loop, and what each is told of the other's sound.
#pragma once

#include <hookswitch/abi.h>

#include <memory>
#include <string>
#include <string_view>

#include "host/media/bridge.hpp"
#include "host/media/recorder.hpp"
#include "host/plugin/session_host.hpp"

namespace hookswitch::media {

/// What a loop of media allows a carrier's session and a voice's.
plugin::SessionLimits carrierLimits();
plugin::SessionLimits voiceLimits();

/// [loop] Either may be missing; then what it should hear is dropped.
class CallSessions final : public BridgePorts {
 public:
  CallSessions(base::Loop& loop, Recorder& recorder) : loop_(loop), recorder_(recorder) {}

  std::shared_ptr<plugin::SessionHost> carrier, voice;

  /// Close it and let go of it: it may be on the stack, the loop keeps it until the turn is over.
  void retire(std::shared_ptr<plugin::SessionHost>& session, std::string_view reason);
  /// To the voice: HKS_SAY, or a draft that is as long.
  void say(std::uint32_t type, const std::string& call, const std::string& text);
  void toolResult(std::uint64_t id, const std::string& json, bool failed);
  void silenced() { voiceHeard({}, 0, 0); }  ///< the host cuts the voice off, also what it is about to say

 private:
  void carrierAudio(AudioFormat format, std::string_view bytes) override;
  void frameLeft(std::int64_t late_us) override { recorder_.frameLeft(late_us); }
  void noted(call::What what, std::uint64_t value) override { recorder_.note(what, value); }
  void carrierMark(std::string_view name) override;
  void carrierFlush() override;
  void voiceAudio(AudioFormat format, std::string_view bytes) override;
  void voiceHeard(std::string_view item, std::uint64_t heard_ms, std::uint64_t received_ms) override;

  base::Loop& loop_;
  Recorder& recorder_;
};

}  // namespace hookswitch::media
