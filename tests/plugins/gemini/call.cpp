#include "tests/plugins/gemini/call.hpp"

namespace gemini_test {

Voice& Voice::with(const std::string& key, const std::string& value) {
  return start.settings.emplace_back(key, value), *this;
}

Outputs Voice::step(const Message& message) {
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

Outputs Voice::saysOn(std::uint64_t id, const Json& message) {
  EXPECT_EQ(schema.check(message, "server"), "") << message;
  return step(In::binary(id, message.dump()));
}

std::vector<Json> Voice::sent(const Outputs& out) {
  std::vector<Json> all;
  for (const auto& m : out)
    if (m.type == HKS_DATA) all.push_back(Json::parse(m.bytes));
  return all;
}

Json Voice::setup() {
  conn = step(start).only(HKS_CONNECT).id;
  return sent(step(In::opened(conn))).at(0)["setup"];
}

Outputs Voice::ready() {
  setup();
  return says({{"setupComplete", Json::object()}});
}

Json Voice::audioPart(const std::string& pcm, const std::string& mime) {
  return {{"inlineData", {{"mimeType", mime}, {"data", base64(pcm)}}}};
}

Outputs Voice::audio(const std::string& pcm) {
  return content({{"modelTurn", {{"role", "model"}, {"parts", {audioPart(pcm)}}}}});
}

Outputs Voice::handle(const std::string& name) {
  return says({{"sessionResumptionUpdate", {{"newHandle", name}, {"resumable", true}}}});
}

Outputs Voice::callerAudio() {
  pts += 20000;
  return step(In::audio(HKS_S16_16K, std::string(640, '\x01'), pts));
}

void Voice::turn(std::size_t ms, const std::string& text) {
  audio(std::string(ms * 48, 'a'));
  spoke(text);
  content({{"generationComplete", true}});
  content({{"turnComplete", true}});
}

std::string Voice::text(const Json& message) {
  if (message.contains("realtimeInput")) return message["realtimeInput"].value("text", "");
  if (message.contains("clientContent")) return message["clientContent"]["turns"][0]["parts"][0]["text"];
  return {};
}

}  // namespace gemini_test
