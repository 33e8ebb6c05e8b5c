#include "plugins/speech/tools.hpp"

#include <hookswitch/json.hpp>
#include <hookswitch/plugin.hpp>
#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <cstdint>

#include <hookswitch/read_json.hpp>

namespace hookswitch::speech {
namespace {

constexpr std::size_t kMaxTools = 64;
constexpr std::size_t kMaxParameters = 16 * 1024;

bool goodName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

std::vector<Tool> toolsOf(const hks_start& start, hks::Out& out) {
  std::vector<Tool> tools;
  if (!(start.voice_flags & HKS_VOICE_MAY_NOT_END))
    tools.push_back(
        {std::string(kEndCall),
         "Hang up the phone. Call it when the conversation is over or the caller asks to end it, right after "
         "you have said goodbye. What you have said before it is heard to its end.",
         R"({"type":"object","properties":{"reason":{"type":"string","description":"Why the call ends, in a )"
         R"(few words"}},"required":["reason"]})"});
  for (std::uint64_t i = 0; i < start.tool_count; ++i) {
    const auto tool = hks::element<hks_tool>(start.tools, start.tool_size, i);
    const auto name = hks::text(tool.name), parameters = hks::text(tool.parameters_json);
    const char* why = nullptr;
    if (!goodName(name))
      why = "its name must be 1 to 64 of A-Z a-z 0-9 _ -";
    else if (parameters.size() > kMaxParameters)
      why = "its parameters are longer than 16 KiB";
    else if (!parameters.empty() && !hks::json::isJsonObject(parameters))
      why = "its parameters are not a JSON object";
    else if (tools.size() >= kMaxTools)
      why = "there are more than 64 tools";
    else if (offers(tools, name))
      why = "another tool has the same name";
    if (why) {
      out.log(HKS_WARN, "the tool '" + hks::utf8::line(name, 64) + "' is not offered to the model: " + why);
      continue;
    }
    tools.push_back({std::string(name), hks::utf8::clean(hks::text(tool.description), 1024),
                     parameters.empty() ? R"({"type":"object","properties":{}})" : std::string(parameters)});
  }
  return tools;
}

bool offers(const std::vector<Tool>& tools, std::string_view name) {
  return std::any_of(tools.begin(), tools.end(), [name](const Tool& tool) { return tool.name == name; });
}

std::string endCallReason(std::string_view arguments_json) {
  hks::json::Reader reader;
  hks::json::Value root;
  std::string why;
  if (reader.read(arguments_json, root)) why = hks::utf8::line(hks::json::textAt(root, "reason"), 200);
  return why.empty() ? "the agent ended the call" : "the agent ended the call: " + why;
}

std::string resultValue(std::string_view json, std::size_t max_bytes) {
  if (json.size() <= max_bytes && hks::json::isJson(json)) return std::string(json);
  if (json.empty()) return "{}";
  return hks::json::quote(hks::utf8::clean(json, max_bytes));
}

}  // namespace hookswitch::speech
