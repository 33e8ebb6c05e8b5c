#include "plugins/twilio/carrier.hpp"

#include "plugins/twilio/media.hpp"

#include <hookswitch/base64.hpp>
#include <hookswitch/utf8.hpp>

#include <vector>

namespace hookswitch::twilio {
namespace {

constexpr std::uint32_t kGoingAway = 1001, kUnsupported = 1003, kPolicy = 1008, kTooBig = 1009;
constexpr unsigned kMaxNotes = 5;  // lines of the log that one stream may cause by misbehaving

bool isKey(std::string_view digit) {
  return digit.size() == 1 && std::string_view("0123456789*#ABCD").find(digit[0]) != std::string_view::npos;
}

}  // namespace

void Carrier::onStart(const hks_start& start, hks::Out&) {
  std::vector<std::string> problems;  // the control session reports them
  config_ = Config::read(hks::Settings(start), problems);
  const hks_call call = hks::record<hks_call>(start.call);
  call_ = hks::text(call.call);
  remote_id_ = hks::text(call.remote_id);
}

void Carrier::onOpened(std::uint64_t conn, hks::Out& out) {
  if (state_ == State::over) return void(out.close(conn, kGoingAway, "the stream is over"));
  if (conn_ && conn_ != conn) out.close(conn_, kGoingAway, "replaced by a newer connection");
  conn_ = conn;
  state_ = State::waiting;
  out.timer(kStartTimer, kStartWait_ms);
}

void Carrier::onData(const hks_data& data, hks::Out& out) {
  if (data.msg.id != conn_ || state_ == State::over) return;
  heard_of_ = true;
  const std::string_view bytes = hks::text(data.bytes);
  if (bytes.size() > StreamReader::kMaxBytes)
    return abandon(kTooBig, "the carrier sent a message of " + std::to_string(bytes.size()) + " bytes", out);
  if (!data.is_text) return onFault("a binary message", out);
  if (StreamMessage media; readMedia(bytes, media) && onMedia(media, out)) return;
  const StreamMessage& message = StreamReader::read(bytes);
  switch (message.event) {
    case StreamEvent::media:
      if (!onMedia(message, out)) onFault("a payload that is not base64", out);
      return;
    case StreamEvent::start: return onStreamStart(message, out);
    case StreamEvent::invalid: return onFault("a message that could not be read", out);
    case StreamEvent::connected:
    case StreamEvent::other: return;
    default: break;
  }
  if (state_ != State::running) return;
  if (message.event == StreamEvent::mark) {
    out.mark(message.name);
  } else if (message.event == StreamEvent::dtmf) {
    if (isKey(message.digit))
      out.dtmf(message.digit);
    else
      note("a key that is none", out);
  } else {
    end(out);
    out.endCall("the caller or the carrier ended the call", HKS_BY_CARRIER);
  }
}

void Carrier::onStreamStart(const StreamMessage& m, hks::Out& out) {
  if (state_ == State::running) return note("a second start", out);
  if (m.stream_sid.empty()) return abandon(kPolicy, "the stream's start names no streamSid", out);
  if (!m.account_sid.empty() && m.account_sid != config_.account_sid)
    return abandon(kPolicy, "the stream's accountSid is not twilio.account_sid", out);
  if (m.has_gw_call && m.gw_call != call_) return abandon(kPolicy, "the stream belongs to another call", out);
  if (!m.call_sid.empty() && !remote_id_.empty() && m.call_sid != remote_id_)
    return abandon(kPolicy, "the stream's callSid is not this call's", out);
  if (m.has_format && (m.encoding != "audio/x-mulaw" || m.sample_rate != 8000 || m.channels != 1))
    return abandon(kUnsupported, "the stream's format is not audio/x-mulaw, 8000 Hz, mono", out);
  state_ = State::running;
  stream_sid_ = m.stream_sid;
  writer_.begin(stream_sid_);
  out.cancelTimer(kStartTimer);
  if (config_.media_idle_s) out.timer(kIdleTimer, config_.media_idle_s * 1000ull);
  heard_of_ = false;
  out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
}

bool Carrier::onMedia(const StreamMessage& m, hks::Out& out) {
  if (state_ != State::running) return true;
  // "inbound_track" is the spelling of dtmf messages and TwiML.
  if (!m.track.empty() && m.track != "inbound" && m.track != "inbound_track") return true;
  if (!m.stream_sid.empty() && m.stream_sid != stream_sid_) return note("media of another stream", out), true;
  char* const audio = room_.take(hks::base64Room(m.payload.size()), out);
  std::size_t size = 0;
  if (!hks::decodeBase64(audio, m.payload, size)) return false;
  if (size) out.audio(HKS_PCMU_8K, {audio, size}, {}, m.timestamp_ms * 1000);
  return true;
}

void Carrier::onClosed(const hks_closed& closed, hks::Out& out) {
  if (closed.msg.id != conn_ || state_ == State::over) return;
  end(out);
  std::string why = "the carrier's media socket closed without a stop (code " + std::to_string(closed.close_code);
  const std::string reason = hks::utf8::line(hks::text(closed.reason), 120);
  if (!reason.empty()) why += ", " + reason;
  out.gone(why + ")", closed);
}

void Carrier::onTimer(std::uint64_t id, hks::Out& out) {
  if (id == kStartTimer && state_ == State::waiting && conn_)
    return abandon(kPolicy, "the carrier's stream did not start within 5 s", out);
  if (id != kIdleTimer || state_ != State::running) return;
  if (!heard_of_)
    return abandon(kGoingAway, "the carrier's stream was silent for " + std::to_string(config_.media_idle_s) + " s",
                   out);
  heard_of_ = false;
  out.timer(kIdleTimer, config_.media_idle_s * 1000ull);
}

void Carrier::onAudio(const hks_audio& audio, hks::Out& out) {
  if (state_ != State::running) return;
  if (audio.format != HKS_PCMU_8K) return note("audio in a format it cannot send", out);
  for (std::string_view left = hks::text(audio.bytes); !left.empty();) {
    const std::string_view piece = left.substr(0, kMaxPayload);
    out.send(conn_, writer_.media(piece, room_.take(writer_.mediaSize(piece.size()), out)));
    left.remove_prefix(piece.size());
  }
}

void Carrier::onMark(hks::Text name, hks::Out& out) {
  if (state_ == State::running) out.send(conn_, writer_.mark(name));
}

void Carrier::onFlush(hks::Out& out) {
  if (state_ == State::running) out.send(conn_, writer_.clear());
}

void Carrier::onFault(std::string_view what, hks::Out& out) {
  if (state_ == State::waiting || ++faults_ >= kMaxFaults)
    return abandon(kPolicy, "the carrier's stream does not speak the protocol: " + std::string(what), out);
  note(what, out);
}

void Carrier::abandon(std::uint32_t code, const std::string& why, hks::Out& out) {
  out.close(conn_, code, why);
  end(out);
  hks_closed lost{};
  lost.close_code = code;
  out.gone(why, lost);
}

void Carrier::end(hks::Out& out) {
  if (state_ == State::running && config_.media_idle_s) out.cancelTimer(kIdleTimer);
  if (state_ == State::waiting) out.cancelTimer(kStartTimer);
  state_ = State::over;
}

void Carrier::note(std::string_view what, hks::Out& out) {
  if (++notes_ <= kMaxNotes) out.log(HKS_WARN, "call " + call_ + ": the media stream met " + std::string(what));
}

}  // namespace hookswitch::twilio
