#include "plugins/openai/messages.hpp"

#include <hookswitch/json.hpp>

#include <hookswitch/base64.hpp>
#include "plugins/openai/options.hpp"
#include "plugins/speech/wording.hpp"

namespace hookswitch::openai {

using hks::json::Array;
using hks::json::Object;

std::string sessionUpdate(const Options& o, std::string_view event_id) {
  Object format;
  if (o.pcmu)
    format.add("type", "audio/pcmu");
  else
    format.add("type", "audio/pcm").add("rate", 24000);  // a missing rate is refused (§2)
  const std::string voice =
      o.voice.rfind("voice_", 0) == 0 ? Object().add("id", o.voice).str() : hks::json::quote(o.voice);
  const std::string input = Object()
                                .raw("format", format.str())
                                .raw("noise_reduction", o.noise_reduction)
                                .raw("transcription", o.transcription)
                                .raw("turn_detection", o.turn_detection)
                                .str();
  const std::string output = Object().raw("format", format.str()).raw("voice", voice).raw("speed", o.speed).str();
  Array tools;
  for (const auto& tool : o.tools)
    tools.raw(Object()
                  .add("type", "function")
                  .add("name", tool.name)
                  .add("description", tool.description)
                  .raw("parameters", tool.parameters)
                  .str());
  Object session;
  session.add("type", "realtime").raw("output_modalities", R"(["audio"])").add("instructions", o.instructions);
  session.raw("audio", Object().raw("input", input).raw("output", output).str());
  session.raw("tools", tools.str()).add("tool_choice", "auto").raw("max_output_tokens", o.max_output_tokens);
  if (!o.reasoning.empty()) session.raw("reasoning", o.reasoning);
  return Object().add("type", "session.update").add("event_id", event_id).raw("session", session.str()).str();
}

namespace {

constexpr std::string_view kAppendHead = R"({"type":"input_audio_buffer.append","audio":")", kAppendTail = "\"}";

}  // namespace

std::size_t appendAudioSize(std::size_t bytes) {
  return kAppendHead.size() + hks::base64Size(bytes) + kAppendTail.size();
}

std::string_view appendAudio(std::string_view audio, char* to) {
  char* end = to + kAppendHead.copy(to, kAppendHead.size());
  end = hks::encodeBase64(end, audio);
  end += kAppendTail.copy(end, kAppendTail.size());
  return {to, std::size_t(end - to)};
}

std::string messageItem(std::string_view role, std::string_view text, std::string_view event_id) {
  const std::string content =
      Object().add("type", role == "assistant" ? "output_text" : "input_text").add("text", text).str();
  const std::string item =
      Object().add("type", "message").add("role", role).raw("content", Array().raw(content).str()).str();
  return Object().add("type", "conversation.item.create").add("event_id", event_id).raw("item", item).str();
}

std::string functionCallItem(std::string_view call_id, std::string_view name, std::string_view arguments) {
  const std::string item =
      Object().add("type", "function_call").add("call_id", call_id).add("name", name).add("arguments", arguments).str();
  return Object().add("type", "conversation.item.create").raw("item", item).str();
}

std::string functionOutputItem(std::string_view call_id, std::string_view output, std::string_view event_id) {
  const std::string item =
      Object().add("type", "function_call_output").add("call_id", call_id).add("output", output).str();
  return Object().add("type", "conversation.item.create").add("event_id", event_id).raw("item", item).str();
}

std::string truncate(std::string_view item_id, std::int64_t content_index, std::uint64_t audio_end_ms,
                     std::string_view event_id) {
  return Object()
      .add("type", "conversation.item.truncate")
      .add("event_id", event_id)
      .add("item_id", item_id)
      .add("content_index", content_index)
      .add("audio_end_ms", audio_end_ms)
      .str();
}

std::string responseCreate(std::string_view overrides, std::string_view event_id) {
  Object o;
  o.add("type", "response.create").add("event_id", event_id);
  if (!overrides.empty()) o.raw("response", overrides);
  return o.str();
}

std::string responseCancel(std::string_view response_id, std::string_view event_id) {
  return Object().add("type", "response.cancel").add("event_id", event_id).add("response_id", response_id).str();
}

std::string instructionsUpdate(std::string_view instructions, std::string_view event_id) {
  const std::string session = Object().add("type", "realtime").add("instructions", instructions).str();
  return Object().add("type", "session.update").add("event_id", event_id).raw("session", session).str();
}

std::string sayOverrides(std::string_view text) {
  return Object().add("instructions", speech::sayExactly(text)).add("tool_choice", "none").str();
}

}  // namespace hookswitch::openai
