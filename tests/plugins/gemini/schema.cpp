#include "tests/plugins/gemini/schema.hpp"

#include <fstream>
#include <map>
#include <regex>

#include "tests/places.hpp"

namespace gemini_test {

struct Schema::Patterns {
  bool match(const std::string& text, const std::string& pattern) {
    auto known = compiled.find(pattern);
    if (known == compiled.end()) known = compiled.emplace(pattern, std::regex(pattern)).first;
    return std::regex_search(text, known->second);
  }
  std::map<std::string, std::regex> compiled;
};

namespace {

bool hasType(const Json& value, const std::string& t) {
  return (t == "string" && value.is_string()) || (t == "integer" && value.is_number_integer()) ||
         (t == "number" && value.is_number()) || (t == "boolean" && value.is_boolean()) ||
         (t == "null" && value.is_null()) || (t == "array" && value.is_array()) || (t == "object" && value.is_object());
}

}  // namespace

Schema::Schema() : patterns_(std::make_shared<Patterns>()) {
  std::ifstream file(std::string(HOOKSWITCH_TEST_DATA) + "/gemini_live_messages.json");
  data_ = Json::parse(file);
}

std::string Schema::check(const Json& message, const std::string& root) const {
  return against({{"$ref", data_["format"]["roots"][root]}}, message, root);
}

std::string Schema::checkText(const std::string& text) const {
  const Json message = Json::parse(text, nullptr, false);
  return message.is_discarded() ? "not JSON: " + text : check(message);
}

std::string Schema::against(const Json& spec, const Json& value, const std::string& at) const {
  if (!spec.is_object()) return {};
  if (spec.contains("$ref")) {
    const std::string ref = spec["$ref"];
    if (auto wrong = against(data_["definitions"].at(ref.substr(ref.rfind('/') + 1)), value, at); !wrong.empty())
      return wrong;
  }
  if (spec.contains("allOf"))
    for (const auto& one : spec["allOf"])
      if (auto wrong = against(one, value, at); !wrong.empty()) return wrong;
  if (spec.value("x-backend-only", "") == "vertex") return at + " is for Vertex only";
  if (spec.contains("type")) {
    bool fits = false;
    if (spec["type"].is_array())
      for (const auto& t : spec["type"]) fits |= hasType(value, t);
    else
      fits = hasType(value, spec["type"]);
    if (!fits) return at + " has the wrong type: " + value.dump();
  }
  if (spec.contains("enum")) {
    bool found = false;
    for (const auto& e : spec["enum"]) found |= e == value;
    if (!found) return at + " is not one of " + spec["enum"].dump() + ": " + value.dump();
  }
  if (value.is_string() && spec.contains("pattern") && !patterns_->match(value, spec["pattern"]))
    return at + " does not match " + spec["pattern"].dump() + ": " + value.dump();
  if (value.is_array()) {
    if (spec.contains("minItems") && value.size() < spec["minItems"]) return at + " has too few items";
    if (spec.contains("items"))
      for (const auto& item : value)
        if (auto wrong = against(spec["items"], item, at + "[]"); !wrong.empty()) return wrong;
  }
  if (!value.is_object()) return {};
  if (spec.contains("minProperties") && value.size() < spec["minProperties"]) return at + " has too few members";
  if (spec.contains("maxProperties") && value.size() > spec["maxProperties"]) return at + " has too many members";
  for (const char* list : {"required", "x-required-on-gemini"})
    if (spec.contains(list))
      for (const auto& name : spec[list])
        if (!value.contains(name)) return at + "." + name.get<std::string>() + " is missing";
  for (const auto& [name, member] : value.items()) {
    if (spec.contains("properties") && spec["properties"].contains(name)) {
      if (auto wrong = against(spec["properties"][name], member, at + "." + name); !wrong.empty()) return wrong;
    } else if (spec.contains("additionalProperties")) {
      const Json& rest = spec["additionalProperties"];
      if (rest == false) return at + "." + name + " is unknown";
      if (auto wrong = against(rest, member, at + "." + name); !wrong.empty()) return wrong;
    }
  }
  return {};
}

}  // namespace gemini_test
