// Tools that a model asked for, while the plugins that offer them work.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "host/base/loop.hpp"
#include "host/control/call_messages.hpp"
#include "host/control/message_ids.hpp"

namespace hookswitch::control {

class Plugins;

/// [control]
class ToolRuns {
 public:
  /// To the model of this call; `json` says what went wrong when it `failed`.
  using Answer =
      std::function<void(const std::string& call, std::uint64_t voice_id, const std::string& json, bool failed)>;

  ToolRuns(base::Loop& control, Plugins& plugins, MessageIds& ids, Answer answer)
      : control_(control), plugins_(plugins), ids_(ids), answer_(std::move(answer)) {}

  void run(const std::string& call, std::uint64_t voice_id, const std::string& name, const std::string& arguments);
  void over(const ToolResult& result);
  std::size_t size() const { return runs_.size(); }

 private:
  struct Run {
    std::string call;
    std::uint64_t voice_id = 0;
    base::Loop::TimerId timer = 0;
  };
  base::Loop& control_;
  Plugins& plugins_;
  MessageIds& ids_;
  const Answer answer_;
  std::unordered_map<std::uint64_t, Run> runs_;  // by message id
};

}  // namespace hookswitch::control
