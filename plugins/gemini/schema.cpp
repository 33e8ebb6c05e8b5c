#include "plugins/gemini/schema.hpp"

#include <hookswitch/json.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "plugins/speech/reader.hpp"

namespace hookswitch::gemini {
namespace {

using speech::Json;
using std::string_view;

constexpr int kMaxDepth = 12;

std::string upper(string_view type) {
  std::string out(type);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = char(c - 32);
  static constexpr string_view known[] = {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"};
  return std::find(std::begin(known), std::end(known), out) == std::end(known) ? "STRING" : out;
}

std::string converted(const Json& schema, int depth);

void addTypes(hks::json::Object& to, const Json& schema) {
  simdjson::dom::array several;
  bool nullable = speech::flagAt(schema, "nullable");
  std::string type(speech::textAt(schema, "type"));
  if (type.empty() && speech::arrayAt(schema, "type", several))
    for (const Json one : several) {
      string_view name;
      if (one.get(name) != simdjson::SUCCESS) continue;
      if (name == "null")
        nullable = true;
      else if (type.empty())
        type = name;
    }
  Json ignored;
  if (type.empty()) {
    if (speech::objectAt(schema, "properties", ignored))
      type = "object";
    else if (!speech::has(schema, "anyOf") && !speech::has(schema, "oneOf"))
      type = "string";
  }
  if (!type.empty()) to.add("type", upper(type));
  if (nullable) to.add("nullable", true);
}

void addEnum(hks::json::Object& to, const Json& schema) {
  simdjson::dom::array values;
  hks::json::Array texts;
  bool any = false;
  auto add = [&](const Json& value) {
    string_view text;
    if (value.get(text) == simdjson::SUCCESS) texts.add(text), any = true;
  };
  if (speech::arrayAt(schema, "enum", values))
    for (const Json value : values) add(value);
  Json fixed;
  if (!any && schema["const"].get(fixed) == simdjson::SUCCESS) add(fixed);
  if (any) to.raw("enum", texts.str());
}

std::string list(const simdjson::dom::array& schemas, int depth) {
  hks::json::Array out;
  for (const Json one : schemas)
    if (one.is_object()) out.raw(converted(one, depth));
  return out.str();
}

std::string converted(const Json& schema, int depth) {
  if (depth > kMaxDepth) return R"({"type":"STRING"})";
  hks::json::Object out;
  addTypes(out, schema);
  addEnum(out, schema);
  for (const char* key : {"title", "description", "pattern"})
    if (const string_view text = speech::textAt(schema, key); !text.empty()) out.add(key, text);
  static constexpr string_view formats[] = {"int32", "int64", "float", "double", "enum", "date-time"};
  if (const string_view format = speech::textAt(schema, "format");
      std::find(std::begin(formats), std::end(formats), format) != std::end(formats))
    out.add("format", format);
  for (const char* key : {"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"}) {
    std::int64_t number = 0;
    if (schema[key].get(number) == simdjson::SUCCESS) out.add(key, number);
  }
  for (const char* key : {"minimum", "maximum"}) {
    Json number;
    if (schema[key].get(number) == simdjson::SUCCESS && number.is_number()) out.raw(key, simdjson::minify(number));
  }
  Json inner;
  simdjson::dom::array several;
  if (speech::objectAt(schema, "items", inner)) out.raw("items", converted(inner, depth + 1));
  for (const char* key : {"anyOf", "oneOf"})
    if (speech::arrayAt(schema, key, several)) {
      out.raw("anyOf", list(several, depth + 1));
      break;
    }
  if (speech::objectAt(schema, "properties", inner)) {
    hks::json::Object properties;
    for (const auto field : simdjson::dom::object(inner))
      if (field.value.is_object()) properties.raw(field.key, converted(field.value, depth + 1));
    out.raw("properties", properties.str());
    hks::json::Array required;
    bool any = false;
    simdjson::dom::array names;
    if (speech::arrayAt(schema, "required", names))
      for (const Json name : names) {
        string_view text;
        Json property;
        if (name.get(text) == simdjson::SUCCESS && speech::objectAt(inner, text, property))
          required.add(text), any = true;
      }
    if (any) out.raw("required", required.str());
  }
  return out.str();
}

}  // namespace

std::string parametersOf(string_view json_schema) {
  speech::Reader reader;
  Json root, properties;
  if (!reader.read(json_schema, root) || !speech::objectAt(root, "properties", properties)) return {};
  if (simdjson::dom::object(properties).size() == 0) return {};
  return converted(root, 0);
}

}  // namespace hookswitch::gemini
