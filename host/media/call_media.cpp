#include "host/media/call_media.hpp"

#include <openssl/rand.h>

#include "host/base/barrier.hpp"
#include "host/base/log.hpp"
#include "host/plugin/blame.hpp"
#include "host/plugin/start_record.hpp"
#include "host/plugin/wire.hpp"

namespace hookswitch::media {

using call::EndedBy;
using plugin::str;
using plugin::view;

namespace {

constexpr const char* component = "media";
constexpr std::size_t max_history_lines = 200, max_history_bytes = 64 * 1024;

std::uint64_t randomSeed() {
  std::uint64_t seed = 1;
  RAND_bytes(reinterpret_cast<unsigned char*>(&seed), sizeof seed);
  return seed;
}

plugin::SessionLimits carrierLimits() {
  plugin::SessionLimits limits;
  limits.connection.max_message = 256 * 1024;
  limits.connection.max_queue = 1024 * 1024;
  // A phone line is never silent: a frame every 20 ms comes even when nobody speaks (twilio.md §5.6).
  limits.connection.idle_ms = 30'000;
  limits.connection.ping_ms = 20'000;
  return limits;
}

plugin::SessionLimits voiceLimits() {
  plugin::SessionLimits limits;
  limits.connection.max_message = 16 * 1024 * 1024;
  limits.connection.droppable_queue = 256 * 1024;
  return limits;  // no pings: one provider closes on them (gemini-live.md §9); the audio keeps the line awake
}

EndedBy endedBy(std::uint32_t by, EndedBy fallback) {
  return by >= HKS_BY_API && by <= HKS_BY_RECOVERY ? static_cast<EndedBy>(by) : fallback;
}

}  // namespace

CallMedia::CallMedia(base::Loop& loop, net::IoPool& io, MediaEvents& events, MediaJob job)
    : loop_(loop),
      io_(io),
      events_(events),
      job_(std::move(job)),
      id_(job_.terms->id),
      bridge_(*this, job_.resampler),
      idle_(job_.media_idle_s) {}

CallMedia::~CallMedia() { stop("the gateway let go of the call"); }

void CallMedia::fillStart(hks_start& start) const {
  start.msg = {sizeof start, HKS_START, 0};
  start.public_url = str(job_.public_url);
  start.host_version = str(job_.version);
  start.seed = randomSeed();
  start.unix_ms = loop_.unixMs();
  start.carrier_format = HKS_PCMU_8K;
  plugin::describeHost(start);
}

void CallMedia::start(std::unique_ptr<net::Stream> stream, std::string_view leftover) {
  loop_.addPaced(*this);
  carrier_ = std::make_shared<plugin::SessionHost>(loop_, io_, *this, job_.carrier, id_, carrierLimits());
  plugin::StartRecord start(*job_.terms, job_.remote_id, *job_.carrier.settings);
  fillStart(start.start);
  if (!carrier_->open(start.start))
    return events_.mediaEndRequested(id_, EndedBy::fault,
                                     "the carrier plugin " + job_.carrier.plugin + " refused to open a session");
  carrier_->adopt(std::move(stream), leftover);
}

void CallMedia::openVoice() {
  if (stopped_ || failed_ || voice_) return;
  if (next_voice_ >= job_.voices.size())
    return events_.mediaEndRequested(id_, EndedBy::fault, "no speech model is left to talk to the caller");
  const SessionSource& source = job_.voices[next_voice_++];
  voice_ = std::make_shared<plugin::SessionHost>(loop_, io_, *this, source, id_, voiceLimits());
  plugin::StartRecord start(*job_.terms, job_.remote_id, *source.settings);
  fillStart(start.start);
  // Who takes over does not greet again.
  if (!history_.empty()) start.call.greeting = {};
  std::vector<hks_line> lines;
  for (auto& line : history_) lines.push_back({sizeof(hks_line), line.speaker, line.at_unix_ms, str(line.text)});
  start.start.history = lines.data();
  start.start.history_count = lines.size();
  std::vector<hks_tool> tools;
  for (auto& tool : job_.tools)
    tools.push_back(
        {{sizeof(hks_tool), HKS_TOOL, 0}, str(tool.name), str(tool.description), str(tool.parameters_json)});
  start.start.tools = tools.data();
  start.start.tool_count = tools.size();
  voice_timer_ = loop_.after(voice_start_ms, [this] {
    voice_timer_ = 0;
    guarded([&] { voiceGone("it was not ready within " + std::to_string(voice_start_ms / 1000) + " s"); });
  });
  events_.mediaVoiceChanged(id_, source.plugin);
  if (voice_->open(start.start)) return;
  if (voice_) voiceGone("the plugin refused to open a session");
}

void CallMedia::retire(std::shared_ptr<plugin::SessionHost>& session, std::uint16_t code, std::string_view reason) {
  if (!session) return;
  session->close(code, reason);
  // It may be on the stack; the loop keeps it until the turn is over.
  loop_.dispose(std::make_unique<std::shared_ptr<plugin::SessionHost>>(std::move(session)));
  session = nullptr;
}

void CallMedia::voiceGone(const std::string& reason) {
  if (stopped_ || failed_ || !voice_) return;
  const std::string plugin = voice_->source().plugin;
  log::warn(component, "the voice " + plugin + " is gone: " + reason, id_);
  loop_.cancel(voice_timer_);
  voice_timer_ = 0;
  retire(voice_, 1000, "call goes on elsewhere");
  bridge_.voiceGone();
  if (next_voice_ < job_.voices.size()) {
    log::notice(component, "the voice " + job_.voices[next_voice_].plugin + " takes over", id_);
    // Not from inside the old session's step.
    voice_timer_ = loop_.after(0, [this] {
      voice_timer_ = 0;
      guarded("the next voice", [this] { openVoice(); });
    });
    return;
  }
  events_.mediaEndRequested(id_, EndedBy::fault, "the voice " + plugin + " is gone: " + reason);
}

void CallMedia::onSessionBroken(plugin::SessionHost& session) {
  if (stopped_) return;
  if (&session == voice_.get()) return voiceGone("its plugin " + plugin::blame::broken(plugin::Session::max_faults));
  if (&session == carrier_.get())
    events_.mediaEndRequested(
        id_, EndedBy::fault,
        "the carrier plugin " + job_.carrier.plugin + " " + plugin::blame::broken(plugin::Session::max_faults));
}

void CallMedia::onSessionFault(plugin::SessionHost& session, const std::string& what, const std::string& why) {
  fault(what + " of the plugin " + session.source().plugin, why);
}

bool CallMedia::failed(const std::string& why) {
  fault("a turn of the pacing", why);
  return true;
}

/// A call that goes on without what has failed would be half alive: its caller would wait in silence.
void CallMedia::fault(const std::string& what, const std::string& why) {
  if (stopped_ || failed_) return;
  failed_ = true;
  base::logFault(component, what, why, id_);
  loop_.removePaced(*this);
  events_.mediaEndRequested(id_, EndedBy::fault, "an internal error of the gateway");
}

void CallMedia::onSessionMessage(plugin::SessionHost& session, const hks_msg& message) {
  if (stopped_ || failed_) return;
  switch (message.type) {
    case HKS_CALL_END:
      if (&session == carrier_.get() && reinterpret_cast<const hks_call_end&>(message).by == HKS_BY_CARRIER)
        events_.mediaFarEndLeft(id_);
      return requestEnd(reinterpret_cast<const hks_call_end&>(message));
    case HKS_NOTICE: {
      auto& notice = reinterpret_cast<const hks_notice&>(message);
      std::string text;
      // Here, not where it is told on: a flood must not reach the control thread.
      if (!plugin::FloodGate::of(session.source().plugin).notice(view(notice.text), text)) return;
      return events_.mediaNotice(id_, session.source().plugin, notice.level, text);
    }
    default: break;
  }
  if (&session == carrier_.get()) return fromCarrier(message);
  if (&session == voice_.get()) return fromVoice(message);
}

void CallMedia::requestEnd(const hks_call_end& message) {
  const EndedBy by = endedBy(message.by, EndedBy::fault);
  const std::string reason(view(message.reason));
  if ((message.flags & HKS_END_AFTER_PLAYBACK) && !bridge_.drained()) {
    if (end_after_us_) return;
    end_after_us_ = loop_.pacingUs() + drain_us;
    end_by_ = by;
    end_reason_ = reason;
    return;
  }
  events_.mediaEndRequested(id_, by, reason);
}

void CallMedia::fromCarrier(const hks_msg& message) {
  // Whatever tells of the far end: a frame, a playback that went on, a key.
  if (message.type == HKS_AUDIO || message.type == HKS_MARK || message.type == HKS_DTMF || message.type == HKS_READY)
    idle_.alive();
  switch (message.type) {
    case HKS_READY: {
      auto& ready = reinterpret_cast<const hks_ready&>(message);
      if (!isAudioFormat(ready.takes) || !isAudioFormat(ready.gives))
        return events_.mediaEndRequested(id_, EndedBy::fault, "the carrier plugin named an unknown audio format");
      bridge_.carrierReady(static_cast<AudioFormat>(ready.takes), static_cast<AudioFormat>(ready.gives));
      if (stream_said_) return;
      stream_said_ = true;
      events_.mediaStreamStarted(id_);
      return openVoice();
    }
    case HKS_AUDIO: {
      auto& audio = reinterpret_cast<const hks_audio&>(message);
      if (isAudioFormat(audio.format))
        bridge_.carrierAudio(static_cast<AudioFormat>(audio.format), view(audio.bytes), audio.pts_us, loop_.pacingUs());
      return;
    }
    case HKS_MARK: return bridge_.carrierMark(view(reinterpret_cast<const hks_mark&>(message).name), loop_.pacingUs());
    case HKS_DTMF:
      if (voice_) voice_->step(message);
      return;
    case HKS_GONE: {
      auto& end = reinterpret_cast<const hks_closed&>(message);
      return events_.mediaEndRequested(id_, EndedBy::carrier,
                                       "the media stream is gone: " + std::string(view(end.reason)));
    }
    case HKS_SAY: return say(std::string(view(reinterpret_cast<const hks_notice&>(message).text)));
    default: return;  // the session takes nothing else from a carrier
  }
}

void CallMedia::fromVoice(const hks_msg& message) {
  switch (message.type) {
    case HKS_READY: {
      auto& ready = reinterpret_cast<const hks_ready&>(message);
      if (!isAudioFormat(ready.takes) || !isAudioFormat(ready.gives))
        return voiceGone("it named an unknown audio format");
      loop_.cancel(voice_timer_);
      voice_timer_ = 0;
      bridge_.voiceReady(static_cast<AudioFormat>(ready.takes), static_cast<AudioFormat>(ready.gives));
      if (!say_before_ready_.empty()) {
        const std::string text = std::move(say_before_ready_);
        say_before_ready_.clear();
        say(text);
      }
      return;
    }
    case HKS_AUDIO: {
      auto& audio = reinterpret_cast<const hks_audio&>(message);
      if (isAudioFormat(audio.format))
        bridge_.voiceAudio(static_cast<AudioFormat>(audio.format), view(audio.item), view(audio.bytes),
                           loop_.pacingUs());
      return;
    }
    case HKS_AUDIO_END:
      return bridge_.voiceAudioEnd(view(reinterpret_cast<const hks_mark&>(message).name), loop_.pacingUs());
    case HKS_SPEECH_STARTED:
    case HKS_FLUSH:
      // A caller who speaks over the good-bye wants to go on talking; the model may say good-bye again.
      if (message.type == HKS_SPEECH_STARTED) end_after_us_ = 0;
      return bridge_.interrupt(loop_.pacingUs());
    case HKS_TRANSCRIPT: return transcript(reinterpret_cast<const hks_transcript&>(message));
    case HKS_TOOL_CALL: {
      auto& tool = reinterpret_cast<const hks_tool_call&>(message);
      return events_.mediaToolCall(id_, message.id, std::string(view(tool.name)), std::string(view(tool.json)));
    }
    case HKS_GONE: return voiceGone(std::string(view(reinterpret_cast<const hks_closed&>(message).reason)));
    default: return;  // the session takes nothing else from a voice
  }
}

void CallMedia::transcript(const hks_transcript& message) {
  call::Line line;
  line.speaker = message.speaker == HKS_ASSISTANT ? HKS_ASSISTANT : HKS_USER;
  line.at_unix_ms = message.at_unix_ms ? message.at_unix_ms : loop_.unixMs();
  line.text = std::string(view(message.text));
  line.item = std::string(view(message.item));
  if (!call::correctLine(history_, history_bytes_, line)) {
    if (line.text.empty()) return;
    history_bytes_ += line.text.size();
    history_.push_back(line);
  }
  while (history_.size() > max_history_lines || (history_bytes_ > max_history_bytes && history_.size() > 1)) {
    history_bytes_ -= history_.front().text.size();
    history_.erase(history_.begin());
  }
  events_.mediaTranscript(id_, std::move(line));
}

void CallMedia::carrierAudio(AudioFormat format, std::string_view bytes) {
  if (!carrier_) return;
  hks_audio m{};
  m.msg = {sizeof m, HKS_AUDIO, 0};
  m.bytes = str(bytes);
  m.format = std::uint32_t(format);
  carrier_->step(m.msg);
}

void CallMedia::carrierMark(std::string_view name) {
  if (!carrier_) return;
  hks_mark m{};
  m.msg = {sizeof m, HKS_MARK, 0};
  m.name = str(name);
  carrier_->step(m.msg);
}

void CallMedia::carrierFlush() {
  if (carrier_) carrier_->step(plugin::message(HKS_FLUSH, 0));
}

void CallMedia::voiceAudio(AudioFormat format, std::string_view bytes) {
  if (!voice_) return;
  hks_audio m{};
  m.msg = {sizeof m, HKS_AUDIO, 0};
  m.bytes = str(bytes);
  m.format = std::uint32_t(format);
  voice_->step(m.msg);
}

void CallMedia::voiceHeard(std::string_view item, std::uint64_t heard_ms, std::uint64_t received_ms) {
  if (!voice_) return;
  hks_heard m{};
  m.msg = {sizeof m, HKS_HEARD, 0};
  m.item = str(item);
  m.heard_ms = heard_ms;
  m.received_ms = received_ms;
  voice_->step(m.msg);
}

void CallMedia::pace(std::int64_t now_us) {
  if (stopped_) return;
  bridge_.pace(now_us);
  if (idle_.expired(now_us))
    events_.mediaEndRequested(id_, EndedBy::limit,
                              "media idle: no audio from the carrier for " + std::to_string(job_.media_idle_s) + " s");
  if (end_after_us_ && (bridge_.drained() || now_us >= end_after_us_)) {
    end_after_us_ = 0;
    events_.mediaEndRequested(id_, end_by_, end_reason_);
  }
}

void CallMedia::say(const std::string& text) {
  if (!voice_ || !bridge_.voiceIsReady()) {
    if (say_before_ready_.size() + text.size() < 8192)
      say_before_ready_ += (say_before_ready_.empty() ? "" : " ") + text;
    return;
  }
  hks_notice m{};
  m.msg = {sizeof m, HKS_SAY, 0};
  m.call = str(id_);
  m.text = str(text);
  m.level = HKS_INFO;
  voice_->step(m.msg);
}

void CallMedia::toolResult(std::uint64_t id, const std::string& json, bool failed) {
  if (!voice_) return;
  hks_tool_call m{};
  m.msg = {sizeof m, HKS_TOOL_RESULT, id};
  m.json = str(json);
  m.failed = failed;
  voice_->step(m.msg);
}

void CallMedia::stop(const std::string& reason) {
  if (stopped_) return;
  stopped_ = true;
  loop_.removePaced(*this);
  loop_.cancel(voice_timer_);
  voice_timer_ = 0;
  retire(voice_, 1000, "call over");
  retire(carrier_, 1000, "call over");
  log::debug(component, "media stopped (" + reason + "): " + summary(), id_);
  events_.mediaStopped(id_);
}

std::string CallMedia::summary() const {
  const BridgeCounters& c = bridge_.counters();
  return "caller frames " + std::to_string(c.caller_frames) + ", gaps " + std::to_string(c.gaps_ms) +
         " ms, early audio dropped " + std::to_string(c.early_dropped) + " bytes, agent frames " +
         std::to_string(c.agent_frames) + ", interruptions " + std::to_string(c.interruptions) + ", overflows " +
         std::to_string(c.overflows);
}

}  // namespace hookswitch::media
