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
        EXPECT_EQ(schema.check(m.bytes), "") << m.bytes;
      }
      if (m.type == HKS_LOG || m.type == HKS_NOTICE || m.type == HKS_GONE) {
        EXPECT_EQ((m.text + m.reason).find("sk-secret"), std::string::npos);
      }
    }
    return out;
  }
  /// A server event on the newest connection.
  Outputs says(const Json& event) { return step(In::data(conn, event.dump())); }
  Outputs saysOn(std::uint64_t id, const Json& event) { return step(In::data(id, event.dump())); }
  /// Client events of a step, as JSON.
  static std::vector<Json> sent(const Outputs& out) {
    std::vector<Json> all;
    for (const auto& m : out)
      if (m.type == HKS_DATA) all.push_back(Json::parse(m.bytes));
    return all;
  }
  static std::vector<Json> sent(const Outputs& out, const std::string& type) {
    std::vector<Json> all;
    for (auto& e : sent(out))
      if (e["type"] == type) all.push_back(e);
    return all;
  }
  Outputs open() {
    conn = step(start).only(HKS_CONNECT).id;
    return step(In::opened(conn));
  }
  static Json updated(const std::string& in = "audio/pcmu", const std::string& out = "audio/pcmu") {
    return {{"type", "session.updated"},
            {"event_id", "e"},
            {"session",
             {{"type", "realtime"},
              {"audio", {{"input", {{"format", {{"type", in}}}}}, {"output", {{"format", {{"type", out}}}}}}}}}};
  }
  /// Up to READY; what the last step sent.
  Outputs ready(const Json& update = updated()) {
    open();
    says({{"type", "session.created"}, {"event_id", "e"}, {"session", {{"id", "sess_1"}, {"expires_at", 1700003600}}}});
    return says(update);
  }
  Outputs created(const std::string& id) {
    return says(
        {{"type", "response.created"}, {"event_id", "e"}, {"response", {{"id", id}, {"conversation_id", "conv_1"}}}});
  }
  Outputs item(const std::string& id, const std::string& response) {
    return says({{"type", "response.output_item.added"},
                 {"response_id", response},
                 {"output_index", 0},
                 {"item",
                  {{"id", id},
                   {"type", "message"},
                   {"role", "assistant"},
                   {"status", "in_progress"},
                   {"content", Json::array()}}}});
  }
  Outputs delta(const std::string& bytes, const std::string& id, const std::string& response) {
    return says({{"type", "response.output_audio.delta"},
                 {"response_id", response},
                 {"item_id", id},
                 {"output_index", 0},
                 {"content_index", 0},
                 {"delta", base64(bytes)},
                 {"obfuscation", "xx"}});
  }
  Outputs audioDone(const std::string& id, const std::string& response) {
    return says({{"type", "response.output_audio.done"}, {"response_id", response}, {"item_id", id}});
  }
  Outputs transcriptDone(const std::string& id, const std::string& response, const std::string& text) {
    return says({{"type", "response.output_audio_transcript.done"},
                 {"response_id", response},
                 {"item_id", id},
                 {"transcript", text}});
  }
  Outputs done(const std::string& id, const std::string& status = "completed", Json output = Json::array(),
               Json details = nullptr) {
    return says(
        {{"type", "response.done"},
         {"response",
          {{"id", id}, {"status", status}, {"status_details", details}, {"output", output}, {"usage", nullptr}}}});
  }
  Outputs callerAudio(std::size_t bytes = 160) { return step(In::audio(HKS_PCMU_8K, std::string(bytes, '\x7f'))); }
  Outputs error(const std::string& code, Json event_id = nullptr, const std::string& message = "no",
                const std::string& type = "invalid_request_error") {
    return says({{"type", "error"},
                 {"event_id", "e"},
                 {"error",
                  {{"type", type}, {"code", code}, {"message", message}, {"param", nullptr}, {"event_id", event_id}}}});
  }
  /// A spoken answer that is complete at the server, `ms` long.
  void answer(const std::string& id, const std::string& response, std::size_t ms, const std::string& text) {
    created(response);
    item(id, response);
    delta(std::string(ms * 8, '\x55'), id, response);
    audioDone(id, response);
    transcriptDone(id, response, text);
    done(response);
  }
};

}  // namespace openai_test
