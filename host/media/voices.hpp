// Which voice talks in a call: the configured one, then its fallbacks, each until it is gone.
#pragma once

#include <hookswitch/abi.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "host/base/loop.hpp"
#include "host/call/types.hpp"
#include "host/plugin/session_host.hpp"

namespace hookswitch::media {

class Bridge;
class CallSessions;
class MediaEvents;
class Recorder;
class Talk;
struct MediaJob;

/// [loop] The voice's session itself stands in CallSessions, where the bridge finds it.
class Voices {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /// Does `turn`, whose mistakes cost the call and no more, and sees to what follows from it. `what` names it.
    virtual void voiceTurn(const char* what, const std::function<void()>& turn) = 0;
    /// The call is over, or has failed: no voice is opened for it any more.
    virtual bool callIsOver() const = 0;
    /// It ends when what was said has been heard: that is not changed by a voice that goes.
    virtual bool endWaits() const = 0;
    /// The call ends when what was said has been heard.
    virtual void endWhenHeard(call::EndedBy by, const std::string& reason) = 0;
  };
  /// What a voice works with; all of it outlives this.
  struct Place {
    base::Loop& loop;
    base::IoPool& io;
    plugin::SessionHost::Owner& listener;  ///< hears what the voices say
    MediaEvents& events;
    const MediaJob& job;
    Recorder& recorder;
    CallSessions& sessions;
    Bridge& bridge;
    const Talk& talk;
  };
  Voices(Owner& owner, const Place& place) : owner_(owner), place_(place) {}

  /// The next voice that is configured; when none is left, the call is asked to end.
  void openNext();
  /// The voice that talks has no more to say: the next one takes over, or the call is asked to end.
  /// `broken`: by its plugin, whose last words are worth nothing; else what was said is heard before the end.
  void gone(const std::string& reason, bool broken = false);
  /// The voice that was opened has its connection.
  void ready(const hks_ready& ready);
  /// The voice was told what was said before, so it does not greet by itself.
  bool goesOn() const { return goes_on_; }
  /// To the voice that talks, or to the next one as soon as it is ready, within 16 KB. `interrupt`: what is being said
  /// is broken off for it.
  void say(const std::string& text, bool interrupt = false);
  /// While it is on nothing is to be said; what should be waits.
  void hold(bool on);
  /// The voice that talks follows these instructions from now on; the job has them for the next one.
  void prompt(const std::string& text);
  /// The call is over: the voice's session is closed, and none follows.
  void close();

  static constexpr std::uint32_t start_ms = 15'000;  ///< a voice that is not ready by then is gone

 private:
  void stopTimer();
  void at(std::uint32_t ms, const char* what, std::function<void()> turn);

  Owner& owner_;
  const Place place_;
  std::size_t next_ = 0;
  base::Loop::TimerId timer_ = 0;  // until the voice has to be ready, or the next one is opened
  std::uint64_t opened_ms_ = 0;    // allMs()
  std::string say_when_ready_;
  bool held_ = false;
  bool goes_on_ = false;
};

}  // namespace hookswitch::media
