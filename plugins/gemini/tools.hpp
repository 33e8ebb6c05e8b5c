// The model uses tools: other plugins' and the built-in end_call (§7).
#pragma once

#include "plugins/gemini/channel.hpp"
#include "plugins/speech/tool_calls.hpp"

#include <cstdint>
#include <list>
#include <string>
#include <string_view>

namespace hookswitch::gemini {

/// end_call waits for the farewell that the model is asked for: until its turn has been heard, or none came. [session]
class Farewell {
 public:
  bool pending() const { return pending_; }
  /// The host was told to end the call, and nobody has taken it back.
  bool done() const { return done_; }
  /// The model wants to end the call.
  void begin(std::string_view call, std::string reason, hks::Out& out);
  /// A turn without sound ended: no farewell is coming.
  void hurry(hks::Out& out);
  /// A caller who speaks over the goodbye keeps the call (the host forgets the end, too).
  void interrupted(hks::Out& out);
  void cancelled(std::string_view call, hks::Out& out);
  /// It has been said. True: end the call now; not twice.
  bool take(hks::Out& out);
  const std::string& reason() const { return reason_; }

 private:
  bool pending_ = false, done_ = false;
  std::string reason_, call_;
};

/// [session]
class Tools {
 public:
  Tools(Channel& channel, Farewell& farewell);

  // True, here and below: one was answered.
  /// toolCall.functionCalls
  bool asked(const hks::json::Values& calls, hks::Out& out);
  /// toolCallCancellation: what was cancelled gets no answer; other calls are left alone.
  void cancelled(const hks::json::Value& message, hks::Out& out);
  bool result(const hks_tool_call& result, hks::Out& out);
  bool timer(std::uint64_t id, hks::Out& out);
  /// A new connection: what came meanwhile goes out as text.
  void resume(hks::Out& out);
  /// No call waits for its result.
  bool quiet() const { return calls_.empty(); }

 private:
  using Call = speech::ToolCall;
  bool one(const hks::json::Value& asked, hks::Out& out);
  void answer(const Call& call, std::string_view value, bool failed, hks::Out& out);
  void finish(Call& call, std::string_view value, bool failed, hks::Out& out);

  Channel& channel_;
  Farewell& farewell_;
  speech::ToolCalls<Call> calls_;
  std::list<std::string> results_;  // of calls that a change of connection cut off, as text
};

}  // namespace hookswitch::gemini
