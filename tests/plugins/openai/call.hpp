// One call of the openai voice without a host: every message it sends to the service is checked against the schema.
#pragma once

#include <gtest/gtest.h>
#include <hookswitch/testing.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include <hookswitch/base64.hpp>
#include "tests/plugins/openai/schema.hpp"

extern "C" const hks_entry hks_plugin_entry;

namespace openai_test {

using namespace hks::testing;

inline std::string base64(const std::string& bytes) {
  std::string out;
  hks::encodeBase64(out, bytes);
  return out;
}

struct Voice {
  Player player{hks_plugin_entry, HKS_ROLE_VOICE};
  ClientSchema schema;
  std::uint64_t conn = 0;
  Message start = In::start({{"api_key", "sk-secret"}});

  Voice() { start.about = sampleCall(), start.carrier_format = HKS_PCMU_8K; }
  Voice& with(const std::string& key, const std::string& value);
  Voice& greeting(const std::string& text) { return start.about->greeting = text, *this; }

  Outputs step(const Message& message);
  /// A server event on the newest connection.
  Outputs says(const Json& event) { return step(In::data(conn, event.dump())); }
  Outputs saysOn(std::uint64_t id, const Json& event) { return step(In::data(id, event.dump())); }
  /// Client events of a step, as JSON.
  static std::vector<Json> sent(const Outputs& out);
  static std::vector<Json> sent(const Outputs& out, const std::string& type);
  Outputs open();
  static Json updated(const std::string& in = "audio/pcmu", const std::string& out = "audio/pcmu");
  /// Up to READY; what the last step sent.
  Outputs ready(const Json& update = updated());
  Outputs created(const std::string& id);
  Outputs item(const std::string& id, const std::string& response);
  Outputs delta(const std::string& bytes, const std::string& id, const std::string& response);
  Outputs audioDone(const std::string& id, const std::string& response);
  Outputs transcriptDone(const std::string& id, const std::string& response, const std::string& text);
  Outputs done(const std::string& id, const std::string& status = "completed", Json output = Json::array(),
               Json details = nullptr);
  Outputs callerAudio(std::size_t bytes = 160) { return step(In::audio(HKS_PCMU_8K, std::string(bytes, '\x7f'))); }
  Outputs error(const std::string& code, Json event_id = nullptr, const std::string& message = "no",
                const std::string& type = "invalid_request_error");
  /// A spoken answer that is complete at the server, `ms` long.
  void answer(const std::string& id, const std::string& response, std::size_t ms, const std::string& text);
};

// What the server says at the ends of a turn.
inline const Json kSpeechStarted = {
    {"type", "input_audio_buffer.speech_started"}, {"item_id", "u"}, {"audio_start_ms", 100}};
inline const Json kSpeechStopped = {
    {"type", "input_audio_buffer.speech_stopped"}, {"item_id", "u"}, {"audio_end_ms", 900}};

}  // namespace openai_test
