// Tools that a model asked for, while whoever has them works.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "host/base/loop.hpp"
#include "host/call/table.hpp"
#include "host/control/call_messages.hpp"
#include "host/control/message_ids.hpp"
#include "host/control/own_tools.hpp"
#include "host/control/tool_terms.hpp"
#include "host/control/toolbox.hpp"

namespace hookswitch::control {

class Plugins;

/// [control]
class ToolRuns {
 public:
  /// To the model of this call; `json` says what went wrong when it `failed`.
  using Answer =
      std::function<void(const std::string& call, std::uint64_t voice_id, const std::string& json, bool failed)>;

  ToolRuns(base::Loop& control, Plugins& plugins, call::Table& table, const Toolbox& toolbox, OwnTools own,
           const CallDefaults& defaults, MessageIds& ids, Answer answer)
      : control_(control),
        plugins_(plugins),
        table_(table),
        toolbox_(toolbox),
        own_(own),
        defaults_(defaults),
        ids_(ids),
        answer_(std::move(answer)) {}

  /// Who asks the endpoints of [tool.NAME]. Before the first call.
  void setEndpoints(AskEndpoint ask) { ask_endpoint_ = std::move(ask); }
  void run(const std::string& call, std::uint64_t voice_id, const std::string& name, const std::string& arguments);
  void over(const ToolResult& result);
  std::size_t size() const { return runs_.size(); }

  static constexpr std::size_t most_of_a_call = 32;  ///< at the same time

 private:
  struct Run {
    std::string call, name;
    std::uint64_t voice_id = 0;
    base::Loop::TimerId timer = 0;
  };
  bool runs(const std::string& call, std::uint64_t id) const;
  void toPlugin(std::uint64_t id, const std::string& call, const std::string& name, const std::string& arguments);
  void toEndpoint(std::uint64_t id, const call::Call& call, const std::string& name, const std::string& arguments);

  base::Loop& control_;
  Plugins& plugins_;
  call::Table& table_;
  const Toolbox& toolbox_;
  OwnTools own_;
  const CallDefaults& defaults_;
  MessageIds& ids_;
  const Answer answer_;
  AskEndpoint ask_endpoint_;
  std::unordered_map<std::uint64_t, Run> runs_;  // by message id
};

}  // namespace hookswitch::control
