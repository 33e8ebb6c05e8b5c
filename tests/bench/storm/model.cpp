#include "tests/bench/storm/model.hpp"

#include <unistd.h>

#include <algorithm>

namespace storm {

namespace {

constexpr std::size_t kDeltaFrames = 10;  // 200 ms
constexpr std::string_view kFormatsPcmu =
    R"("input":{"format":{"type":"audio/pcmu"}},"output":{"format":{"type":"audio/pcmu"}})";
constexpr std::string_view kFormatsPcm =
    R"("input":{"format":{"type":"audio/pcm","rate":24000}},"output":{"format":{"type":"audio/pcm","rate":24000}})";
constexpr std::string_view kDelta =
    R"({"type":"response.output_audio.delta","event_id":"event_storm0000000000001","response_id":"resp_storm0001",)"
    R"("item_id":"item_storm0001","output_index":0,"content_index":0,"delta":")";
constexpr std::string_view kPart =
    R"({"serverContent":{"modelTurn":{"role":"model","parts":[{"inlineData":{"mimeType":"audio/pcm;rate=24000","data":")";

/// 20 ms of a tone of 1 kHz and of silence, 16 bits at 24 kHz.
struct Burst {
  std::int16_t loud[3 * kFrameBytes], quiet[3 * kFrameBytes] = {};
  Burst() {
    for (std::size_t i = 0; i < 3 * kFrameBytes; ++i) loud[i] = i / 12 % 2 ? -9000 : 9000;
  }
};

}  // namespace

void Session::ready(std::uint32_t events) {
  if (!wire_.open()) return;
  if (!wire_.advance(events) || !wire_.receive([this](char* data, std::size_t size) { return take(data, size); }))
    over();
}

void Session::over() {
  wire_.close();
  if (!call_ || call_->session != this) return;
  call_->session = nullptr;
  call_->configured = false;
  call_->lost |= !call_->ended;
}

std::size_t Session::take(char* data, std::size_t size) {
  std::size_t used = 0;
  if (!upgraded_) {
    used = headLength({data, size});
    if (used == 0) return 0;
    upgraded_ = true;
    wire_.send(upgradeAnswer({data, used}));
    opened();
  }
  return used +
         readMessages(
             wire_, data + used, size - used, false, [this](std::string_view text) { says(text); }, [this] { over(); });
}

void Session::sendText(std::string_view text) {
  Draft& out = draft();
  out.begin();
  out.add(text);
  out.send(wire_, false);
}

void Session::opened() {
  ++scene_.sessions;
  if (wire_.resumed()) ++scene_.resumed;
  if (scene_.form != Form::gemini)
    sendText(R"({"type":"session.created","event_id":"event_1","session":{"type":"realtime","id":"sess_storm"}})");
}

void Session::says(std::string_view text) {
  if (!call_) return configure(text);
  const std::string_view base64 = between(text, scene_.form == Form::gemini ? R"("data":")" : R"("audio":")");
  if (base64.data()) audio(base64);
}

/// The first message of a session: its configuration, which names the call.
void Session::configure(std::string_view text) {
  call_ = scene_.labelled(text);
  if (!call_) return scene_.complain("the model got a configuration without the prompt of its call");
  call_->session = this;
  call_->configured = true;
  if (scene_.form == Form::gemini) return sendText(R"({"setupComplete":{}})");
  std::string reply = R"({"type":"session.updated","event_id":"event_2","session":{"type":"realtime","audio":{)";
  reply.append(scene_.form == Form::pcmu ? kFormatsPcmu : kFormatsPcm) += "}}}";
  sendText(reply);
}

void Session::beginAnswer(Draft& out) {
  out.begin();
  if (scene_.form == Form::gemini) return out.add(kPart);
  if (!answering_) {
    answering_ = true;
    sendText(
        R"({"type":"response.created","event_id":"event_3","response":{"id":"resp_storm0001","status":"in_progress"}})");
    sendText(
        R"({"type":"response.output_item.added","event_id":"event_4","response_id":"resp_storm0001","output_index":0,)"
        R"("item":{"id":"item_storm0001","type":"message","role":"assistant","content":[]}})");
    out.begin();
  }
  out.add(kDelta);
}

void Session::endAnswer(Draft& out) {
  out.add(scene_.form == Form::gemini ? R"("}}]}}})" : "\"}");
  out.send(wire_, false);
}

void Session::audio(std::string_view base64) {
  const std::int64_t now_ns = nowNs();
  if (call_->up_ns == 0) call_->up_ns = now_ns;
  if (scene_.form == Form::pcmu) {
    call_->at_model.read(base64, now_ns, scene_.at_model, scene_.measured);
    if (scene_.mode == Mode::echo) answer(base64);
    return;
  }
  if (scene_.form == Form::pcm24 && scene_.mode == Mode::echo) {
    const std::uint64_t before = came_bytes_ / (6 * kFrameBytes);
    came_bytes_ += base64.size() / 4 * 3;
    scene_.at_model.frames += came_bytes_ / (6 * kFrameBytes) - before;
    return answer(base64);
  }
  answerConverted(base64);
}

void Session::answer(std::string_view base64) {
  Draft& out = draft();
  beginAnswer(out);
  out.add(base64);
  endAnswer(out);
}

/// Audio that has to be looked at: of Gemini, which hears 16 kHz and says 24, and where nothing comes back.
void Session::answerConverted(std::string_view base64) {
  static std::int16_t heard[32 * 1024], said[48 * 1024];
  if (base64.size() >= sizeof heard) return scene_.complain("the model got a message of more than a second");
  // One sample may have been left over: two of 16 kHz are three of 24.
  const std::size_t odd = odd_ ? 1 : 0;
  heard[0] = odd_.value_or(0);
  const std::size_t samples = odd + decodeBase64(heard + odd, base64) / 2;
  const std::size_t per_frame = (scene_.form == Form::gemini ? 2 : 3) * kFrameBytes;
  call_->at_model.readSamples(heard + odd, samples - odd, per_frame, nowNs(), scene_.at_model, scene_.measured);
  if (scene_.mode != Mode::echo) return;
  std::size_t size = 0;
  for (std::size_t i = 0; i + 1 < samples; i += 2) {
    said[size++] = heard[i];
    said[size++] = std::int16_t((heard[i] + heard[i + 1]) / 2);
    said[size++] = heard[i + 1];
  }
  odd_ = samples % 2 ? std::optional(heard[samples - 1]) : std::nullopt;
  Draft& out = draft();
  beginAnswer(out);
  encodeBase64(out.grow(base64Size(2 * size)), said, 2 * size);
  endAnswer(out);
}

void Session::speak(std::int64_t now_ns) {
  static const Burst burst;
  static std::uint8_t bytes[kDeltaFrames * kFrameBytes];
  static std::int16_t samples[kDeltaFrames * 3 * kFrameBytes];
  if (!wire_.open() || !scene_.feeding) return;
  Draft& out = draft();
  beginAnswer(out);
  if (scene_.form == Form::pcmu) {
    for (std::size_t i = 0; i < kDeltaFrames; ++i) {
      char text[kFrameText];
      call_->model.next(text, now_ns);
      decodeBase64(bytes + i * kFrameBytes, {text, kFrameText});
    }
    encodeBase64(out.grow(base64Size(sizeof bytes)), bytes, sizeof bytes);
  } else {
    for (std::size_t i = 0; i < kDeltaFrames; ++i) {
      const bool loud = isLoud(call_->model.note(now_ns));
      std::copy_n(loud ? burst.loud : burst.quiet, 3 * kFrameBytes, samples + i * 3 * kFrameBytes);
    }
    encodeBase64(out.grow(base64Size(sizeof samples)), samples, sizeof samples);
  }
  endAnswer(out);
}

Model::Model(Scene& scene, SSL_CTX* tls) : scene_(scene), tls_(tls), fd_(listenSomewhere(port_)) {
  scene_.loop.add(fd_, *this, false);
}

Model::~Model() { ::close(fd_); }

void Model::ready(std::uint32_t) {
  for (int fd = acceptNext(fd_); fd >= 0; fd = acceptNext(fd_)) {
    SSL* ssl = tls_ ? SSL_new(tls_) : nullptr;
    if (ssl) SSL_set_accept_state(ssl);
    sessions_.push_back(std::make_unique<Session>(scene_, fd, ssl));
  }
}

}  // namespace storm
