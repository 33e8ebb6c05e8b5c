#include "tests/fakes/gemini_schema.hpp"

#include <algorithm>
#include <fstream>
#include <regex>
#include <stdexcept>

namespace fakes {
namespace {

using nlohmann::json;

const char* const kVoices[] = {"Zephyr",    "Puck",          "Charon",       "Kore",      "Fenrir",     "Leda",
                               "Orus",      "Aoede",         "Callirrhoe",   "Autonoe",   "Enceladus",  "Iapetus",
                               "Umbriel",   "Algieba",       "Despina",      "Erinome",   "Algenib",    "Rasalgethi",
                               "Laomedeia", "Achernar",      "Alnilam",      "Schedar",   "Gacrux",     "Pulcherrima",
                               "Achird",    "Zubenelgenubi", "Vindemiatrix", "Sadachbia", "Sadaltager", "Sulafat"};

bool isType(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  return type == "number" && value.is_number();
}

GeminiRefusal invalid(const std::string& detail, const std::string& reason = "Request contains an invalid argument.") {
  return {1007, reason, detail};
}

GeminiRefusal unknownName(const std::string& name, const std::string& path) {
  const std::string text =
      "Invalid JSON payload received. Unknown name \"" + name + "\" at '" + path + "': Cannot find field.";
  return {1007, text, text};
}

bool contains(const json& list, const json& value) { return std::find(list.begin(), list.end(), value) != list.end(); }

}  // namespace

GeminiSchema::GeminiSchema(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(file + ": cannot be read; it holds the Live message shapes");
  file_ = json::parse(in);
}

GeminiSchema::Result GeminiSchema::checkClient(const json& message) const {
  // An empty input is no bad argument but a policy violation.
  if (message.is_object() && message.contains("realtimeInput") && message["realtimeInput"] == json::object()) {
    return GeminiRefusal{1008, "Operation is not implemented, or supported, or enabled.", "empty realtimeInput"};
  }
  return check(file_["definitions"]["ClientMessage"], message, "");
}

GeminiSchema::Result GeminiSchema::checkServer(const json& message) const {
  return check(file_["definitions"]["ServerMessage"], message, "");
}

GeminiSchema::Result GeminiSchema::check(const json& schema, const json& value, const std::string& path) const {
  if (schema.contains("$ref")) {
    const std::string name = schema["$ref"].get_ref<const std::string&>().substr(std::string("#/definitions/").size());
    return check(file_["definitions"].at(name), value, path);
  }
  if (schema.contains("allOf")) {
    for (const auto& part : schema["allOf"]) {
      if (auto bad = check(part, value, path)) return bad;
    }
  }
  if (schema.contains("type")) {
    const json& type = schema["type"];
    const bool fits = type.is_array()
                          ? std::any_of(type.begin(), type.end(), [&](const json& t) { return isType(value, t); })
                          : isType(value, type);
    if (!fits) return invalid(path + ": expected " + type.dump() + ", got " + value.dump().substr(0, 80));
  }
  if (schema.contains("enum") && !contains(schema["enum"], value)) {
    return invalid(path + ": " + value.dump() + " is not one of " + schema["enum"].dump());
  }
  if (value.is_string() && schema.contains("pattern") &&
      !std::regex_search(value.get_ref<const std::string&>(), std::regex(schema["pattern"].get<std::string>()))) {
    return invalid(path + ": " + value.dump().substr(0, 80) + " does not match " + schema["pattern"].dump());
  }
  if (value.is_array()) {
    if (value.size() < schema.value("minItems", std::size_t{0})) return invalid(path + ": too few elements");
    for (std::size_t i = 0; schema.contains("items") && i < value.size(); ++i) {
      if (auto bad = check(schema["items"], value[i], path + "[" + std::to_string(i) + "]")) return bad;
    }
  }
  if (!value.is_object()) return std::nullopt;
  for (const auto& name : schema.value("required", json::array())) {
    if (!value.contains(name.get<std::string>()))
      return invalid(path + ": '" + name.get<std::string>() + "' is missing");
  }
  for (const auto& name : schema.value("x-required-on-gemini", json::array())) {
    if (!value.contains(name.get<std::string>()))
      return invalid(path + ": '" + name.get<std::string>() + "' is missing");
  }
  const json none = json::object(), open = true;
  const json& properties = schema.contains("properties") ? schema["properties"] : none;
  const json& others = schema.contains("additionalProperties") ? schema["additionalProperties"] : open;
  for (const auto& [name, member] : value.items()) {
    const std::string below = path.empty() ? name : path + "." + name;
    const auto known = properties.find(name);
    if (known != properties.end()) {
      if (known->is_object() && known->value("x-backend-only", "gemini") != "gemini" && others == false)
        return unknownName(name, path);
      if (auto bad = check(*known, member, below)) return bad;
    } else if (others == false) {
      return unknownName(name, path);
    } else if (others.is_object()) {
      if (auto bad = check(others, member, below)) return bad;
    }
  }
  if (value.size() < schema.value("minProperties", std::size_t{0})) return invalid(path + ": empty");
  if (value.size() > schema.value("maxProperties", std::size_t{1000})) return invalid(path + ": more than one member");
  return std::nullopt;
}

nlohmann::json GeminiSchema::rules(const std::string& model) const {
  const std::string id = model.rfind("models/", 0) == 0 ? model.substr(7) : model;
  const std::string known =
      id == "gemini-2.5-flash-native-audio-latest" ? "gemini-2.5-flash-native-audio-preview-12-2025" : id;
  return file_["model_rules"].value(known, json());
}

GeminiSchema::Result GeminiSchema::checkSetup(const json& setup, bool alpha) const {
  const std::string model = setup["model"];
  const json rule = rules(model);
  if (rule.is_null() || rule.value("vertex_only", false) || model.rfind("models/", 0) != 0) {
    return GeminiRefusal{1008,
                         model + " is not found for API version v1beta, or is not supported for bidiGenerateContent.",
                         "model " + model};
  }
  const json generation = setup.value("generationConfig", json::object());
  for (const char* name : {"responseSchema", "responseJsonSchema", "stopSequences", "logprobs", "responseLogprobs"}) {
    if (generation.contains(name))
      return invalid(std::string("generationConfig.") + name + " is not for Live sessions");
  }
  if (generation.contains("responseModalities") && generation["responseModalities"] != json({"AUDIO"})) {
    return invalid("generationConfig.responseModalities: exactly [\"AUDIO\"] for voice models");
  }
  const std::string thinking = rule.value("thinkingConfig", "optional");
  const json config = generation.value("thinkingConfig", json());
  const char* const no_thinking = "Thinking level is not supported for this model";
  if (thinking == "forbidden" && !config.is_null())
    return invalid("thinkingConfig is forbidden for " + model, no_thinking);
  if (thinking == "required" &&
      !(config.is_object() && (config.contains("thinkingLevel") || config.contains("thinkingBudget")))) {
    return invalid("thinkingConfig is required for " + model);
  }
  if (config.is_object()) {
    if (config.contains("thinkingLevel") && config.contains("thinkingBudget"))
      return invalid("thinkingLevel and thinkingBudget together");
    if (config.contains("thinkingLevel") &&
        !contains(rule.value("thinking_levels", json::array()), config["thinkingLevel"])) {
      return invalid("thinkingLevel " + config["thinkingLevel"].dump() + " for " + model, no_thinking);
    }
  }
  const std::string proactivity = rule.value("proactivity", "unverified");
  const json proactive = setup.value("proactivity", json());
  if (!proactive.is_null()) {
    if (proactivity == "always_on_false_is_error" && !proactive.value("proactiveAudio", true))
      return invalid("proactiveAudio cannot be switched off");
    if (proactivity == "unsupported" || (proactivity == "optional_v1alpha" && !alpha))
      return invalid("proactivity is not supported here");
  }
  const std::string affective = rule.value("enableAffectiveDialog", "unsupported");
  if (generation.contains("enableAffectiveDialog") && !(affective == "optional_v1alpha" && alpha)) {
    return invalid("enableAffectiveDialog is not supported here");
  }
  const json speech = generation.value("speechConfig", json::object());
  if (speech.contains("multiSpeakerVoiceConfig")) return invalid("multiSpeakerVoiceConfig is not for Live sessions");
  const json voice = speech.value(json::json_pointer("/voiceConfig/prebuiltVoiceConfig/voiceName"), json());
  if (voice.is_string() &&
      std::find(std::begin(kVoices), std::end(kVoices), voice.get<std::string>()) == std::end(kVoices)) {
    return invalid("voice " + voice.dump() + " does not exist");
  }
  for (const auto& tool : setup.value("tools", json::array())) {
    for (const auto& function : tool.value("functionDeclarations", json::array())) {
      if (function.contains("parameters") && function.contains("parametersJsonSchema"))
        return invalid("parameters and parametersJsonSchema together");
      if (function.contains("behavior") && !contains(rule["behaviors"], function["behavior"])) {
        return invalid("function behavior " + function["behavior"].dump() + " for " + model);
      }
    }
  }
  return std::nullopt;
}

GeminiSchema::Result GeminiSchema::checkToolResponse(const std::string& model, const json& tool_response) const {
  const json allowed = rules(model).value("scheduling", json::array());
  for (const auto& response : tool_response.value("functionResponses", json::array())) {
    if (response.contains("scheduling") && !contains(allowed, response["scheduling"])) {
      return invalid("scheduling " + response["scheduling"].dump() + " for " + model,
                     "Function response scheduling is not supported for this model");
    }
  }
  return std::nullopt;
}

GeminiSchema::Result GeminiSchema::checkRealtimeInput(const std::string& model, const json& input) const {
  if (input.contains("mediaChunks") && model.find("gemini-3") != std::string::npos)
    return invalid("mediaChunks is refused by " + model);
  return std::nullopt;
}

}  // namespace fakes
