#include "tests/plugins/openai/schema.hpp"

#include <fstream>

#include "tests/places.hpp"

namespace openai_test {

ClientSchema::ClientSchema() {
  std::ifstream file(std::string(HOOKSWITCH_TEST_DATA) + "/openai_realtime_events.json");
  data_ = Json::parse(file);
}

std::string ClientSchema::check(const std::string& text) const {
  const Json event = Json::parse(text, nullptr, false);
  if (!event.is_object() || !event.contains("type")) return "not an event: " + text;
  for (const auto& known : data_["client_events"])
    if (known["type"] == event["type"]) {
      if (known["transport"] != "any") return "not for a WebSocket: " + text;
      return fields(known, event, event["type"]);
    }
  return "unknown event: " + text;
}

bool ClientSchema::hasType(const Json& value, const Json& types) {
  for (const auto& t : types) {
    if (t == "any" || (t == "string" && value.is_string()) || (t == "integer" && value.is_number_integer()) ||
        (t == "number" && value.is_number()) || (t == "boolean" && value.is_boolean()) ||
        (t == "null" && value.is_null()) || (t == "array" && value.is_array()) || (t == "object" && value.is_object()))
      return true;
  }
  return false;
}

std::string ClientSchema::fields(const Json& spec, const Json& value, const std::string& at) const {
  for (const auto& [name, field] : spec["required"].items())
    if (!value.contains(name)) return at + "." + name + " is missing";
  if (spec.contains("required_in_practice"))
    for (const auto& name : spec["required_in_practice"])
      if (!value.contains(name)) return at + "." + name.get<std::string>() + " is missing";
  for (const auto& [name, field] : value.items()) {
    const Json* known = nullptr;
    for (const char* list : {"required", "optional"})
      if (spec[list].contains(name)) known = &spec[list][name];
    if (!known) return at + "." + name + " is unknown";
    bool nullable = false;
    if (spec.contains("nullable_in_practice"))
      for (const auto& n : spec["nullable_in_practice"]) nullable |= n == name;
    if (nullable && field.is_null()) continue;
    if (auto wrong = one(*known, field, at + "." + name); !wrong.empty()) return wrong;
  }
  return {};
}

std::string ClientSchema::named(const std::string& name, const Json& value, const std::string& at) const {
  return definition(data_["definitions"].at(name), value, at);
}

std::string ClientSchema::definition(const Json& spec, const Json& value, const std::string& at) const {
  if (!spec.contains("discriminator")) return fields(spec, value, at);
  const std::string key = spec["discriminator"];
  const std::string kind = value.contains(key) && value[key].is_string() ? value[key].get<std::string>() : "*";
  const auto& variants = spec["variants"];
  const Json* variant = variants.contains(kind) ? &variants[kind] : variants.contains("*") ? &variants["*"] : nullptr;
  if (!variant) return at + "." + key + " is not a known kind: " + kind;
  return variant->is_string() ? named(*variant, value, at) : definition(*variant, value, at);
}

std::string ClientSchema::one(const Json& spec, const Json& value, const std::string& at) const {
  if (!hasType(value, spec["types"])) return at + " has the wrong type: " + value.dump();
  if (spec.contains("enum") && value.type() == spec["enum"][0].type()) {
    bool found = false;
    for (const auto& e : spec["enum"]) found |= e == value;
    if (!found) return at + " is not one of " + spec["enum"].dump() + ": " + value.dump();
  }
  if (value.is_number() && spec.contains("min") && value < spec["min"]) return at + " is below its minimum";
  if (value.is_number() && spec.contains("max") && value > spec["max"]) return at + " is above its maximum";
  if (value.is_string() && spec.contains("max_length") && value.get<std::string>().size() > spec["max_length"])
    return at + " is too long";
  if (value.is_array() && spec.contains("items"))
    for (const auto& item : value)
      if (auto wrong = one(spec["items"], item, at + "[]"); !wrong.empty()) return wrong;
  if (value.is_object() && spec.contains("ref")) return named(spec["ref"], value, at);
  return {};
}

}  // namespace openai_test
