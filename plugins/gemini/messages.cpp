#include "plugins/gemini/messages.hpp"

#include <hookswitch/json.hpp>
#include <hookswitch/utf8.hpp>

#include <hookswitch/base64.hpp>
#include "plugins/gemini/options.hpp"
#include "plugins/gemini/schema.hpp"

namespace hookswitch::gemini {
namespace {

using hks::json::Array;
using hks::json::Object;

std::string parts(std::string_view text) { return Array().raw(Object().add("text", text).str()).str(); }

std::string generationConfig(const Options& o) {
  Object config;
  config.raw("responseModalities", R"(["AUDIO"])");
  if (!o.temperature.empty()) config.raw("temperature", o.temperature);
  if (o.max_output_tokens) config.add("maxOutputTokens", o.max_output_tokens);
  const std::string voice = Object().raw("prebuiltVoiceConfig", Object().add("voiceName", o.voice).str()).str();
  if (!o.voice.empty()) config.raw("speechConfig", Object().raw("voiceConfig", voice).str());
  switch (o.rules->thinking) {
    case Thinking::Required:  // MINIMAL is not among its levels
      config.raw("thinkingConfig",
                 Object()
                     .add("thinkingLevel",
                          o.thinking_level.empty() || o.thinking_level == "MINIMAL" ? "LOW" : o.thinking_level)
                     .str());
      break;
    case Thinking::Level:
      if (!o.thinking_level.empty())
        config.raw("thinkingConfig", Object().add("thinkingLevel", o.thinking_level).str());
      break;
    case Thinking::Budget:  // counts tokens instead of naming levels; only "off" can be said for sure
      if (o.thinking_level == "MINIMAL") config.raw("thinkingConfig", R"({"thinkingBudget":0})");
      break;
    case Thinking::Forbidden:
    case Thinking::Unknown: break;
  }
  return config.str();
}

std::string declarations(const Options& o) {
  Array all;
  for (const auto& tool : o.tools) {
    Object one;
    one.add("name", tool.name).add("description", tool.description);
    if (o.rules->says_behavior) {
      // Hanging up comes after the goodbye: the model is to wait for it. Other tools need not silence it.
      const bool blocking = o.rules->blocking && (tool.name == speech::kEndCall || !o.rules->non_blocking);
      one.add("behavior", blocking ? "BLOCKING" : "NON_BLOCKING");
    }
    const std::string parameters = parametersOf(tool.parameters);
    if (!parameters.empty()) one.raw("parameters", parameters);
    all.raw(one.str());
  }
  return Array().raw(Object().raw("functionDeclarations", all.str()).str()).str();
}

std::string inputConfig(const Options& o) {
  const std::string detection =
      Object()
          .add("disabled", false)
          .add("startOfSpeechSensitivity", o.start_low ? "START_SENSITIVITY_LOW" : "START_SENSITIVITY_HIGH")
          .add("endOfSpeechSensitivity", o.end_high ? "END_SENSITIVITY_HIGH" : "END_SENSITIVITY_LOW")
          .add("prefixPaddingMs", o.prefix_padding_ms)
          .add("silenceDurationMs", o.silence_ms)
          .str();
  return Object()
      .raw("automaticActivityDetection", detection)
      .add("activityHandling", o.barge_in ? "START_OF_ACTIVITY_INTERRUPTS" : "NO_INTERRUPTION")
      .add("turnCoverage", "TURN_INCLUDES_ONLY_ACTIVITY")
      .str();
}

}  // namespace

std::string setup(const Options& o, std::string_view handle, std::string_view summary) {
  std::string instructions = o.instructions;
  if (!summary.empty())
    instructions +=
        "\n\nThis phone call is already going on. Do not greet again, keep the language and go on where it "
        "stopped. The end of the conversation so far:\n" +
        std::string(summary);
  Object s;
  s.add("model", o.model).raw("generationConfig", generationConfig(o));
  s.raw("systemInstruction", Object().raw("parts", parts(instructions)).str());
  s.raw("tools", declarations(o)).raw("realtimeInputConfig", inputConfig(o));
  const std::string languages = o.languages.empty() ? "{}" : Object().raw("languageCodes", o.languages).str();
  s.raw("inputAudioTranscription", languages).raw("outputAudioTranscription", "{}");
  s.raw("sessionResumption", handle.empty() ? "{}" : Object().add("handle", handle).str());
  s.raw("contextWindowCompression",
        Object()
            .add("triggerTokens", std::to_string(o.compression_trigger))
            .raw("slidingWindow", Object().add("targetTokens", std::to_string(o.compression_target)).str())
            .str());
  return Object().raw("setup", s.str()).str();
}

namespace {

// Rates of 8000 and 16000: the shorter one is written with the longer one's room.
constexpr std::string_view kAudioHead = R"({"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=)",
                           kAudioData = R"(","data":")", kAudioTail = "\"}}}";

}  // namespace

std::size_t audioSize(std::size_t bytes) {
  return kAudioHead.size() + 5 + kAudioData.size() + hks::base64Size(bytes) + kAudioTail.size();
}

std::string_view audio(std::string_view pcm, unsigned rate, char* to) {
  char* end = to;
  const auto write = [&end](std::string_view text) { end += text.copy(end, text.size()); };
  write(kAudioHead);
  write(rate == 8000 ? "8000" : "16000");
  write(kAudioData);
  end = hks::encodeBase64(end, pcm);
  write(kAudioTail);
  return {to, std::size_t(end - to)};
}

std::string realtimeText(std::string_view text) {
  return Object().raw("realtimeInput", Object().add("text", text).str()).str();
}

std::string contextUpdate(std::string_view instructions) {
  const std::string update = Object().raw("systemInstruction", Object().raw("parts", parts(instructions)).str()).str();
  return Object().raw("contextUpdate", update).str();
}

std::string userTurn(std::string_view text) {
  const std::string turn = Object().add("role", "user").raw("parts", parts(text)).str();
  return Object()
      .raw("clientContent", Object().raw("turns", Array().raw(turn).str()).add("turnComplete", true).str())
      .str();
}

std::string toolResponse(std::string_view id, std::string_view name, std::string_view value, bool failed,
                         std::string_view scheduling) {
  Object one;
  if (!id.empty()) one.add("id", id);
  one.add("name", name).raw("response", Object().raw(failed ? "error" : "output", value).str());
  if (!scheduling.empty()) one.add("scheduling", scheduling);
  const std::string all = Array().raw(one.str()).str();
  return Object().raw("toolResponse", Object().raw("functionResponses", all).str()).str();
}

std::string greetingText(std::string_view greeting) {
  return "The call was just answered. Greet the caller with exactly: \"" + std::string(greeting) + "\"";
}

}  // namespace hookswitch::gemini
