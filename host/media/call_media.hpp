// The media of one call on its loop: the carrier's session, the voice's session, and the bridge between them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/base/barrier.hpp"
#include "host/call/call.hpp"
#include "host/media/bridge.hpp"
#include "host/media/call_sessions.hpp"
#include "host/media/end_wish.hpp"
#include "host/media/greeting.hpp"
#include "host/media/idle_watch.hpp"
#include "host/media/interlude.hpp"
#include "host/media/job.hpp"
#include "host/media/media_events.hpp"
#include "host/media/talk.hpp"
#include "host/media/telling.hpp"
#include "host/media/voices.hpp"
#include "host/plugin/session_host.hpp"

namespace hookswitch::media {

/// [loop] Owned by the Plane's shard of its loop.
class CallMedia final : public plugin::SessionHost::Owner, public Voices::Owner, public base::Paced {
 public:
  /// `lateness`: of all calls of the loop, kept by whoever has it; NULL: nobody.
  CallMedia(base::Loop& loop, base::IoPool& io, MediaEvents& events, MediaJob job, call::Lateness* lateness = nullptr);
  ~CallMedia() override;

  /// The carrier's socket has arrived: open the carrier's session, then the first voice.
  void start(std::unique_ptr<net::Stream> stream, std::string_view leftover);
  void say(const std::string& text, bool interrupt = false);
  /// While it is on neither the caller's sound nor his keys reach a voice.
  void mute(bool on);
  void interlude(const std::function<void(Interlude&)>& act);
  /// The stream that follows the one before, which has ended or is about to.
  void comeBack(std::shared_ptr<const call::Terms> terms, std::unique_ptr<net::Stream> stream,
                std::string_view leftover);
  /// The instructions of the call from now on, for this voice and those that follow.
  void prompt(const std::string& text);
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
  void voiceTurn(const char* what, const std::function<void()>& turn) override;
  bool callIsOver() const override { return stopped_ || failed_; }
  bool endWaits() const override { return end_wish_.waits(); }
  void endWhenHeard(call::EndedBy by, const std::string& reason) override;
  void settle(std::int64_t now_us);
  std::int64_t nextPaceUs(std::int64_t now_us) const;

  void key(const hks_msg& message);
  void openCarrier(std::unique_ptr<net::Stream> stream, std::string_view leftover);
  void requestEnd(const hks_call_end& message);
  void transcript(const hks_transcript& message);
  /// False, and the end of the call: the voice says more than anybody could.
  bool mayTell();

  base::Loop& loop_;
  base::IoPool& io_;
  MediaEvents& events_;
  MediaJob job_;
  const std::string id_;
  Recorder recorder_;
  CallSessions sessions_;
  Bridge bridge_;
  IdleWatch idle_;
  Talk talk_;
  Voices voices_;
  Interlude interlude_;
  Telling telling_;
  EndWish end_wish_;
  Greeting greeting_;
  bool stopped_ = false, failed_ = false, stream_said_ = false, flooded_ = false, overflow_said_ = false,
       muted_ = false;
};

}  // namespace hookswitch::media
