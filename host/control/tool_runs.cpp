#include "host/control/tool_runs.hpp"

#include <algorithm>
#include <utility>

#include "host/base/log.hpp"
#include "host/control/component.hpp"
#include "host/control/plugins.hpp"

namespace hookswitch::control {

namespace {
constexpr std::uint64_t plugin_ms = 20'000;
}  // namespace

void ToolRuns::run(const std::string& id, std::uint64_t voice_id, const std::string& name,
                   const std::string& arguments) {
  const call::Call* call = table_.find(id);
  if (!call || call->life.ending()) return;
  const Toolbox::Kind kind = toolbox_.kind(*call->record.terms, name);
  if (kind == Toolbox::Kind::none) return answer_(id, voice_id, toolFailure("there is no such tool"), true);
  const auto busy = std::count_if(runs_.begin(), runs_.end(), [&](auto& run) { return run.second.call == id; });
  if (std::size_t(busy) >= most_of_a_call)
    return answer_(id, voice_id, toolFailure("too many tools run at the same time"), true);
  const std::uint64_t run = ids_.next();
  runs_[run] = {id, name, voice_id, 0};
  switch (kind) {
    case Toolbox::Kind::own:
      return own_.run(id, name, arguments, [this, run](EndpointAnswer a) { over({run, std::move(a.json), a.failed}); });
    case Toolbox::Kind::endpoint: return toEndpoint(run, *call, name, arguments);
    default: return toPlugin(run, id, name, arguments);
  }
}

void ToolRuns::toPlugin(std::uint64_t run, const std::string& call, const std::string& name,
                        const std::string& arguments) {
  const std::string owner = plugins_.toolOwner(name);
  Session* session = plugins_.suspects().held(owner, "TOOL_CALL") ? nullptr : plugins_.session(owner);
  if (!session) return over({run, toolFailure("there is no such tool"), true});
  runs_[run].timer = control_.after(plugin_ms, [this, run] { over({run, toolFailure("timeout"), true}); });
  sendTool(*session, run, call, name, arguments);
  plugins_.suspects().worked(owner, "TOOL_CALL");
}

void ToolRuns::toEndpoint(std::uint64_t run, const call::Call& call, const std::string& name,
                          const std::string& arguments) {
  const auto endpoint = defaults_.endpoints.find(name);
  if (!ask_endpoint_ || endpoint == defaults_.endpoints.end())
    return over({run, toolFailure("there is no such tool"), true});
  const call::Terms& terms = *call.record.terms;
  ask_endpoint_({endpoint->second, name, arguments, call.id(), terms.from_number, terms.to_number,
                 terms.direction == call::Direction::incoming},
                [this, run](EndpointAnswer a) {
                  over({run, std::move(a.json), a.failed});
                });
}

void ToolRuns::over(const ToolResult& result) {
  const auto it = runs_.find(result.id);
  if (it == runs_.end()) return;
  const Run run = std::move(it->second);
  runs_.erase(it);
  control_.cancel(run.timer);
  const call::Call* call = table_.find(run.call);
  if (!call || call->life.ending())
    return log::info(component::calls, "the result of the tool " + run.name + " came when the call was over: dropped",
                     run.call);
  answer_(run.call, run.voice_id, result.json, result.failed);
}

}  // namespace hookswitch::control
