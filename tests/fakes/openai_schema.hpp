// Checks Realtime events against openai_realtime_events.json.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace fakes {

/// Why the service refuses an event: what goes into error.{code,param,message}.
struct OpenAiRefusal {
  std::string code, param, message;
};

/// [any] Immutable after construction.
class OpenAiSchema {
 public:
  explicit OpenAiSchema(const std::string& file);  ///< throws std::runtime_error when it cannot be read
  /// Closed: an unknown field, a wrong type or a value outside its list refuses the whole event.
  std::optional<OpenAiRefusal> checkClient(const nlohmann::json& event) const;
  /// Open: required fields and types only, as published server examples deviate in the rest.
  std::optional<OpenAiRefusal> checkServer(const nlohmann::json& event) const;
  bool isClientEvent(const std::string& type) const { return client_.count(type) != 0; }

 private:
  using Json = nlohmann::json;
  using Result = std::optional<OpenAiRefusal>;
  Result object(const Json& spec, const Json& value, const std::string& path, bool closed) const;
  Result definition(const std::string& name, const Json& value, const std::string& path, bool closed) const;
  Result resolve(const Json& spec, const Json& value, const std::string& path, bool closed) const;
  Result field(const Json& spec, const Json& value, const std::string& path, bool closed, bool nullable) const;
  Json file_;
  std::map<std::string, Json> client_, server_;
};

}  // namespace fakes
