#include "plugins/gemini/schema.hpp"

#include <hookswitch/json.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include <hookswitch/read_json.hpp>

namespace hookswitch::gemini {
namespace {

using hks::json::Value;
using std::string_view;

constexpr int kMaxDepth = 12;

std::string upper(string_view type) {
  std::string out(type);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = char(c - 32);
  static constexpr string_view known[] = {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"};
  return std::find(std::begin(known), std::end(known), out) == std::end(known) ? "STRING" : out;
}

std::string converted(const Value& schema, int depth);

void addTypes(hks::json::Object& to, const Value& schema) {
  simdjson::dom::array several;
  bool nullable = hks::json::flagAt(schema, "nullable");
  std::string type(hks::json::textAt(schema, "type"));
  if (type.empty() && hks::json::arrayAt(schema, "type", several))
    for (const Value one : several) {
      string_view name;
      if (one.get(name) != simdjson::SUCCESS) continue;
      if (name == "null")
        nullable = true;
      else if (type.empty())
        type = name;
    }
  Value ignored;
  if (type.empty()) {
    if (hks::json::objectAt(schema, "properties", ignored))
      type = "object";
    else if (!hks::json::has(schema, "anyOf") && !hks::json::has(schema, "oneOf"))
      type = "string";
  }
  if (!type.empty()) to.add("type", upper(type));
  if (nullable) to.add("nullable", true);
}

void addEnum(hks::json::Object& to, const Value& schema) {
  simdjson::dom::array values;
  hks::json::Array texts;
  bool any = false;
  auto add = [&](const Value& value) {
    string_view text;
    if (value.get(text) == simdjson::SUCCESS) texts.add(text), any = true;
  };
  if (hks::json::arrayAt(schema, "enum", values))
    for (const Value value : values) add(value);
  Value fixed;
  if (!any && schema["const"].get(fixed) == simdjson::SUCCESS) add(fixed);
  if (any) to.raw("enum", texts.str());
}

std::string list(const simdjson::dom::array& schemas, int depth) {
  hks::json::Array out;
  for (const Value one : schemas)
    if (one.is_object()) out.raw(converted(one, depth));
  return out.str();
}

void addLimits(hks::json::Object& to, const Value& schema) {
  for (const char* key : {"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"}) {
    std::int64_t number = 0;
    if (schema[key].get(number) == simdjson::SUCCESS) to.add(key, number);
  }
  for (const char* key : {"minimum", "maximum"}) {
    Value number;
    if (schema[key].get(number) == simdjson::SUCCESS && number.is_number()) to.raw(key, simdjson::minify(number));
  }
}

/// The members of an object, and which of them must be there.
void addProperties(hks::json::Object& to, const Value& schema, int depth) {
  Value members;
  if (!hks::json::objectAt(schema, "properties", members)) return;
  hks::json::Object properties;
  for (const auto field : simdjson::dom::object(members))
    if (field.value.is_object()) properties.raw(field.key, converted(field.value, depth + 1));
  to.raw("properties", properties.str());
  hks::json::Array required;
  bool any = false;
  simdjson::dom::array names;
  if (hks::json::arrayAt(schema, "required", names))
    for (const Value name : names) {
      string_view text;
      Value property;
      if (name.get(text) == simdjson::SUCCESS && hks::json::objectAt(members, text, property))
        required.add(text), any = true;
    }
  if (any) to.raw("required", required.str());
}

std::string converted(const Value& schema, int depth) {
  if (depth > kMaxDepth) return R"({"type":"STRING"})";
  hks::json::Object out;
  addTypes(out, schema);
  addEnum(out, schema);
  for (const char* key : {"title", "description", "pattern"})
    if (const string_view text = hks::json::textAt(schema, key); !text.empty()) out.add(key, text);
  static constexpr string_view formats[] = {"int32", "int64", "float", "double", "enum", "date-time"};
  if (const string_view format = hks::json::textAt(schema, "format");
      std::find(std::begin(formats), std::end(formats), format) != std::end(formats))
    out.add("format", format);
  addLimits(out, schema);
  Value inner;
  simdjson::dom::array several;
  if (hks::json::objectAt(schema, "items", inner)) out.raw("items", converted(inner, depth + 1));
  for (const char* key : {"anyOf", "oneOf"})
    if (hks::json::arrayAt(schema, key, several)) {
      out.raw("anyOf", list(several, depth + 1));
      break;
    }
  addProperties(out, schema, depth);
  return out.str();
}

}  // namespace

std::string parametersOf(string_view json_schema) {
  hks::json::Reader reader;
  Value root, properties;
  if (!reader.read(json_schema, root) || !hks::json::objectAt(root, "properties", properties)) return {};
  if (simdjson::dom::object(properties).size() == 0) return {};
  return converted(root, 0);
}

}  // namespace hookswitch::gemini
