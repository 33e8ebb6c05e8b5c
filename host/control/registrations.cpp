#include "host/control/registrations.hpp"

#include <algorithm>

#include "host/control/tool_terms.hpp"
#include "host/plugin/message.hpp"

namespace hookswitch::control {

using plugin::view;

bool Registrations::isOne(std::uint32_t type) {
  return type == HKS_HOOK || type == HKS_ROUTE || type == HKS_ENDPOINT || type == HKS_TOOL;
}

base::Result<void> Registrations::take(const std::string& plugin, const hks_msg& message) {
  if (message.type == HKS_HOOK) return takeHook(plugin, reinterpret_cast<const hks_hook&>(message));
  if (message.type == HKS_TOOL) return takeTool(plugin, reinterpret_cast<const hks_tool&>(message));
  auto& route = reinterpret_cast<const hks_route&>(message);
  if (const auto taken = claims_.take(plugin, route); !taken)
    return base::Failure("cannot have the path '" + std::string(view(route.path)) + "': " + taken.error());
  return {};
}

base::Result<void> Registrations::takeHook(const std::string& plugin, const hks_hook& message) {
  if (message.phase < HKS_PHASE_HANGUP || message.phase > HKS_PHASE_SETTLE)
    return base::Failure("asked for the unknown phase " + std::to_string(message.phase));
  const auto phase = static_cast<call::Phase>(message.phase);
  const std::uint32_t deadline = std::clamp<std::uint32_t>(message.deadline_ms, 1, longest_deadline_ms);
  const auto same =
      std::find_if(hooks_.begin(), hooks_.end(), [&](auto& h) { return h.plugin == plugin && h.phase == phase; });
  if (same != hooks_.end())
    same->deadline_ms = deadline;
  else
    hooks_.push_back({plugin, phase, deadline});
  return {};
}

namespace {
bool own(const std::string& name) {
  const auto& names = ownToolNames();
  return std::find(names.begin(), names.end(), name) != names.end();
}
}  // namespace

base::Result<void> Registrations::takeTool(const std::string& plugin, const hks_tool& message) {
  const std::string name(view(message.name));
  if (name.empty() || name.size() > 64 || own(name) || !toolOwner(name).empty() || tools_.size() >= max_tools)
    return base::Failure("cannot offer the tool '" + name +
                         "': a tool has a name of its own, at most 64 characters, and there are at most " +
                         std::to_string(max_tools));
  tools_.push_back(
      {plugin, {name, std::string(view(message.description)), std::string(view(message.parameters_json))}});
  return {};
}

void Registrations::remember(const std::string& plugin, const std::vector<call::HookSpec>& hooks) {
  if (hooksOf(plugin).empty()) hooks_.insert(hooks_.end(), hooks.begin(), hooks.end());
}

void Registrations::withdraw(const std::string& plugin) {
  claims_.withdraw(plugin);
  tools_.erase(std::remove_if(tools_.begin(), tools_.end(), [&](auto& t) { return t.first == plugin; }), tools_.end());
}

void Registrations::clear(const std::string& plugin) {
  withdraw(plugin);
  hooks_.erase(std::remove_if(hooks_.begin(), hooks_.end(), [&](auto& h) { return h.plugin == plugin; }), hooks_.end());
}

bool Registrations::hooked(const std::string& plugin, call::Phase phase) const {
  return std::any_of(hooks_.begin(), hooks_.end(), [&](auto& h) { return h.plugin == plugin && h.phase == phase; });
}

std::vector<call::HookSpec> Registrations::hooksOf(const std::string& plugin) const {
  std::vector<call::HookSpec> own;
  for (auto& hook : hooks_)
    if (hook.plugin == plugin) own.push_back(hook);
  return own;
}

std::vector<media::Tool> Registrations::tools() const {
  std::vector<media::Tool> out;
  for (auto& [plugin, tool] : tools_) out.push_back(tool);
  return out;
}

std::string Registrations::toolOwner(const std::string& name) const {
  for (auto& [plugin, tool] : tools_)
    if (tool.name == name) return plugin;
  return {};
}

}  // namespace hookswitch::control
