#include "plugins/openai/options.hpp"

#include <hookswitch/json.hpp>
#include <hookswitch/utf8.hpp>

#include <algorithm>

#include "plugins/speech/wording.hpp"

namespace hookswitch::openai {

using hks::key;

const hks_key kKeys[22] = {
    key("enabled", HKS_BOOLEAN, "true", "offer this voice to calls"),
    hks::shapedKey("api_key", "key of the OpenAI project", HKS_REQUIRED | HKS_SECRET,
                   "sk-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{32,}",
                   "sk-... of at least 23 characters, or of Azure at least 32 letters and digits"),
    key("url", HKS_URL, "wss://api.openai.com/v1/realtime", "Realtime endpoint; a query it carries is kept"),
    key("model", HKS_TEXT, "gpt-realtime", "model of every call; with Azure the deployment"),
    key("voice", HKS_TEXT, "marin", "alloy ash ballad coral echo sage shimmer verse marin cedar, or a voice_... id"),
    key("audio_format", HKS_CHOICE, "pcmu", "pcmu passes mu-law through untouched, pcm24 is 24 kHz PCM", 0,
        "pcmu|pcm24"),
    key("auth", HKS_CHOICE, "bearer", "how the key is sent; api-key is Azure's header", 0, "bearer|api-key"),
    key("organization", HKS_TEXT, "", "OpenAI-Organization header, if any"),
    key("project", HKS_TEXT, "", "OpenAI-Project header, if any"),
    key("turn_detection", HKS_CHOICE, "server_vad", "who decides that the caller has finished: silence or words", 0,
        "server_vad|semantic_vad"),
    key("vad_threshold", HKS_TEXT, "0.6", "server_vad: 0 to 1, higher ignores more noise"),
    key("vad_prefix_ms", HKS_INTEGER, "300", "server_vad: audio kept from before the speech, ms"),
    key("vad_silence_ms", HKS_INTEGER, "500", "server_vad: silence that ends the caller's turn, ms"),
    key("vad_eagerness", HKS_CHOICE, "auto", "semantic_vad: how soon the model answers", 0, "auto|low|medium|high"),
    key("transcription_model", HKS_TEXT, "gpt-4o-mini-transcribe", "writes down what the caller says; empty: nothing"),
    key("transcription_language", HKS_TEXT, "", "ISO-639-1 code of the caller's language, e.g. en; empty: guessed"),
    key("noise_reduction", HKS_CHOICE, "none", "before turn detection: near_field handset, far_field speakerphone", 0,
        "none|near_field|far_field"),
    key("speed", HKS_TEXT, "1.0", "of the voice, 0.25 to 1.5"),
    key("max_output_tokens", HKS_TEXT, "inf", "of one answer: inf, or 1 to 4096; an answer that hits it is cut off"),
    key("reasoning_effort", HKS_CHOICE, "none", "only for reasoning models (2.x), others refuse it", 0,
        "none|minimal|low|medium|high|xhigh"),
    key("rotate_after_s", HKS_INTEGER, "3000", "age at which a call moves to a fresh session; the service allows 3600"),
    key("connect_timeout_ms", HKS_INTEGER, "8000", "TCP, TLS and WebSocket handshake together, ms"),
};

std::string withModel(std::string_view url, std::string_view model) {
  std::string out(url.substr(0, url.find('#')));
  const std::size_t query = out.find('?');
  if (query != std::string::npos) {
    const std::string_view rest = std::string_view(out).substr(query);
    if (rest.find("?model=") != std::string_view::npos || rest.find("&model=") != std::string_view::npos) return out;
    if (out.back() != '?' && out.back() != '&') out += '&';
  } else {
    out += '?';
  }
  return out + "model=" + hks::percentEncode(model);
}

namespace {

std::string turnDetection(const hks::Settings& s, bool& bad) {
  hks::json::Object o;
  o.add("type", s["turn_detection"]);
  if (s["turn_detection"] == "semantic_vad") {
    o.add("eagerness", s["vad_eagerness"].empty() ? std::string("auto") : s["vad_eagerness"]);
  } else {
    o.raw("threshold", speech::decimal(s["vad_threshold"], 0, 1, "0.6", bad));
    o.add("prefix_padding_ms", int(std::clamp(s.number("vad_prefix_ms", 300), 0LL, 5000LL)));
    o.add("silence_duration_ms", int(std::clamp(s.number("vad_silence_ms", 500), 50LL, 10000LL)));
  }
  return o.add("create_response", true).add("interrupt_response", true).str();
}

}  // namespace

Options optionsOf(const hks_start& start, hks::Out& out) {
  const hks::Settings s(start);
  const auto call = hks::record<hks_call>(start.call);
  auto warn = [&](const char* name, bool bad) {
    if (bad) out.log(HKS_WARN, std::string("openai.") + name + " is not a number in its range; the default is used");
  };
  Options o;
  o.url = withModel(s["url"], s["model"]);
  if (s["auth"] == "api-key")
    o.headers.emplace_back("api-key", s["api_key"]);
  else
    o.headers.emplace_back("Authorization", "Bearer " + s["api_key"]);
  if (!s["organization"].empty()) o.headers.emplace_back("OpenAI-Organization", s["organization"]);
  if (!s["project"].empty()) o.headers.emplace_back("OpenAI-Project", s["project"]);
  o.voice = s["voice"];
  o.pcmu = s["audio_format"] != "pcm24";
  bool bad = false;
  o.turn_detection = turnDetection(s, bad);
  warn("vad_threshold", bad);
  if (s["transcription_model"].empty()) {
    o.transcription = "null";
  } else {
    hks::json::Object t;
    t.add("model", s["transcription_model"]);
    if (!s["transcription_language"].empty()) t.add("language", s["transcription_language"]);
    o.transcription = t.str();
  }
  const std::string& noise = s["noise_reduction"];
  o.noise_reduction = noise.empty() || noise == "none" ? "null" : hks::json::Object().add("type", noise).str();
  warn("speed", (bad = false, o.speed = speech::decimal(s["speed"], 0.25, 1.5, "1", bad), bad));
  if (s["max_output_tokens"] == "inf" || s["max_output_tokens"].empty()) {
    o.max_output_tokens = "\"inf\"";
  } else {
    const long long tokens = s.number("max_output_tokens");
    warn("max_output_tokens", tokens < 1 || tokens > 4096);
    o.max_output_tokens = tokens < 1 || tokens > 4096 ? "\"inf\"" : std::to_string(tokens);
  }
  const std::string& effort = s["reasoning_effort"];
  if (!effort.empty() && effort != "none") o.reasoning = hks::json::Object().add("effort", effort).str();
  o.rotate_after_ms = std::uint64_t(std::clamp(s.number("rotate_after_s", 3000), 60LL, 3480LL)) * 1000;
  o.connect_timeout_ms = std::uint32_t(std::clamp(s.number("connect_timeout_ms", 8000), 500LL, 60000LL));
  o.instructions = speech::instructionsOr(hks::text(call.prompt));
  o.greeting = hks::utf8::clean(hks::text(call.greeting));
  o.tools = speech::toolsOf(start, out);
  return o;
}

}  // namespace hookswitch::openai
