#include "host/media/voices.hpp"

#include <hookswitch/draft.h>

#include <memory>
#include <utility>

#include "host/base/log.hpp"
#include "host/media/bridge.hpp"
#include "host/media/call_sessions.hpp"
#include "host/media/job.hpp"
#include "host/media/media_events.hpp"
#include "host/media/media_start.hpp"
#include "host/media/recorder.hpp"
#include "host/media/talk.hpp"

namespace hookswitch::media {

using call::EndedBy;
using call::What;

namespace {
constexpr const char* component = "media";
constexpr std::size_t most_waiting = 16 * 1024;  // bytes to be said when a voice is ready
}  // namespace

void Voices::stopTimer() {
  place_.loop.cancel(timer_);
  timer_ = 0;
}

void Voices::at(std::uint32_t ms, const char* what, std::function<void()> turn) {
  timer_ = place_.loop.after(ms, [this, what, turn = std::move(turn)] {
    timer_ = 0;
    owner_.voiceTurn(what, turn);
  });
}

void Voices::openNext() {
  CallSessions& sessions = place_.sessions;
  if (owner_.callIsOver() || sessions.voice) return;
  const MediaJob& job = place_.job;
  const std::string& call = job.terms->id;
  if (next_ >= job.voices.size())
    return place_.events.mediaEndRequested(call, EndedBy::fault, "no speech model is left to talk to the caller");
  const SessionSource& source = job.voices[next_++];
  place_.recorder.note(What::voice_opened, next_);
  opened_ms_ = place_.loop.allMs();
  sessions.voice =
      std::make_shared<plugin::SessionHost>(place_.loop, place_.io, place_.listener, source, call, voiceLimits());
  MediaStart start(job, source, place_.loop.unixMs());
  start.addTalk(job, place_.talk.lines());
  goes_on_ = !place_.talk.lines().empty();
  at(start_ms, "a voice that was not ready",
     [this] { gone("it was not ready within " + std::to_string(start_ms / 1000) + " s"); });
  place_.events.mediaVoiceChanged(call, source.plugin);
  if (sessions.voice->open(start.record())) return;
  if (sessions.voice) gone("the plugin refused to open a session");
}

void Voices::gone(const std::string& reason, bool broken) {
  CallSessions& sessions = place_.sessions;
  if (owner_.callIsOver() || !sessions.voice) return;
  const MediaJob& job = place_.job;
  const std::string& call = job.terms->id;
  const std::string plugin = sessions.voice->source().plugin;
  log::warn(component, "the voice " + plugin + " is gone: " + reason, call);
  stopTimer();
  place_.recorder.note(What::voice_gone);
  sessions.retire(sessions.voice, "call goes on elsewhere");
  place_.bridge.voiceGone();
  if (owner_.endWaits()) return;
  if (next_ >= job.voices.size()) {
    const std::string why = "the voice " + plugin + " is gone: " + reason;
    return broken ? place_.events.mediaEndRequested(call, EndedBy::fault, why)
                  : owner_.endWhenHeard(EndedBy::fault, why);
  }
  log::notice(component, "the voice " + job.voices[next_].plugin + " takes over", call);
  at(0, "the next voice", [this] { openNext(); });  // not from inside the old session's step
}

void Voices::ready(const hks_ready& ready) {
  if (!isAudioFormat(ready.takes) || !isAudioFormat(ready.gives)) return gone("it named an unknown audio format");
  stopTimer();
  place_.recorder.note(What::voice_ready, place_.loop.allMs() - opened_ms_);
  place_.bridge.voiceReady(static_cast<AudioFormat>(ready.takes), static_cast<AudioFormat>(ready.gives));
  if (!say_when_ready_.empty()) say(std::exchange(say_when_ready_, {}));
}

void Voices::say(const std::string& text, bool interrupt) {
  CallSessions& sessions = place_.sessions;
  const std::string& call = place_.job.terms->id;
  const auto listens = [&] { return sessions.voice && place_.bridge.voiceIsReady() && !held_; };
  if (interrupt && listens()) {
    // As by a key. A voice that was lost during its good-bye says so now, and the next one has the sentence.
    sessions.silenced();
    place_.bridge.interrupt(place_.loop.pacingUs());
  }
  if (!listens()) {
    if (say_when_ready_.size() + text.size() < most_waiting)
      say_when_ready_ += (say_when_ready_.empty() ? "" : " ") + text;
    return;
  }
  place_.recorder.note(What::said);
  const bool knows = interrupt && sessions.voice->source().listensTo(HKS_DRAFT_SAY_NOW);
  sessions.say(knows ? std::uint32_t(HKS_DRAFT_SAY_NOW) : std::uint32_t(HKS_SAY), call, text);
}

void Voices::hold(bool on) {
  held_ = on;
  if (!on && !say_when_ready_.empty()) say(std::exchange(say_when_ready_, {}));
}

void Voices::prompt(const std::string& text) {
  CallSessions& sessions = place_.sessions;
  if (sessions.voice && sessions.voice->source().listensTo(HKS_DRAFT_PROMPT))
    sessions.say(HKS_DRAFT_PROMPT, place_.job.terms->id, text);
}

void Voices::close() {
  stopTimer();
  place_.sessions.retire(place_.sessions.voice, "call over");
}

}  // namespace hookswitch::media
