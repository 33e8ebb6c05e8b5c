#include "plugins/gemini/options.hpp"

#include <hookswitch/json.hpp>
#include <hookswitch/utf8.hpp>

#include <algorithm>

#include "plugins/speech/wording.hpp"

namespace hookswitch::gemini {

using hks::key;

const hks_key kKeys[22] = {
    key("enabled", HKS_BOOLEAN, "true", "offer this voice to calls"),
    hks::shapedKey("api_key", "key of the Gemini API", HKS_REQUIRED | HKS_SECRET,
                   "AIza[A-Za-z0-9_-]{35}|AQ\\.[A-Za-z0-9_.-]{20,}",
                   "AIza and 35 more characters, or AQ. and at least 20"),
    key("url", HKS_URL, "wss://generativelanguage.googleapis.com",
        "host of the Live API; with a path it is used as it is"),
    key("model", HKS_TEXT, "gemini-3.8-live", "model of every call"),
    key("voice", HKS_TEXT, "Zephyr", "name of a prebuilt voice, case matters: Zephyr Puck Charon Kore Fenrir Leda ..."),
    key("api_version", HKS_CHOICE, "v1beta", "version in the service's path", 0, "v1beta|v1alpha"),
    key("input_rate", HKS_CHOICE, "16000", "caller audio sent as PCM of this rate; 8000 spares the upsampling", 0,
        "16000|8000"),
    key("temperature", HKS_TEXT, "", "0 to 2; empty: the model's own"),
    key("max_output_tokens", HKS_INTEGER, "0", "of one answer; 0: the model's own"),
    key("thinking_level", HKS_CHOICE, "auto", "only where the model allows it; auto: low if it must be said", 0,
        "auto|minimal|low|medium|high"),
    key("start_sensitivity", HKS_CHOICE, "low", "how easily sound counts as speech; high interrupts more", 0,
        "low|high"),
    key("end_sensitivity", HKS_CHOICE, "high", "how easily a pause counts as the end of the caller's turn", 0,
        "high|low"),
    key("prefix_padding_ms", HKS_INTEGER, "100", "speech needed before it counts as a start, ms"),
    key("silence_ms", HKS_INTEGER, "500", "silence that ends the caller's turn, ms; above 2000 may be ignored"),
    key("barge_in", HKS_BOOLEAN, "true", "the caller may interrupt the model"),
    key("transcription_languages", HKS_TEXT, "", "BCP-47 codes with commas, e.g. en-US,de-DE; empty: guessed"),
    key("compression_trigger_tokens", HKS_INTEGER, "100000", "context size at which the oldest turns are dropped"),
    key("compression_target_tokens", HKS_INTEGER, "50000", "what is left of it then"),
    key("max_age_s", HKS_INTEGER, "0", "age at which a connection is renewed; 0: as the model needs it"),
    key("no_answer_ms", HKS_INTEGER, "3500",
        "silence of the model after the caller spoke before it is nudged; 0: never"),
    key("greeting_shield_ms", HKS_INTEGER, "0", "caller audio replaced by silence while the greeting begins, ms"),
    key("connect_timeout_ms", HKS_INTEGER, "8000", "TCP, TLS and WebSocket handshake together, ms"),
};

std::string endpointOf(std::string_view url, std::string_view api_version) {
  std::string out(url.substr(0, url.find('#')));
  const std::size_t scheme = out.find("://");
  const std::size_t host = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t path = out.find_first_of("/?", host);
  if (path != std::string::npos && out.substr(path) != "/") return out;
  if (path != std::string::npos) out.resize(path);
  return out + "/ws/google.ai.generativelanguage." + std::string(api_version.empty() ? "v1beta" : api_version) +
         ".GenerativeService.BidiGenerateContent";
}

namespace {

std::string languagesOf(std::string_view text) {
  hks::json::Array out;
  bool any = false;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string one = hks::utf8::line(text.substr(0, comma), 20);
    if (!one.empty()) out.add(one), any = true;
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return any ? out.str() : std::string{};
}

}  // namespace

Options optionsOf(const hks_start& start, hks::Out& out) {
  const hks::Settings s(start);
  const auto call = hks::record<hks_call>(start.call);
  const auto whole = [&](const char* name, long long low, long long high, long long fallback) {
    return std::uint32_t(std::clamp(s.number(name, fallback), low, high));
  };
  Options o;
  o.url = endpointOf(s["url"], s["api_version"]);
  o.headers.emplace_back("x-goog-api-key", s["api_key"]);
  o.model = wireModel(s["model"]);
  o.rules = &rulesOf(s["model"]);
  o.bad_model = whyNotModel(s["model"]);
  if (o.rules->id.empty())
    out.log(HKS_WARN, "gemini.model '" + hks::utf8::line(s["model"], 80) +
                          "' is not known; only options that every model accepts are sent");
  o.voice = s["voice"];
  o.input_rate = s["input_rate"] == "8000" ? 8000 : 16000;
  bool bad = false;
  if (!s["temperature"].empty()) o.temperature = speech::decimal(s["temperature"], 0, 2, "", bad);
  if (bad) out.log(HKS_WARN, "gemini.temperature is not a number from 0 to 2; the model's own is used");
  o.max_output_tokens = whole("max_output_tokens", 0, 65536, 0);
  if (s["thinking_level"] != "auto") o.thinking_level = s["thinking_level"];
  for (char& c : o.thinking_level)
    if (c >= 'a' && c <= 'z') c = char(c - 32);
  o.start_low = s["start_sensitivity"] != "high";
  o.end_high = s["end_sensitivity"] != "low";
  o.barge_in = s["barge_in"].empty() || s.on("barge_in");
  o.prefix_padding_ms = whole("prefix_padding_ms", 0, 2000, 100);
  o.silence_ms = whole("silence_ms", 50, 5000, 500);
  o.languages = languagesOf(s["transcription_languages"]);
  o.compression_trigger = whole("compression_trigger_tokens", 5000, 1000000, 100000);
  o.compression_target = std::min(whole("compression_target_tokens", 1000, 1000000, 50000), o.compression_trigger - 1);
  const std::uint32_t age_s = whole("max_age_s", 0, 86400, 0);
  o.max_age_ms = std::uint64_t(age_s ? age_s : o.rules->max_age_s) * 1000;
  o.no_answer_ms = whole("no_answer_ms", 0, 120000, 3500);
  o.shield_ms = whole("greeting_shield_ms", 0, 10000, 0);
  o.connect_timeout_ms = whole("connect_timeout_ms", 500, 60000, 8000);
  o.instructions = speech::instructionsOr(hks::text(call.prompt));
  o.greeting = hks::utf8::clean(hks::text(call.greeting));
  o.tools = speech::toolsOf(start, out);
  return o;
}

}  // namespace hookswitch::gemini
