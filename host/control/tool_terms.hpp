// Tools that the host itself offers to models: what is configured of them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace hookswitch::control {

/// A [tool.NAME] section: a web endpoint that models may call.
struct EndpointTool {
  std::string url, description;
  std::string parameters_json;  ///< JSON Schema of an object; empty: none
  std::string secret;           ///< signs the requests; empty: they are not signed
  std::uint32_t deadline_s = 10;
};
using EndpointTools = std::map<std::string, EndpointTool>;

/// What one call's model asks of an endpoint.
struct EndpointQuestion {
  EndpointTool tool;
  std::string name, arguments_json;
  std::string call, from, to;  ///< our id; E.164
  bool incoming = false;
};
struct EndpointAnswer {
  std::string json;  ///< a JSON value, or a text; what went wrong when it `failed`
  bool failed = false;
};
/// Asks without blocking; `then` is called once, on the control thread, within the tool's deadline and a little.
/// [control]
using AskEndpoint = std::function<void(EndpointQuestion, std::function<void(EndpointAnswer)> then)>;

/// Of the host's own tools: what calls.tools may name.
inline constexpr const char* end_call = "end_call";  ///< the voice's plugin does it
inline constexpr const char* send_dtmf = "send_dtmf";
inline constexpr const char* transfer_call = "transfer_call";
const std::vector<std::string>& ownToolNames();

/// 1 to 64 of A-Z a-z 0-9 _ -: what every model takes.
bool isToolName(const std::string& name);
/// "a, b c" as names, in their order, each once.
std::vector<std::string> toolList(const std::string& text);

}  // namespace hookswitch::control
