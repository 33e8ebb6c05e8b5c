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
  kShield = 15,
  kRecovery = 16,
  kTool = 1000
};

struct Voice {
  Player player{hks_plugin_entry, HKS_ROLE_VOICE};
  Schema schema;
  std::uint64_t conn = 0;
  Message start = In::start({{"api_key", "AIza-secret"}});
  std::uint64_t pts = 0;

  Voice() { start.about = sampleCall(), start.about->greeting.clear(), start.carrier_format = HKS_PCMU_8K; }
  Voice& with(const std::string& key, const std::string& value);
  Voice& greeting(const std::string& text) { return start.about->greeting = text, *this; }

  Outputs step(const Message& message);
  /// A server message on the newest connection, as the service sends it: in a binary frame.
  Outputs says(const Json& message) { return saysOn(conn, message); }
  Outputs saysOn(std::uint64_t id, const Json& message);
  Outputs content(const Json& inner) { return says({{"serverContent", inner}}); }
  static std::vector<Json> sent(const Outputs& out);
  /// The setup that is sent when the connection opens.
  Json setup();
  Outputs ready();
  static Json audioPart(const std::string& pcm, const std::string& mime = "audio/pcm;rate=24000");
  Outputs audio(const std::string& pcm);
  Outputs heardCaller(const std::string& text) { return content({{"inputTranscription", {{"text", text}}}}); }
  Outputs spoke(const std::string& text) { return content({{"outputTranscription", {{"text", text}}}}); }
  Outputs handle(const std::string& name);
  Outputs callerAudio();
  /// A turn of `ms` milliseconds, complete.
  void turn(std::size_t ms, const std::string& text);
  static std::string text(const Json& message);
};

// What the server says at the ends of a turn.
inline const Json kInterrupted = {{"interrupted", true}};
inline const Json kTurnComplete = {{"turnComplete", true}};
inline const Json kGenerated = {{"generationComplete", true}};

}  // namespace gemini_test
