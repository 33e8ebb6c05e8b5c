#include "host/control/toolbox.hpp"

#include <algorithm>

#include "host/control/plugins.hpp"

namespace hookswitch::control {

namespace {

bool among(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const std::vector<media::Tool>& ownTools() {
  static const std::vector<media::Tool> tools = {
      {send_dtmf,
       "Press keys on the telephone, as a menu or a voice mailbox asks for. Call it when what you have said is "
       "finished; the line is silent while the keys are sent.",
       R"({"type":"object","properties":{"digits":{"type":"string","description":"The keys in their order: 0-9 * # A-D; )"
       R"(w waits half a second"}},"required":["digits"]})"},
      {transfer_call,
       "Connect the other side with another telephone number, and leave the call when somebody answers there. Say "
       "before that you will connect. If nobody answers, the call comes back to you and the result says why.",
       R"({"type":"object","properties":{"to":{"type":"string","description":"The number in E.164 form, such as )"
       R"(+15550100002"},"announce":{"type":"string","description":"What the other side hears before it rings there"}},)"
       R"("required":["to"]})"}};
  return tools;
}

}  // namespace

const std::vector<std::string>& ownToolNames() {
  static const std::vector<std::string> names = {end_call, send_dtmf, transfer_call};
  return names;
}

bool isToolName(const std::string& name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == name.npos;
}

std::vector<std::string> toolList(const std::string& text) {
  constexpr const char* between = ", \t";
  std::vector<std::string> names;
  for (std::size_t begin = text.find_first_not_of(between); begin != text.npos;) {
    const std::size_t end = std::min(text.find_first_of(between, begin), text.size());
    if (const std::string name = text.substr(begin, end - begin); !among(names, name)) names.push_back(name);
    begin = text.find_first_not_of(between, end);
  }
  return names;
}

Toolbox::Kind Toolbox::kindOf(const std::string& name) const {
  if (among(ownToolNames(), name)) return Kind::own;
  if (defaults_.endpoints.count(name)) return Kind::endpoint;
  return plugins_.toolOwner(name).empty() ? Kind::none : Kind::plugin;
}

bool Toolbox::wanted(const call::Terms& terms, const std::string& name) const {
  if (terms.tools) return among(*terms.tools, name);
  return !among(ownToolNames(), name) || among(defaults_.tools, name);
}

Toolbox::Kind Toolbox::kind(const call::Terms& terms, const std::string& name) const {
  return wanted(terms, name) ? kindOf(name) : Kind::none;
}

std::vector<media::Tool> Toolbox::of(const call::Terms& terms) const {
  std::vector<media::Tool> tools;
  for (auto& tool : ownTools())
    if (wanted(terms, tool.name)) tools.push_back(tool);
  for (auto& [name, endpoint] : defaults_.endpoints)
    if (wanted(terms, name)) tools.push_back({name, endpoint.description, endpoint.parameters_json});
  for (auto& tool : plugins_.tools())
    if (wanted(terms, tool.name) && kindOf(tool.name) == Kind::plugin) tools.push_back(tool);
  return tools;
}

base::Result<void> Toolbox::known(const std::vector<std::string>& names) const {
  for (auto& name : names) {
    if (kindOf(name) != Kind::none) continue;
    std::string all;
    const auto add = [&](const std::string& each) { all += (all.empty() ? "" : ", ") + each; };
    for (auto& each : ownToolNames()) add(each);
    for (auto& [each, endpoint] : defaults_.endpoints) add(each);
    for (auto& tool : plugins_.tools()) add(tool.name);
    return base::Failure("there is no tool '" + name + "'; known are " + all);
  }
  return {};
}

}  // namespace hookswitch::control
