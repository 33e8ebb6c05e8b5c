// The media of one call on its loop: the carrier's session, the voice's session, and the bridge between them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/base/barrier.hpp"
#include "host/call/call.hpp"
#include "host/media/bridge.hpp"
#include "host/media/call_sessions.hpp"
#include "host/media/end_wish.hpp"
#include "host/media/idle_watch.hpp"
#include "host/media/job.hpp"
#include "host/media/talk.hpp"
#include "host/media/telling.hpp"
#include "host/plugin/session_host.hpp"

namespace hookswitch::media {

/// What a loop says of itself.
struct LoopReport {
  std::int64_t lag_us = 0;  ///< by how much its turns begin late, see Lag; 0 without a call
  call::Lateness lateness;  ///< of every frame that it has sent so far
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
  /// Five times a second while the loop carries a call, and when it carries none any more.
  virtual void mediaLoop(std::size_t /*loop*/, const LoopReport& /*report*/) {}
  /// What was recorded of the call; before mediaStopped().
  virtual void mediaRecorded(const std::string& /*call*/, call::Recording /*recording*/) {}
  /// Both sockets have been told good-bye and both sessions are closed. Last event of a call.
  virtual void mediaStopped(const std::string& call) = 0;
};

/// [loop] Owned by the Plane's shard of its loop.
class CallMedia final : public plugin::SessionHost::Owner, public base::Paced {
 public:
  /// `lateness`: of all calls of the loop, kept by whoever has it; NULL: nobody.
  CallMedia(base::Loop& loop, net::IoPool& io, MediaEvents& events, MediaJob job, call::Lateness* lateness = nullptr);
  ~CallMedia() override;

  /// The carrier's socket has arrived: open the carrier's session, then the first voice.
  void start(std::unique_ptr<net::Stream> stream, std::string_view leftover);
  void say(const std::string& text);
  void toolResult(std::uint64_t id, const std::string& json, bool failed);
  /// Close the AI socket, then the media socket; mediaStopped() follows at once. Idempotent.
  void stop(const std::string& reason);
  std::string summary() const;  ///< counters, for the log
  const call::Recording& recording() const { return recorder_.recording(); }
  /// The host itself has failed in what it did for this call: that is logged and ends the call, once.
  void fault(const std::string& what, const std::string& why);
  template <class Event>
  void guarded(const char* what, Event&& event) {
    try {
      event();
    } catch (...) {
      fault(what, base::caught());
    }
  }

  static constexpr std::uint32_t voice_start_ms = 15'000;  ///< a voice that is not ready by then is gone

 private:
  void onSessionMessage(plugin::SessionHost& session, const hks_msg& message) override;
  void onSessionBroken(plugin::SessionHost& session) override;
  void onSessionFault(plugin::SessionHost& session, const std::string& what, const std::string& why) override;
  void onSessionConnected(plugin::SessionHost& session, std::size_t number) override;
  void onSessionDisconnected(plugin::SessionHost& session, std::uint32_t code) override;
  void onSessionDropped(plugin::SessionHost& session, std::size_t bytes) override;
  void fromCarrier(const hks_msg& message);
  void fromVoice(const hks_msg& message);
  void pace(std::int64_t now_us) override;
  bool failed(const std::string& why) override;
  void settle(std::int64_t now_us);
  std::int64_t nextPaceUs(std::int64_t now_us) const;

  void openVoice();
  void voiceGone(const std::string& reason);
  void requestEnd(const hks_call_end& message);
  void transcript(const hks_transcript& message);
  /// False, and the end of the call: the voice says more than anybody could.
  bool mayTell();

  base::Loop& loop_;
  net::IoPool& io_;
  MediaEvents& events_;
  const MediaJob job_;
  const std::string& id_;  // of job_.terms
  Recorder recorder_;
  CallSessions sessions_;
  Bridge bridge_;
  IdleWatch idle_;
  std::size_t next_voice_ = 0;
  base::Loop::TimerId voice_timer_ = 0;
  std::uint64_t voice_opened_ms_ = 0;  // allMs()
  Talk talk_;
  Telling telling_;
  EndWish end_wish_;
  bool stopped_ = false, failed_ = false, stream_said_ = false, flooded_ = false;
  std::string say_before_ready_;
};

}  // namespace hookswitch::media
