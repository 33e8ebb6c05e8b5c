#include "tests/plugins/openai/call.hpp"

namespace openai_test {

Voice& Voice::with(const std::string& key, const std::string& value) {
  return start.settings.emplace_back(key, value), *this;
}

Outputs Voice::step(const Message& message) {
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

std::vector<Json> Voice::sent(const Outputs& out) {
  std::vector<Json> all;
  for (const auto& m : out)
    if (m.type == HKS_DATA) all.push_back(Json::parse(m.bytes));
  return all;
}

std::vector<Json> Voice::sent(const Outputs& out, const std::string& type) {
  std::vector<Json> all;
  for (auto& e : sent(out))
    if (e["type"] == type) all.push_back(e);
  return all;
}

Outputs Voice::open() {
  conn = step(start).only(HKS_CONNECT).id;
  return step(In::opened(conn));
}

Json Voice::updated(const std::string& in, const std::string& out) {
  return {{"type", "session.updated"},
          {"event_id", "e"},
          {"session",
           {{"type", "realtime"},
            {"audio", {{"input", {{"format", {{"type", in}}}}}, {"output", {{"format", {{"type", out}}}}}}}}}};
}

Outputs Voice::ready(const Json& update) {
  open();
  says({{"type", "session.created"}, {"event_id", "e"}, {"session", {{"id", "sess_1"}, {"expires_at", 1700003600}}}});
  return says(update);
}

Outputs Voice::created(const std::string& id) {
  return says(
      {{"type", "response.created"}, {"event_id", "e"}, {"response", {{"id", id}, {"conversation_id", "conv_1"}}}});
}

Outputs Voice::item(const std::string& id, const std::string& response) {
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

Outputs Voice::delta(const std::string& bytes, const std::string& id, const std::string& response) {
  return says({{"type", "response.output_audio.delta"},
               {"response_id", response},
               {"item_id", id},
               {"output_index", 0},
               {"content_index", 0},
               {"delta", base64(bytes)},
               {"obfuscation", "xx"}});
}

Outputs Voice::audioDone(const std::string& id, const std::string& response) {
  return says({{"type", "response.output_audio.done"}, {"response_id", response}, {"item_id", id}});
}

Outputs Voice::transcriptDone(const std::string& id, const std::string& response, const std::string& text) {
  return says({{"type", "response.output_audio_transcript.done"},
               {"response_id", response},
               {"item_id", id},
               {"transcript", text}});
}

Outputs Voice::done(const std::string& id, const std::string& status, Json output, Json details) {
  return says(
      {{"type", "response.done"},
       {"response",
        {{"id", id}, {"status", status}, {"status_details", details}, {"output", output}, {"usage", nullptr}}}});
}

Outputs Voice::error(const std::string& code, Json event_id, const std::string& message, const std::string& type) {
  return says(
      {{"type", "error"},
       {"event_id", "e"},
       {"error", {{"type", type}, {"code", code}, {"message", message}, {"param", nullptr}, {"event_id", event_id}}}});
}

void Voice::answer(const std::string& id, const std::string& response, std::size_t ms, const std::string& text) {
  created(response);
  item(id, response);
  delta(std::string(ms * 8, '\x55'), id, response);
  audioDone(id, response);
  transcriptDone(id, response, text);
  done(response);
}

}  // namespace openai_test
