#include "tests/fakes/twilio_stream.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstring>

namespace fakes {

namespace {

constexpr std::uint32_t handshake_ms = 10000;
constexpr std::uint32_t key_gap_ms = 100;
constexpr std::uint64_t us_per_byte = 125;
constexpr std::uint64_t latest_frames_us = 500000;  // a loop that slept longer than this skips frames, as a line would

std::uint64_t monotonicUs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::uint64_t(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

const std::string& silentFrame() {
  static const std::string encoded = [] {
    std::string out;
    appendBase64(out, std::string(160, '\xff'));
    return out;
  }();
  return encoded;
}

}  // namespace

MediaStream::MediaStream(Loop& loop, Ticker& ticker, StreamRequest request, CallPlan plan)
    : loop_(loop),
      ticker_(ticker),
      request_(std::move(request)),
      plan_(std::move(plan)),
      sid_(newSid("MZ")),
      media_prefix_("\",\"streamSid\":\"" + sid_ + "\",\"media\":{\"track\":\"inbound\",\"chunk\":\""),
      playback_(request_.keep_bytes),
      audio_at_(request_.audio_at),
      silence_before_(audio_at_ == 0 ? std::uint64_t(plan_.caller_delay_ms) * 8 : 0) {}

MediaStream::~MediaStream() {
  if (ticking_) ticker_.leave(this);
}

Headers MediaStream::upgradeHeaders() const {
  Headers headers{{"User-Agent", "Twilio.TmeWs/1.0"}};
  addSignature(headers, request_.auth_token, signingFrom(plan_.upgrade_signing), request_.url, {});
  for (auto& [name, value] : headers)  // of upgrades in lower case, as Twilio has it
    if (name == "X-Twilio-Signature") name = "x-twilio-signature";
  return headers;
}

void MediaStream::open(Handlers handlers) {
  handlers_ = std::move(handlers);
  if (plan_.media_never) return;
  opening_ = true;
  connect(loop_, request_.url, upgradeHeaders(), handshake_ms,
          [self = shared_from_this()](SocketPtr socket, ClientResult result) {
            self->opening_ = false;
            self->handshake_status_ = result.status;
            if (socket) return self->opened(std::move(socket));
            const bool timed_out = result.error == "timed out";
            const unsigned code = result.status != 0 ? 31920 : timed_out ? 31901 : result.connected ? 31903 : 31902;
            self->ended(code, result.error);
          });
}

void MediaStream::opened(SocketPtr socket) {
  if (finished_) {  // the call ended meanwhile
    socket->reset();
    return ended(0, "");
  }
  socket_ = std::move(socket);
  Socket::Handlers handlers;
  handlers.onMessage = [self = shared_from_this()](std::string_view payload, bool text) {
    self->receive(payload, text);
  };
  handlers.onClose = [self = shared_from_this()](unsigned code, std::string_view why) {
    self->close_code_ = code;
    self->ended(code == 1006 && !self->finished_ ? 31921 : 0, std::string(why));
  };
  socket_->start(std::move(handlers));
  socket_->send(R"({"event":"connected","protocol":"Call","version":"1.0.0"})");
  if (!plan_.media_no_start) sendStart();
}

std::string MediaStream::startMessage(const std::string& stream_sid) const {
  std::string parameters;
  for (const auto& [name, value] : request_.parameters)
    parameters += (parameters.empty() ? "" : ",") + quoted(name) + ":" + quoted(value);
  return R"({"event":"start","sequenceNumber":"1","streamSid":")" + stream_sid + R"(","start":{"accountSid":")" +
         request_.account_sid + R"(","streamSid":")" + stream_sid + R"(","callSid":")" + request_.call_sid +
         R"(","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},)"
         R"("customParameters":{)" +
         parameters + "}}}";
}

void MediaStream::sendStart() {
  sequence_ = 1;
  socket_->send(startMessage(sid_));
  started_ = true;
  started_us_ = loop_.nowUs();
  ticker_.join(this);
  ticking_ = true;
  if (handlers_.on_start) handlers_.on_start();
}

void MediaStream::tick(std::uint64_t now_us) {
  const auto self = shared_from_this();
  if (!socket_) return;
  misbehave((now_us - started_us_) / 1000);
  if (!socket_ || slow_) return;
  const std::uint64_t due = now_us - started_us_;
  settle(due);
  if (due > time_bytes_ * us_per_byte + latest_frames_us) {
    const std::uint64_t skip = due / us_per_byte - time_bytes_;
    time_bytes_ += skip / 160 * 160;
    dropped_frames_ += skip / 160;
  }
  while (!plan_.media_silent) {
    const std::uint32_t bytes = plan_.frame_bytes[frame_ % plan_.frame_bytes.size()];
    if ((time_bytes_ + bytes) * us_per_byte > due) break;
    sendFrame(bytes);
  }
  playback_.advance(now_us);
  sendEchoes();
}

void MediaStream::sendEchoes() {
  for (const auto& echo : playback_.take()) {
    if (!plan_.echo_at_once) sendEcho(echo.name);
  }
}

void MediaStream::sendEcho(const std::string& name) {
  if (!socket_ || !started_ || slow_) return;
  post("{\"event\":\"mark\",\"sequenceNumber\":\"" + std::to_string(++sequence_) + "\",\"streamSid\":\"" + sid_ +
       "\",\"mark\":{\"name\":" + quoted(name) + "}}");
}

void MediaStream::sendFrame(std::uint32_t bytes) {
  const std::uint64_t timestamp_ms = time_bytes_ / 8;
  time_bytes_ += bytes;
  ++frame_;
  std::string_view speech;
  std::string mixed;
  const std::uint64_t quiet = std::min<std::uint64_t>(silence_before_, bytes);
  silence_before_ -= quiet;
  if (request_.audio && quiet < bytes && !request_.audio->empty()) {
    if (plan_.caller_repeat && audio_at_ >= request_.audio->size()) audio_at_ = 0;
    if (audio_at_ < request_.audio->size()) {
      const auto part = std::string_view(*request_.audio).substr(audio_at_, bytes - quiet);
      audio_at_ += part.size();
      speech = part;
      if (part.size() < bytes) {
        mixed.assign(quiet, '\xff');
        mixed.append(part);
        mixed.resize(bytes, '\xff');
        speech = mixed;
      }
    }
  }
  if (plan_.stamp && bytes >= sizeof(std::uint64_t)) {
    const std::uint64_t now_us = monotonicUs();
    mixed.assign(bytes, '\xff');
    std::memcpy(mixed.data(), &now_us, sizeof now_us);
    speech = mixed;
  }
  if (plan_.gap_every > 0 && frame_ % plan_.gap_every == 0) {
    ++dropped_frames_;
    return;
  }
  std::string out;
  out.reserve(media_prefix_.size() + 120 + bytes * 4 / 3);
  out += "{\"event\":\"media\",\"sequenceNumber\":\"";
  out += std::to_string(++sequence_);
  out += media_prefix_;
  out += std::to_string(++chunk_);
  out += "\",\"timestamp\":\"";
  out += std::to_string(timestamp_ms);
  out += "\",\"payload\":\"";
  if (!speech.empty())
    appendBase64(out, speech);
  else if (bytes == 160)
    out += silentFrame();
  else
    appendBase64(out, std::string(bytes, '\xff'));
  out += "\"}}";
  ++sent_frames_;
  sent_bytes_ += bytes;
  postFrame(std::move(out));
}

void MediaStream::press(const std::string& keys) {
  for (std::size_t i = 0; i < keys.size(); ++i)
    loop_.after(std::uint32_t(i) * key_gap_ms, [self = shared_from_this(), key = keys[i]] {
      if (!self->socket_ || !self->started_) return;
      self->post("{\"event\":\"dtmf\",\"sequenceNumber\":\"" + std::to_string(++self->sequence_) +
                 "\",\"streamSid\":\"" + self->sid_ +
                 "\",\"dtmf\":{\"track\":\"inbound_track\",\"digit\":" + quoted(std::string(1, key)) + "}}");
    });
}

void MediaStream::say(Audio audio) {
  request_.audio = std::move(audio);
  audio_at_ = 0;
  silence_before_ = 0;
}

void MediaStream::finish() {
  if (finished_) return;
  finished_ = true;
  if (!socket_) {
    if (!opening_) ended(0, "");
    return;
  }
  if (started_ && !plan_.media_no_stop && !slow_)
    socket_->send("{\"event\":\"stop\",\"sequenceNumber\":\"" + std::to_string(++sequence_) + "\",\"streamSid\":\"" +
                  sid_ + "\",\"stop\":{\"accountSid\":\"" + request_.account_sid + "\",\"callSid\":\"" +
                  request_.call_sid + "\"}}");
  started_ = false;
  if (std::exchange(ticking_, false)) ticker_.leave(this);
  if (second_socket_) second_socket_->close(1000, "");
  socket_->close(1000, "");
}

void MediaStream::reset() {
  if (socket_) socket_->reset();
}

void MediaStream::drop() {
  handlers_ = {};
  finished_ = true;
  if (second_socket_) second_socket_->reset();
  const auto socket = socket_;
  ended(0, "");
  if (socket) socket->reset();
}

void MediaStream::close(unsigned code) {
  if (socket_) socket_->close(code, "");
}

void MediaStream::deaf(bool on) {
  if (socket_) socket_->pauseReading(on);
}

void MediaStream::ended(unsigned code, const std::string& error) {
  if (std::exchange(over_, true)) return;
  ended_us_ = loop_.nowUs();
  playback_.advance(ended_us_);
  end_code_ = code;
  end_error_ = code == 0 ? "" : error;
  started_ = false;
  if (std::exchange(ticking_, false)) ticker_.leave(this);
  const auto keep = std::exchange(socket_, nullptr);
  const auto handlers = std::exchange(handlers_, {});
  if (handlers.on_end) handlers.on_end(code, error);
}

nlohmann::json MediaStream::summary() const {
  const auto& heard = playback_.counters();
  nlohmann::json parameters = nlohmann::json::object();
  for (const auto& [name, value] : request_.parameters) parameters[name] = value;
  return {{"stream_sid", sid_},
          {"url", request_.url},
          {"parameters", parameters},
          {"live", live()},
          {"handshake_status", handshake_status_},
          {"close_code", close_code_},
          {"end_code", end_code_},
          {"end_error", end_error_},
          {"started_ms", started_us_ / 1000},
          {"ended_ms", ended_us_ / 1000},
          {"first_media_ms", first_media_us_ / 1000},
          {"frames_sent", sent_frames_},
          {"bytes_sent", sent_bytes_},
          {"frames_dropped", dropped_frames_},
          {"queued_bytes", socket_ ? socket_->queuedBytes() : 0},
          {"frames_received", heard.frames},
          {"bytes_received", heard.bytes},
          {"bytes_played", heard.bytes_played},
          {"bytes_cleared", heard.bytes_cleared},
          {"bytes_discarded", heard.bytes_discarded},
          {"bytes_buffered", playback_.buffered()},
          {"most_buffered_ms", heard.most_buffered / 8},
          {"marks", heard.marks},
          {"clears", heard.clears},
          {"underruns", heard.underruns},
          {"underrun_ms", heard.underrun_us / 1000},
          {"longest_underrun_ms", heard.longest_underrun_us / 1000},
          {"second_socket", second_outcome_},
          {"protocol_errors", errors_},
          {"protocol_error_count", error_count_}};
}

}  // namespace fakes
