// Checks Live messages against gemini_live_messages.json: shapes and per-model rules.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace fakes {

/// Why the service ends a connection. `reason` is what it says in the close frame, `detail` what a tester wants to
/// read.
struct GeminiRefusal {
  unsigned code = 1007;
  std::string reason, detail;
};

/// [any] Immutable after construction. Speaks for the key-based Gemini API, so Vertex-only fields are unknown names.
class GeminiSchema {
 public:
  using Result = std::optional<GeminiRefusal>;
  explicit GeminiSchema(const std::string& file);  ///< throws std::runtime_error when it cannot be read
  Result checkClient(const nlohmann::json& message) const;
  Result checkServer(const nlohmann::json& message) const;
  /// Rules of the model named in a well-shaped setup; `alpha`: the connection is on v1alpha.
  Result checkSetup(const nlohmann::json& setup, bool alpha) const;
  Result checkToolResponse(const std::string& model, const nlohmann::json& tool_response) const;
  Result checkRealtimeInput(const std::string& model, const nlohmann::json& input) const;
  nlohmann::json rules(const std::string& model) const;  ///< null for an unknown model; the models/ prefix is allowed
  const nlohmann::json& file() const { return file_; }   ///< with `examples` for the tests

 private:
  Result check(const nlohmann::json& schema, const nlohmann::json& value, const std::string& path) const;
  nlohmann::json file_;
};

}  // namespace fakes
