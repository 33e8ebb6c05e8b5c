#include "tests/fakes/openai_session_support.hpp"

namespace fakes {

const json kPhone = {
    {"type", "session.update"},
    {"event_id", "cfg-1"},
    {"session",
     {{"type", "realtime"},
      {"output_modalities", {"audio"}},
      {"instructions", "Be brief."},
      {"audio",
       {{"input",
         {{"format", {{"type", "audio/pcmu"}}},
          {"transcription", {{"model", "whisper-1"}}},
          {"turn_detection", {{"type", "server_vad"}, {"prefix_padding_ms", 300}, {"silence_duration_ms", 500}}}}},
        {"output", {{"format", {{"type", "audio/pcmu"}}}, {"voice", "marin"}}}}},
      {"tools", {{{"type", "function"}, {"name", "end_call"}, {"parameters", {{"type", "object"}}}}}}}}};

void OpenAiSessionTest::begin(const std::string& model) {
  OpenAiWire wire;
  wire.send = [this](std::string text) { take(json::parse(text)); };
  wire.close = [this](unsigned code, const std::string& reason) { closed_ = {code, reason}; };
  wire.after = [this](std::uint32_t ms, std::function<void()> task) { time_.after(ms, std::move(task)); };
  wire.now_ms = [this] { return time_.now(); };
  session_ = std::make_shared<OpenAiSession>("s1", model, shared_, wire);
  sent_.clear();
  session_->open(false);
}

void OpenAiSessionTest::take(json event) {
  if (event["type"].get<std::string>().find("fake.") != 0) {
    const auto bad = shared_.schema.checkServer(event);
    EXPECT_FALSE(bad) << bad->message << " in " << event.dump();
  }
  sent_.push_back(std::move(event));
}

void OpenAiSessionTest::append(const std::string& audio) {
  for (std::size_t at = 0; at < audio.size(); at += 160) {
    say({{"type", "input_audio_buffer.append"}, {"audio", encodeBase64(audio.substr(at, 160))}});
    advance(20);
  }
}

std::string OpenAiSessionTest::speech(std::uint32_t ms, double hz) {
  return speech::encode({speech::Code::Pcmu, 8000}, speech::tone(8000, hz, ms, 6000));
}

std::vector<json> OpenAiSessionTest::of(const std::string& type) const {
  std::vector<json> out;
  for (const auto& event : sent_) {
    if (event["type"] == type) out.push_back(event);
  }
  return out;
}

std::vector<std::string> OpenAiSessionTest::types() const {
  std::vector<std::string> out;
  for (const auto& event : sent_) {
    const std::string type = event["type"];
    if (out.empty() || out.back() != type) out.push_back(type);
  }
  return out;
}

std::string OpenAiSessionTest::heard() const {
  std::string out, piece;
  for (const auto& event : of("response.output_audio.delta")) {
    EXPECT_TRUE(decodeBase64(event["delta"].get<std::string>(), piece));
    out += piece;
  }
  return out;
}

}  // namespace fakes
