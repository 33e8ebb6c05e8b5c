// The set-up of the tests of OpenAI's session: the state machine without a network, and a clock that only tests move.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/openai_session.hpp"
#include "tests/fakes/test_time.hpp"
#include "tests/places.hpp"

namespace fakes {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

inline const json kPhone = {
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

class OpenAiSessionTest : public testing::Test {
 protected:
  OpenAiSessionTest() : shared_(std::string(HOOKSWITCH_TEST_DATA) + "/openai_realtime_events.json") { begin(); }

  void begin(const std::string& model = "gpt-realtime") {
    OpenAiWire wire;
    wire.send = [this](std::string text) { take(json::parse(text)); };
    wire.close = [this](unsigned code, const std::string& reason) { closed_ = {code, reason}; };
    wire.after = [this](std::uint32_t ms, std::function<void()> task) { time_.after(ms, std::move(task)); };
    wire.now_ms = [this] { return time_.now(); };
    session_ = std::make_shared<OpenAiSession>("s1", model, shared_, wire);
    sent_.clear();
    session_->open(false);
  }
  void take(json event) {
    if (event["type"].get<std::string>().find("fake.") != 0) {
      const auto bad = shared_.schema.checkServer(event);
      EXPECT_FALSE(bad) << bad->message << " in " << event.dump();
    }
    sent_.push_back(std::move(event));
  }
  void advance(std::uint64_t ms) { time_.advance(ms); }
  void say(const json& event) { session_->onMessage(event.dump(), true); }
  /// Append mu-law audio in 20 ms frames, in real time.
  void append(const std::string& audio) {
    for (std::size_t at = 0; at < audio.size(); at += 160) {
      say({{"type", "input_audio_buffer.append"}, {"audio", encodeBase64(audio.substr(at, 160))}});
      advance(20);
    }
  }
  static std::string speech(std::uint32_t ms, double hz = 300) {
    return speech::encode({speech::Code::Pcmu, 8000}, speech::tone(8000, hz, ms, 6000));
  }
  static std::string silence(std::uint32_t ms) { return std::string(ms * 8, '\xFF'); }
  std::vector<json> of(const std::string& type) const {
    std::vector<json> out;
    for (const auto& event : sent_) {
      if (event["type"] == type) out.push_back(event);
    }
    return out;
  }
  std::vector<std::string> types() const {
    std::vector<std::string> out;
    for (const auto& event : sent_) {
      const std::string type = event["type"];
      if (out.empty() || out.back() != type) out.push_back(type);
    }
    return out;
  }
  std::string heard() const {
    std::string out, piece;
    for (const auto& event : of("response.output_audio.delta")) {
      EXPECT_TRUE(decodeBase64(event["delta"].get<std::string>(), piece));
      out += piece;
    }
    return out;
  }
  json lastError() const { return of("error").empty() ? json() : of("error").back()["error"]; }

  OpenAiShared shared_;
  TestTime time_;
  std::vector<json> sent_;
  std::pair<unsigned, std::string> closed_;
  std::shared_ptr<OpenAiSession> session_;
};

}  // namespace fakes
