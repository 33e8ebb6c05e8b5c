#include "plugins/openai/session.hpp"

#include <hookswitch/utf8.hpp>

#include <utility>

#include "plugins/openai/messages.hpp"

namespace hookswitch::openai {
namespace {

constexpr std::uint64_t kConfigMs = 5000;  // §0 rule 2: no session.updated in about 5 s is a failed connect
constexpr std::uint64_t kHeldMs = 5000;
constexpr std::uint32_t kMaxWarnings = 50;

std::string closedSentence(const hks_closed& end, bool opened) {
  const std::string why = hks::utf8::line(hks::text(end.reason), 200);
  std::string text;
  if (opened)
    text = "OpenAI closed the connection (code " + std::to_string(end.close_code) + ")";
  else if (end.http_status >= 300 && end.http_status < 600)
    text = "OpenAI refused the connection with HTTP " + std::to_string(end.http_status);
  else
    text = "OpenAI could not be reached";
  if (!why.empty()) text += ": " + why;
  if (!opened && (end.http_status == 401 || end.http_status == 403)) text += "; check openai.api_key";
  if (!opened && end.http_status == 404) text += "; check openai.url and openai.model";
  return text;
}

}  // namespace

void Voice::onStart(const hks_start& start, Out& out) {
  options_ = optionsOf(start, out);
  start_unix_ms_ = start.unix_ms;
  memory_.take(start);
  took_over_ = !memory_.lines().empty();
  connect(live_, out);
}

void Voice::connect(Link& link, Out& out) {
  link = Link{};
  link.state = Link::State::Connecting;
  link.conn = ++last_conn_;
  hks::Http request;
  request.url = options_.url;
  request.headers = options_.headers;
  request.ms = options_.connect_timeout_ms;
  if (!out.connect(link.conn, request)) gone("the host refused to connect to OpenAI; check openai.url", {}, out);
}

void Voice::onOpened(std::uint64_t conn, Out& out) {
  if (gone_) return out.close(conn, 1000), void();
  Link* link = live_.is(conn) ? &live_ : next_.is(conn) ? &next_ : nullptr;
  if (!link || link->state != Link::State::Connecting) return;
  link->state = Link::State::Configuring;
  link->config_id = nextEventId("cfg-");
  out.send(conn, sessionUpdate(options_, link->config_id));
  out.timer(link == &live_ ? kConfig : kNextConfig, kConfigMs);
}

/// session.updated: the formats must be what was asked for, before any audio reaches anybody (§0 rule 3).
void Voice::configured(Link& link, const Json& root, Out& out) {
  if (link.state != Link::State::Configuring) return;
  const char* want = options_.pcmu ? "audio/pcmu" : "audio/pcm";
  Json session, audio, side, format;
  std::string got[2];
  const char* sides[2] = {"input", "output"};
  for (int i = 0; i < 2; ++i)
    if (speech::objectAt(root, "session", session) && speech::objectAt(session, "audio", audio) &&
        speech::objectAt(audio, sides[i], side) && speech::objectAt(side, "format", format))
      got[i] = hks::utf8::line(speech::textAt(format, "type"), 40);
  if (got[0] != want || got[1] != want) {
    const std::string why = std::string("OpenAI did not accept the audio format: asked for ") + want + ", got '" +
                            got[0] + "' in and '" + got[1] +
                            "' out; set openai.audio_format to pcm24 or check the model";
    return &link == &live_ ? gone(why, {}, out) : nextFailed(why, out);
  }
  link.state = Link::State::Ready;
  if (&link == &next_) {
    out.cancelTimer(kNextConfig);
    return rotateIfQuiet(out);
  }
  out.cancelTimer(kConfig);
  ready(out);
}

/// The live connection may be talked on: at the start of the call, or after a connection that had expired.
void Voice::ready(Out& out) {
  armRotation(out);
  const bool first = !std::exchange(ready_, true);
  if (first) out.ready(options_.format(), options_.format());
  if (took_over_ || !first)
    replay(out);
  else if (!options_.greeting.empty())
    gate_.askWith(sayOverrides(options_.greeting));
  if (std::exchange(bridging_, false)) out.log(HKS_INFO, "the call goes on in a new OpenAI session");
  reconnects_ = 0;
  for (Call& call : calls_)
    if (!call.late_output.empty()) answerCall(call, std::exchange(call.late_output, {}), out);
  settleCalls({}, false, out);
  for (const std::string& frame : held_) {
    send_buffer_.clear();
    appendAudio(send_buffer_, frame);
    send(send_buffer_, out);
  }
  held_.clear();
  held_bytes_ = 0;
  pump(out);
}

/// Puts the memory of the call into a fresh conversation (§7).
void Voice::replay(Out& out) {
  if (memory_.dropped())
    send(messageItem("system", "An earlier part of this call is left out here.", nextEventId("hist-")), out);
  for (const auto& line : memory_.lines())
    send(messageItem(line.speaker == HKS_USER ? "user" : "assistant", line.text, nextEventId("hist-")), out);
  send(messageItem("system",
                   "The phone call continues from here. Do not greet again, keep the language, go on where it stopped.",
                   nextEventId("hist-")),
       out);
  if (memory_.owesAnswer() && !caller_speaks_) gate_.askAnswer();
}

void Voice::onClosed(const hks_closed& end, Out& out) {
  const std::uint64_t conn = end.msg.id;
  if (gone_) return;
  if (next_.is(conn)) {
    const std::string why = closedSentence(end, next_.state != Link::State::Connecting);
    next_ = Link{};
    return nextFailed(why, out);
  }
  if (!live_.is(conn)) return;
  const bool opened = live_.state != Link::State::Connecting;
  const bool was_ready = live_.state == Link::State::Ready;
  live_.state = Link::State::None;
  // §1: at 60 minutes the service closes with 1001. That is a limit we plan for, anything else is a death.
  const bool limit = end.close_code == 1001 && hks::text(end.reason).find("maximum duration") != hks::Text::npos;
  if (was_ready && (limit || (rotation_due_ && next_.state == Link::State::Ready))) return sessionExpired(out);
  if (bridging_) return bridge(out);
  gone(closedSentence(end, opened), end, out);
}

void Voice::onData(const hks_data& data, Out& out) {
  if (gone_ || (!live_.is(data.msg.id) && !next_.is(data.msg.id))) return;
  Json root;
  if (!reader_.read(hks::text(data.bytes), root))
    return warn("OpenAI sent a message that is not a JSON object; ignored", out);
  const std::string_view type = speech::textAt(root, "type");
  if (next_.is(data.msg.id)) {  // it only has to become ready
    if (type == "session.created")
      sessionCreated(next_, root, out);
    else if (type == "session.updated")
      configured(next_, root, out);
    else if (type == "error" && next_.state == Link::State::Configuring) {
      Json error;
      speech::objectAt(root, "error", error) || (error = root, true);
      const std::string why = "OpenAI refused the session: " + hks::utf8::line(speech::textAt(error, "message"), 200);
      nextFailed(why, out);
    }
    return;
  }
  event(type, root, out);
}

void Voice::onTimer(std::uint64_t id, Out& out) {
  if (gone_) return;
  switch (id) {
    case kConfig:
      if (live_.state == Link::State::Configuring) gone("OpenAI did not confirm the session within 5 s", {}, out);
      return;
    case kNextConfig:
      if (next_.state == Link::State::Configuring) nextFailed("OpenAI did not confirm the session within 5 s", out);
      return;
    case kGate:
      if (gate_.idle()) return;
      warn("OpenAI has neither begun nor refused an answer in 10 s; asking again when something is to be said", out);
      gate_.expired();
      return pump(out);
    case kRetry:
      if (retry_) gate_.again(*std::exchange(retry_, std::nullopt));
      return pump(out);
    case kDtmf: return sendDigits(out);
    case kOrder:
      order_timer_ = false;
      lines_.giveUp();
      return tellLines(out);
    case kStall: {
      // §8: frames that stop while the server hears speech would leave the caller's turn open for ever.
      if (!caller_speaks_) return;
      if (frames_ == std::exchange(frames_at_tick_, frames_) && ++stalls_ <= 5 && live_.state == Link::State::Ready) {
        send_buffer_.clear();
        appendAudio(send_buffer_, std::string(options_.bytesPerMs() * 1000, options_.pcmu ? '\xFF' : '\0'));
        send(send_buffer_, out);
      }
      out.timer(kStall, 750);
      return;
    }
    case kCallerTurn: gate_.callerTurn(false); return pump(out);
    case kMove: moving_ = false; return rotateIfQuiet(out);
    case kRotate: return prime(out);
    case kForce: return live_.state == Link::State::Ready && next_.state == Link::State::Ready ? moveOver(out) : void();
    case kReconnect: return bridging_ ? bridge(out) : prime(out);
    default: break;
  }
  for (Call& call : calls_)
    if (call.id != 0 && id == kTool + call.id && !call.answered) {
      warn("the tool '" + call.name + "' did not answer in time", out);
      answerCall(call, R"({"error":"timeout"})", out);
      return settleCalls({}, false, out);
    }
}

void Voice::onAudio(const hks_audio& audio, Out& out) {
  if (gone_ || !ready_) return;
  const std::string_view bytes = hks::text(audio.bytes);
  if (bytes.empty()) return;
  ++frames_;
  now_us_ += bytes.size() * 1000 / options_.bytesPerMs();
  if (live_.state != Link::State::Ready) {
    held_.emplace_back(bytes);
    held_bytes_ += bytes.size();
    for (; held_bytes_ > kHeldMs * options_.bytesPerMs(); held_.pop_front()) held_bytes_ -= held_.front().size();
    return;
  }
  send_buffer_.clear();
  appendAudio(send_buffer_, bytes);
  send(send_buffer_, out);
  // By a timer, because what is sent in this step is audio to the host, and may be dropped when the line is slow.
  if (rotation_due_ && next_.state == Link::State::Ready && !moving_ && quiet()) moving_ = out.timer(kMove, 1);
}

void Voice::gone(std::string_view why, const hks_closed& lost, Out& out) {
  if (std::exchange(gone_, true)) return;
  if (live_.state != Link::State::None) out.close(live_.conn, 1000);
  if (next_.state != Link::State::None) out.close(next_.conn, 1000);
  live_ = next_ = Link{};
  held_.clear();
  out.gone(why, lost);
}

void Voice::warn(std::string_view text, Out& out) {
  if (++warnings_ <= kMaxWarnings) out.log(HKS_WARN, text);
}

}  // namespace hookswitch::openai
