// Checks what the plugin sends against tests/data/gemini_live_messages.json: the subset of JSON Schema it states.
#pragma once

#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace gemini_test {

using Json = nlohmann::json;

class Schema {
 public:
  Schema();
  const Json& data() const { return data_; }
  /// Empty: fine; otherwise the path of the first offence and what is wrong. `root`: "client" or "server".
  std::string check(const Json& message, const std::string& root = "client") const;
  std::string checkText(const std::string& text) const;

 private:
  struct Patterns;
  std::string against(const Json& spec, const Json& value, const std::string& at) const;
  Json data_;
  std::shared_ptr<Patterns> patterns_;  // those that were used, compiled
};

}  // namespace gemini_test
