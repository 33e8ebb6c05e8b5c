// The host's own tools: what a model's words mean to a call's leg.
#pragma once

#include <functional>
#include <string>

#include "host/call/call.hpp"
#include "host/control/tool_terms.hpp"

namespace hookswitch::control {

class LegActs;

/// [control]
class OwnTools {
 public:
  using Then = std::function<void(EndpointAnswer)>;

  explicit OwnTools(LegActs& acts) : acts_(acts) {}

  /// `arguments_json`: as the model wrote them, of any shape. `then`: at most once, when the model can be heard again;
  /// never when the call has left the model meanwhile.
  void run(const std::string& call, const std::string& name, const std::string& arguments_json, Then then);

 private:
  void keys(const std::string& call, const std::string& arguments_json, Then then);
  void transfer(const std::string& call, const std::string& arguments_json, Then then);

  LegActs& acts_;
};

}  // namespace hookswitch::control
