// The model uses tools: other plugins' and the built-in end_call (§7).
#pragma once

#include "plugins/gemini/channel.hpp"
#include "plugins/speech/tool_calls.hpp"

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <utility>

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

  /// toolCall.functionCalls
  void asked(const hks::json::Values& calls, hks::Out& out);
  /// toolCallCancellation: what was cancelled gets no answer; other calls are left alone.
  void cancelled(const hks::json::Value& message, hks::Out& out);
  void result(const hks_tool_call& result, hks::Out& out);
  void timer(std::uint64_t id, hks::Out& out);
  /// All calls have their results, and nothing has followed the newest yet.
  bool awaitsModel() const { return calls_.empty() && awaited_; }
  /// One was answered since the last time this was asked.
  bool hasAnswered() { return std::exchange(answered_, false); }
  /// Something follows: the model speaks or calls another tool.
  void followed() { awaited_ = false; }
  /// What followed was heard, or is not wanted any more.
  void taken() {
    awaited_ = false;
    untaken_.clear();
  }
  /// The connection is left: what the model has not made use of is told to the next one.
  void leave();
  /// A new connection: what came meanwhile goes out as text.
  void resume(hks::Out& out);
  /// No call waits for its result.
  bool quiet() const { return calls_.empty(); }

 private:
  using Call = speech::ToolCall;
  void one(const hks::json::Value& asked, hks::Out& out);
  void answer(const Call& call, std::string_view value, bool failed, hks::Out& out);
  void finish(Call& call, std::string_view value, bool failed, hks::Out& out);

  Channel& channel_;
  Farewell& farewell_;
  speech::ToolCalls<Call> calls_;
  // Results as text, for a connection that does not know their calls.
  std::list<std::string> results_;  // to be told to the next connection
  std::list<std::string> untaken_;  // told, and no turn has made use of them
  bool answered_ = false, awaited_ = false;
};

}  // namespace hookswitch::gemini
