// What the model may call: the tools of START, checked, and the built-in end_call.
#pragma once

#include <hookswitch/abi.h>
#include <hookswitch/out.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hookswitch::speech {

inline constexpr std::string_view kEndCall = "end_call";

struct Tool {
  std::string name, description;
  std::string parameters;  ///< JSON Schema of an object
};

/// end_call first, unless START says that the model may not end the call; then the tools of START whose name (1..64 of
/// [A-Za-z0-9_-]) and parameters (a JSON object, at most 16 KiB) both models accept; the others are left out with one
/// warning each. At most 64.
std::vector<Tool> toolsOf(const hks_start& start, hks::Out& out);

/// Is a tool of this name among them?
bool offers(const std::vector<Tool>& tools, std::string_view name);

/// Arguments of end_call to a sentence: "the agent ended the call: <reason>".
std::string endCallReason(std::string_view arguments_json);

/// A tool's result as the value of a JSON member: the text itself when it is JSON of at most `max_bytes`, else a string
/// of its cleaned beginning.
std::string resultValue(std::string_view json, std::size_t max_bytes);

}  // namespace hookswitch::speech
