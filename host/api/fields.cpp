#include "host/api/fields.hpp"

#include <Poco/JSON/Array.h>

#include <limits>

namespace hookswitch::api {
namespace {

using Poco::Dynamic::Var;

std::string quoted(const char* name) { return "'" + std::string(name) + "'"; }

bool clean(std::string_view text, Lines lines) {
  return std::none_of(text.begin(), text.end(), [lines](unsigned char c) {
    return (c < 0x20 && !(lines == Lines::several && (c == '\n' || c == '\r' || c == '\t'))) || c == 0x7f;
  });
}

}  // namespace

base::Result<std::string> readText(const char* name, const Var& value, std::size_t most, Lines lines) {
  if (!value.isString()) return base::Failure(quoted(name) + " must be a string");
  std::string text = value.extract<std::string>();
  if (text.size() > most) return base::Failure(quoted(name) + " is longer than " + std::to_string(most) + " bytes");
  if (!clean(text, lines)) return base::Failure(quoted(name) + " contains control characters");
  return text;
}

base::Result<std::int64_t> readWhole(const char* name, const Var& value, std::int64_t least, std::int64_t most,
                                     const char* unit) {
  // Beyond 63 bits it is another type, and no number of anything here.
  if (value.isEmpty() || value.type() != typeid(Poco::Int64))
    return base::Failure(quoted(name) + " must be a whole number" + unit);
  const std::int64_t number = value.extract<Poco::Int64>();
  if (number < least || number > most)
    return base::Failure(quoted(name) + " must be between " + std::to_string(least) + " and " + std::to_string(most));
  return number;
}

base::Result<std::vector<std::string>> readList(const char* name, const Var& value, std::size_t most,
                                                std::size_t longest) {
  if (value.isEmpty() || value.type() != typeid(Poco::JSON::Array::Ptr))
    return base::Failure(quoted(name) + " must be an array of strings");
  const auto& array = value.extract<Poco::JSON::Array::Ptr>();
  if (array->size() > most) return base::Failure(quoted(name) + " has more than " + std::to_string(most) + " elements");
  std::vector<std::string> list;
  for (const Var& each : *array) {
    if (each.isEmpty() || !each.isString()) return base::Failure(quoted(name) + " must be an array of strings");
    auto text = readText(name, each, longest, Lines::one);
    if (!text) return base::Failure(text.error());
    if (text->empty() || std::find(list.begin(), list.end(), *text) != list.end())
      return base::Failure(quoted(name) + (text->empty() ? " has an empty element" : " names '" + *text + "' twice"));
    list.push_back(*std::move(text));
  }
  return list;
}

base::Result<std::string> readObject(const char* name, const Var& value, std::size_t most) {
  if (value.isEmpty() || value.type() != typeid(Poco::JSON::Object::Ptr))
    return base::Failure(quoted(name) + " must be an object");
  std::string text = json::text(value);
  if (text.size() > most) return base::Failure(quoted(name) + " is longer than " + std::to_string(most) + " bytes");
  return text;
}

base::Result<Poco::JSON::Object::Ptr> readMembers(std::string_view body, const std::string& needed) {
  if (body.empty())
    return base::Failure("The body is empty; expected a JSON object" + (needed.empty() ? "" : " with " + needed));
  const auto document = json::parse(body);
  if (!document) return base::Failure("The body is not JSON: " + document.error());
  if (document->isEmpty() || document->type() != typeid(Poco::JSON::Object::Ptr))
    return base::Failure("The body must be a JSON object");
  return document->extract<Poco::JSON::Object::Ptr>();
}

std::string unknownField(const std::string& name, const std::vector<std::string>& known) {
  if (known.empty()) return "Unknown field '" + name.substr(0, 64) + "'; none is expected here";
  std::string list;
  for (auto& each : known) list += (list.empty() ? "" : ", ") + each;
  return "Unknown field '" + name.substr(0, 64) + "'; known are " + list;
}

}  // namespace hookswitch::api
