#include "host/media/call_media.hpp"

#include <utility>

#include "host/base/log.hpp"
#include "host/media/media_start.hpp"
#include "host/plugin/wire.hpp"

namespace hookswitch::media {

using call::EndedBy;
using call::What;
using plugin::view;

namespace {

constexpr const char* component = "media";

EndedBy endedBy(std::uint32_t by, EndedBy fallback) {
  return by >= HKS_BY_API && by <= HKS_BY_RECOVERY ? static_cast<EndedBy>(by) : fallback;
}

}  // namespace

CallMedia::CallMedia(base::Loop& loop, base::IoPool& io, MediaEvents& events, MediaJob job, call::Lateness* lateness)
    : loop_(loop),
      io_(io),
      events_(events),
      job_(std::move(job)),
      id_(job_.terms->id),
      recorder_(loop, lateness),
      sessions_(loop, recorder_),
      bridge_(sessions_, job_.resampler),
      idle_(job_.media_idle_s),
      voices_(*this, {loop_, io_, *this, events_, job_, recorder_, sessions_, bridge_, talk_}),
      interlude_({loop_, events_, id_, recorder_, sessions_, bridge_, voices_}),
      greeting_(!job_.terms->greeting.empty(), job_.terms->greeting_shield_ms) {
  bridge_.shield(greeting_.shields());
}

CallMedia::~CallMedia() { stop("the gateway let go of the call"); }

void CallMedia::start(std::unique_ptr<net::Stream> stream, std::string_view leftover) {
  loop_.addPaced(*this);
  openCarrier(std::move(stream), leftover);
  settle(loop_.pacingUs());
}

void CallMedia::openCarrier(std::unique_ptr<net::Stream> stream, std::string_view leftover) {
  idle_.alive(loop_.pacingUs());
  sessions_.carrier = std::make_shared<plugin::SessionHost>(loop_, io_, *this, job_.carrier, id_, carrierLimits());
  const MediaStart start(job_, job_.carrier, loop_.unixMs());
  if (!sessions_.carrier->open(start.record()))
    return events_.mediaEndRequested(id_, EndedBy::fault,
                                     "the carrier plugin " + job_.carrier.plugin + " refused to open a session");
  sessions_.carrier->adopt(std::move(stream), leftover);
}

void CallMedia::onSessionMessage(plugin::SessionHost& session, const hks_msg& message) {
  if (stopped_ || failed_) return;
  switch (message.type) {
    case HKS_CALL_END: {
      auto& end = reinterpret_cast<const hks_call_end&>(message);
      if (&session == sessions_.carrier.get() && end.by == HKS_BY_CARRIER) {
        if (interlude_.carrierLeft(true, view(end.reason))) return settle(loop_.pacingUs());
        events_.mediaFarEndLeft(id_);
      }
      requestEnd(end);
      return settle(loop_.pacingUs());
    }
    case HKS_NOTICE: {
      auto& notice = reinterpret_cast<const hks_notice&>(message);
      std::string text;
      // Here, not where it is told on: a flood must not reach the control thread.
      if (!plugin::FloodGate::of(session.source().plugin).notice(view(notice.text), text)) return;
      return events_.mediaNotice(id_, session.source().plugin, notice.level, text);
    }
    default: break;
  }
  if (&session == sessions_.carrier.get())
    fromCarrier(message);
  else if (&session == sessions_.voice.get())
    fromVoice(message);
  settle(loop_.pacingUs());
}

/// After whatever has happened: is the end that waited due, and when does the next thing happen by itself?
void CallMedia::settle(std::int64_t now_us) {
  if (stopped_ || failed_) return;
  interlude_.look(now_us);
  greeting_.look(now_us, bridge_.drained());
  bridge_.shield(greeting_.shields());
  // What is queued while the carrier does something else is heard behind that, or by nobody.
  if (!interlude_.active() && end_wish_.due(now_us, bridge_.drained(), bridge_.playedUs(now_us)))
    events_.mediaEndRequested(id_, end_wish_.by(), end_wish_.reason());
  loop_.paceAt(*this, nextPaceUs(now_us));
}

std::int64_t CallMedia::nextPaceUs(std::int64_t now_us) const {
  std::int64_t next = bridge_.nextPaceUs(now_us);
  if (idle_.watches()) next = std::min(next, Bridge::watchUs(now_us + IdleWatch::max_step_us, now_us));
  if (end_wish_.untilUs() && !interlude_.active()) next = std::min(next, end_wish_.untilUs());
  if (interlude_.untilUs()) next = std::min(next, interlude_.untilUs());
  if (greeting_.untilUs()) next = std::min(next, greeting_.untilUs());
  return next;
}

void CallMedia::requestEnd(const hks_call_end& message) {
  recorder_.note(What::end_wished);
  const EndedBy by = endedBy(message.by, EndedBy::fault);
  const std::string reason(view(message.reason));
  if (message.flags & HKS_END_AFTER_PLAYBACK) return endWhenHeard(by, reason);
  events_.mediaEndRequested(id_, by, reason);
}

void CallMedia::endWhenHeard(EndedBy by, const std::string& reason) {
  if (bridge_.drained() && !interlude_.active()) return events_.mediaEndRequested(id_, by, reason);
  const std::int64_t now_us = loop_.pacingUs();
  end_wish_.wait(now_us, bridge_.playedUs(now_us), by, reason);
}

void CallMedia::fromCarrier(const hks_msg& message) {
  // Whatever tells of the far end: a frame, a playback that went on, a key.
  if (message.type == HKS_AUDIO || message.type == HKS_MARK || message.type == HKS_DTMF || message.type == HKS_READY)
    idle_.alive(loop_.pacingUs());
  switch (message.type) {
    case HKS_READY: {
      auto& ready = reinterpret_cast<const hks_ready&>(message);
      if (!isAudioFormat(ready.takes) || !isAudioFormat(ready.gives))
        return events_.mediaEndRequested(id_, EndedBy::fault, "the carrier plugin named an unknown audio format");
      recorder_.note(What::carrier_ready);
      bridge_.carrierReady(static_cast<AudioFormat>(ready.takes), static_cast<AudioFormat>(ready.gives));
      interlude_.carrierReady();
      if (std::exchange(stream_said_, true)) return;
      events_.mediaStreamStarted(id_);
      return voices_.openNext();
    }
    case HKS_AUDIO: {
      auto& audio = reinterpret_cast<const hks_audio&>(message);
      if (isAudioFormat(audio.format))
        bridge_.carrierAudio(static_cast<AudioFormat>(audio.format), view(audio.bytes), audio.pts_us, loop_.pacingUs());
      return;
    }
    case HKS_MARK: return bridge_.carrierMark(view(reinterpret_cast<const hks_mark&>(message).name), loop_.pacingUs());
    case HKS_DTMF: return key(message);
    case HKS_GONE: {
      auto& end = reinterpret_cast<const hks_closed&>(message);
      if (interlude_.carrierLeft(false, view(end.reason))) return;
      return events_.mediaEndRequested(id_, EndedBy::carrier,
                                       "the media stream is gone: " + std::string(view(end.reason)));
    }
    case HKS_SAY: return voices_.say(std::string(view(reinterpret_cast<const hks_notice&>(message).text)));
    default: return;  // the session takes nothing else from a carrier
  }
}

/// Who presses a key has heard enough: the agent is silenced, and told so before it hears of the key.
void CallMedia::key(const hks_msg& message) {
  recorder_.note(What::key);  // not which: keys may be a secret
  if (muted_) return;
  if (job_.dtmf_interrupts) {
    end_wish_.forget();
    greeting_.cut();
    if (bridge_.voiceIsReady()) sessions_.silenced();
    bridge_.interrupt(loop_.pacingUs());
  }
  if (sessions_.voice) sessions_.voice->step(message);
}

void CallMedia::fromVoice(const hks_msg& message) {
  switch (message.type) {
    case HKS_READY: {
      voices_.ready(reinterpret_cast<const hks_ready&>(message));
      greeting_.asked(loop_.pacingUs());
      if (greeting_.due() && voices_.goesOn()) voices_.say(job_.terms->greeting);
      return;
    }
    case HKS_AUDIO: {
      auto& audio = reinterpret_cast<const hks_audio&>(message);
      if (isAudioFormat(audio.format) && bridge_.voiceAudio(static_cast<AudioFormat>(audio.format), view(audio.item),
                                                            view(audio.bytes), loop_.pacingUs()))
        greeting_.sounds(loop_.pacingUs());
      if (bridge_.counters().overflows && !std::exchange(overflow_said_, true))
        log::warn(component,
                  "the voice " + sessions_.voice->source().plugin + " is more than " +
                      std::to_string(PlayoutOptions().max_queue_ms / 1000) +
                      " s ahead of what the caller hears; the rest of what it says is lost",
                  id_);
      return;
    }
    case HKS_AUDIO_END:
      return bridge_.voiceAudioEnd(view(reinterpret_cast<const hks_mark&>(message).name), loop_.pacingUs());
    case HKS_SPEECH_STARTED:
    case HKS_FLUSH:
      if (message.type == HKS_SPEECH_STARTED) end_wish_.forget();
      bridge_.interrupt(loop_.pacingUs());
      if (greeting_.interrupted(loop_.pacingUs())) voices_.say(job_.terms->greeting);
      return;
    case HKS_TRANSCRIPT: return transcript(reinterpret_cast<const hks_transcript&>(message));
    case HKS_TOOL_CALL: {
      auto& tool = reinterpret_cast<const hks_tool_call&>(message);
      if (!mayTell()) return;
      return events_.mediaToolCall(id_, message.id, std::string(view(tool.name)), std::string(view(tool.json)));
    }
    case HKS_GONE:
      greeting_.broken(loop_.pacingUs());
      return voices_.gone(std::string(view(reinterpret_cast<const hks_closed&>(message).reason)));
    default: return;  // the session takes nothing else from a voice
  }
}

bool CallMedia::mayTell() {
  if (telling_.may(loop_.nowMs())) return true;
  if (!std::exchange(flooded_, true))
    events_.mediaEndRequested(
        id_, EndedBy::fault,
        "the voice sends more than " + std::to_string(Telling::a_second) + " lines and tool calls a second");
  return false;
}

void CallMedia::transcript(const hks_transcript& message) {
  if (!mayTell()) return;
  call::Line line;
  line.speaker = message.speaker == HKS_ASSISTANT ? HKS_ASSISTANT : HKS_USER;
  line.at_unix_ms = message.at_unix_ms ? message.at_unix_ms : loop_.unixMs();
  line.text = std::string(view(message.text));
  line.item = std::string(view(message.item));
  if (talk_.add(line)) events_.mediaTranscript(id_, std::move(line));
}

void CallMedia::pace(std::int64_t now_us) {
  if (stopped_) return;
  bridge_.pace(now_us);
  if (interlude_.active()) idle_.alive(now_us);  // that nothing comes is our own doing
  if (idle_.expired(now_us))
    events_.mediaEndRequested(id_, EndedBy::limit,
                              "media idle: no audio from the carrier for " + std::to_string(job_.media_idle_s) + " s");
  settle(now_us);
}

void CallMedia::toolResult(std::uint64_t id, const std::string& json, bool failed) {
  sessions_.toolResult(id, json, failed);
}

void CallMedia::stop(const std::string& reason) {
  if (stopped_) return;
  stopped_ = true;
  loop_.removePaced(*this);
  voices_.close();
  sessions_.retire(sessions_.carrier, "call over");
  log::debug(component, "media stopped (" + reason + "): " + summary(), id_);
  recorder_.note(What::stopped);
  events_.mediaRecorded(id_, recorder_.take());
  events_.mediaStopped(id_);
}

std::string CallMedia::summary() const {
  const BridgeCounters& c = bridge_.counters();
  return "caller frames " + std::to_string(c.caller_frames) + ", gaps " + std::to_string(c.gaps_ms) +
         " ms, late caller audio dropped " + std::to_string(c.caller_late_ms) + " ms, early audio dropped " +
         std::to_string(c.early_dropped) + " bytes, agent frames " + std::to_string(c.agent_frames) +
         ", of them late " + std::to_string(recording().lateness.late()) + ", the worst by " +
         std::to_string(recording().lateness.worstUs() / 1000) + " ms, interruptions " +
         std::to_string(c.interruptions) + ", overflows " + std::to_string(c.overflows);
}

}  // namespace hookswitch::media
