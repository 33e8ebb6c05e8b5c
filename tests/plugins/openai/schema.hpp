// Checks what the plugin sends against tests/data/openai_realtime_events.json, by the rules that file states.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace openai_test {

using Json = nlohmann::json;

/// Client events: closed, an unknown field is an error, as it is for the service.
class ClientSchema {
 public:
  ClientSchema();
  /// Empty: fine; otherwise the path of the first offence and what is wrong.
  std::string check(const std::string& text) const;

 private:
  static bool hasType(const Json& value, const Json& types);
  std::string fields(const Json& spec, const Json& value, const std::string& at) const;
  std::string named(const std::string& name, const Json& value, const std::string& at) const;
  std::string definition(const Json& spec, const Json& value, const std::string& at) const;
  std::string one(const Json& spec, const Json& value, const std::string& at) const;
  Json data_;
};

}  // namespace openai_test
