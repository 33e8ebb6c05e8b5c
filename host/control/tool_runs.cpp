#include "host/control/tool_runs.hpp"

#include "host/control/plugins.hpp"

namespace hookswitch::control {

namespace {
constexpr std::uint64_t tool_ms = 20'000;
}  // namespace

void ToolRuns::run(const std::string& call, std::uint64_t voice_id, const std::string& name,
                   const std::string& arguments) {
  const std::string owner = plugins_.toolOwner(name);
  Session* session = owner.empty() || plugins_.suspects().held(owner, "TOOL_CALL") ? nullptr : plugins_.session(owner);
  if (!session) return answer_(call, voice_id, toolFailure("there is no such tool"), true);
  const std::uint64_t id = ids_.next();
  runs_[id] = {call, voice_id, control_.after(tool_ms, [this, id] { over({id, toolFailure("timeout"), true}); })};
  sendTool(*session, id, call, name, arguments);
  plugins_.suspects().worked(owner, "TOOL_CALL");
}

void ToolRuns::over(const ToolResult& result) {
  const auto it = runs_.find(result.id);
  if (it == runs_.end()) return;
  const Run run = std::move(it->second);
  runs_.erase(it);
  control_.cancel(run.timer);
  answer_(run.call, run.voice_id, result.json, result.failed);
}

}  // namespace hookswitch::control
