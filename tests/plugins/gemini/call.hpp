// One call of the gemini voice without a host: every message it sends to the service is checked against the schema.
#pragma once

#include <gtest/gtest.h>
#include <hookswitch/testing.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include <hookswitch/base64.hpp>
#include "tests/plugins/gemini/schema.hpp"

extern "C" const hks_entry hks_plugin_entry;

namespace gemini_test {

using namespace hks::testing;

inline std::string base64(const std::string& bytes) {
  std::string out;
  hks::encodeBase64(out, bytes);
  return out;
}

/// The timers of the session, by what they are for.
enum : std::uint64_t {
  kSetup = 1,
  kOldClosed = 2,
  kRetry = 3,
  kDead = 4,
  kFlush = 5,
  kCallerFlush = 6,
  kNoAnswer = 7,
  kGreeting = 8,
  kSwap = 9,
  kCallerQuiet = 10,
  kMaxAge = 11,
  kEnd = 12,
  kSay = 13,
  kDtmf = 14,
  kTool = 1000
};

struct Voice {
  Player player{hks_plugin_entry, HKS_ROLE_VOICE};
  Schema schema;
  std::uint64_t conn = 0;
  Message start = In::start({{"api_key", "AIza-secret"}});
  std::uint64_t pts = 0;

  Voice() { start.about = sampleCall(), start.about->greeting.clear(), start.carrier_format = HKS_PCMU_8K; }
  Voice& with(const std::string& key, const std::string& value) {
    return start.settings.emplace_back(key, value), *this;
  }
  Voice& greeting(const std::string& text) { return start.about->greeting = text, *this; }

  Outputs step(const Message& message) {
    Outputs out = player.step(message);
    EXPECT_EQ(player.status(), HKS_OK) << out;
    for (const auto& m : out) {
      if (m.type == HKS_DATA) {
        EXPECT_TRUE(m.is_text);
        EXPECT_EQ(schema.checkText(m.bytes), "") << m.bytes;
      }
      EXPECT_EQ((m.text + m.reason + m.url).find("AIza-secret"), std::string::npos);
    }
    return out;
  }
  /// A server message on the newest connection, as the service sends it: in a binary frame.
  Outputs says(const Json& message) { return saysOn(conn, message); }
  Outputs saysOn(std::uint64_t id, const Json& message) {
    EXPECT_EQ(schema.check(message, "server"), "") << message;
    return step(In::binary(id, message.dump()));
  }
  Outputs content(const Json& inner) { return says({{"serverContent", inner}}); }
  static std::vector<Json> sent(const Outputs& out) {
    std::vector<Json> all;
    for (const auto& m : out)
      if (m.type == HKS_DATA) all.push_back(Json::parse(m.bytes));
    return all;
  }
  /// The setup that is sent when the connection opens.
  Json setup() {
    conn = step(start).only(HKS_CONNECT).id;
    return sent(step(In::opened(conn))).at(0)["setup"];
  }
  Outputs ready() {
    setup();
    return says({{"setupComplete", Json::object()}});
  }
  static Json audioPart(const std::string& pcm, const std::string& mime = "audio/pcm;rate=24000") {
    return {{"inlineData", {{"mimeType", mime}, {"data", base64(pcm)}}}};
  }
  Outputs audio(const std::string& pcm) {
    return content({{"modelTurn", {{"role", "model"}, {"parts", {audioPart(pcm)}}}}});
  }
  Outputs heardCaller(const std::string& text) { return content({{"inputTranscription", {{"text", text}}}}); }
  Outputs spoke(const std::string& text) { return content({{"outputTranscription", {{"text", text}}}}); }
  Outputs handle(const std::string& name) {
    return says({{"sessionResumptionUpdate", {{"newHandle", name}, {"resumable", true}}}});
  }
  Outputs callerAudio() {
    pts += 20000;
    return step(In::audio(HKS_S16_16K, std::string(640, '\x01'), pts));
  }
  /// A turn of `ms` milliseconds, complete.
  void turn(std::size_t ms, const std::string& text) {
    audio(std::string(ms * 48, 'a'));
    spoke(text);
    content({{"generationComplete", true}});
    content({{"turnComplete", true}});
  }
  static std::string text(const Json& message) {
    if (message.contains("realtimeInput")) return message["realtimeInput"].value("text", "");
    if (message.contains("clientContent")) return message["clientContent"]["turns"][0]["parts"][0]["text"];
    return {};
  }
};

}  // namespace gemini_test
