#include "tests/fakes/openai_config.hpp"

#include <algorithm>

namespace fakes {

using nlohmann::json;

json openAiDefaults(const std::string& id, const std::string& model, std::uint64_t expires_at) {
  const json pcm = {{"type", "audio/pcm"}, {"rate", 24000}};
  return {{"type", "realtime"},
          {"object", "realtime.session"},
          {"id", id},
          {"model", model},
          {"output_modalities", {"audio"}},
          {"expires_at", expires_at},
          {"tools", json::array()},
          {"instructions", "You are a helpful, witty, and friendly AI."},
          {"tool_choice", "auto"},
          {"max_output_tokens", "inf"},
          {"tracing", nullptr},
          {"truncation", "auto"},
          {"prompt", nullptr},
          {"include", nullptr},
          {"audio",
           {{"input",
             {{"format", pcm},
              {"transcription", nullptr},
              {"noise_reduction", nullptr},
              {"turn_detection", {{"type", "server_vad"}}}}},
            {"output", {{"format", pcm}, {"voice", "marin"}, {"speed", 1.0}}}}}};
}

void fillOpenAiTurnDetection(json& detection) {
  if (!detection.is_object()) return;
  json defaults = {{"create_response", true}, {"interrupt_response", true}};
  if (detection.value("type", "") == "server_vad") {
    defaults.update(
        {{"threshold", 0.5}, {"prefix_padding_ms", 300}, {"silence_duration_ms", 500}, {"idle_timeout_ms", nullptr}});
  } else {
    defaults["eagerness"] = "auto";
  }
  defaults.update(detection);
  detection = defaults;
}

bool isOpenAiVoice(const std::string& name) {
  static const char* const known[] = {"alloy", "ash",     "ballad", "coral", "echo",
                                      "sage",  "shimmer", "verse",  "marin", "cedar"};
  return std::find(std::begin(known), std::end(known), name) != std::end(known);
}

}  // namespace fakes
