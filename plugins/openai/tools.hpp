// The model uses tools: other plugins' and the built-in end_call (§6).
#pragma once

#include "plugins/openai/channel.hpp"
#include "plugins/speech/tool_calls.hpp"

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>

namespace hookswitch::openai {

/// Every call gets exactly one output, and when all calls of a finished response have theirs, one answer is due.
/// end_call takes effect when its response is done: never while it is still being made. [session]
class Tools {
 public:
  explicit Tools(Channel& channel);

  /// The model calls a function; the same one may be told twice.
  void asked(const hks::json::Value& item, std::string_view response, hks::Out& out);
  // The following say whether an answer is due.
  /// Nothing: no call waits for it.
  std::optional<bool> result(const hks_tool_call& result, hks::Out& out);
  bool timer(std::uint64_t id, hks::Out& out);
  bool responseDone(std::string_view response, bool completed, hks::Out& out);
  /// An answer to all outputs so far was heard, or is not wanted any more.
  void taken() { untaken_.clear(); }
  /// The conversation goes on elsewhere: outputs that could not be sent meanwhile go out, and those that no answer has
  /// made use of once more.
  bool resume(hks::Out& out);
  /// The connection is left: no response of it will be done any more.
  void leave(hks::Out& out);

  /// The response has called a tool, as far as was told.
  bool calledBy(std::string_view response) const;
  /// No call waits for its output, and the call is not about to end.
  bool quiet() const;
  /// end_call was called, and nobody has taken it back.
  bool ending() const { return ended_ || !end_reason_.empty(); }
  /// The caller speaks or presses a key over the good-bye: the host forgets the end, too.
  void goesOn() { ended_ = false; }

 private:
  struct Call : speech::ToolCall {
    std::string arguments, response;
    std::string output;      // once it is known
    bool answered = false;   // its output was sent
    bool settled = false;    // its response is done
    bool ends_call = false;  // end_call
    bool quiet = false;      // needs no answer of the model
  };
  const char* refusal(Call& call) const;
  bool seen(const std::string& call_id);
  void answer(Call& call, std::string_view output, hks::Out& out);
  void settle(Call& call, bool completed, hks::Out& out);
  void endCall(hks::Out& out);
  bool answerDue();

  Channel& channel_;
  speech::ToolCalls<Call> calls_;
  std::list<Call> untaken_;  // with their outputs, until an answer to them was heard
  std::list<std::string> seen_;
  std::string end_reason_;  // end_call was called
  bool ended_ = false;      // ... and the host was told
};

}  // namespace hookswitch::openai
