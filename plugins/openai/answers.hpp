// The model's turns: one answer at a time, asked for, watched, and asked for once more when it failed (§4, §6).
#pragma once

#include "plugins/openai/channel.hpp"
#include "plugins/openai/gate.hpp"
#include "plugins/openai/timers.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hookswitch::openai {

/// [session]
class Answers {
 public:
  explicit Answers(Channel& channel) : channel_(channel) {}

  /// A plain answer to what the conversation holds. pump() follows.
  void ask() { gate_.askAnswer(); }
  /// A sentence of ours; `first`: before all that waits. False: too many wait.
  bool say(std::string_view text, bool first = false);
  /// Asks the model for what is to be answered next, if it may be asked now.
  void pump(hks::Out& out);

  /// response.created
  void created(std::string_view response, hks::Out& out);
  /// We were cut off: nobody wants the answer that was asked for and has not begun. True once for it, when it
  /// begins.
  void unwanted() { unwanted_ = gate_.requested(); }
  bool isUnwanted() { return std::exchange(unwanted_, false); }
  /// Ends the answer that is being made.
  void cancel(hks::Out& out);
  /// response.done, in this order: what it has cost; the wish that made it, if it was one of ours; and, when its tools
  /// are seen to, what its status means for the caller.
  void count(const hks::json::Value& response, std::string_view status, hks::Out& out);
  std::optional<Create> done(std::string_view response, hks::Out& out);
  /// What there was of an answer.
  struct Had {
    bool sound;
    bool cut;   ///< the caller did not want it
    bool call;  ///< of a tool
  };
  void outcome(const hks::json::Value& response, std::string_view status, Had had, std::optional<Create> mine,
               hks::Out& out);
  /// Something of the answer has come.
  void progress(hks::Out& out) {
    if (std::exchange(watched_, false)) out.cancelTimer(kGate);
  }
  /// rate_limits.updated
  void limits(const hks::json::Value& root);
  /// An error that says that another answer is being made.
  void busy(std::string_view event_id, hks::Out& out);
  /// An error about a wish of ours. False: about none.
  bool refused(std::string_view event_id, std::string_view type, std::string_view what, hks::Out& out);

  /// The caller's turn began; when it ends the server makes an answer by itself.
  void callerBegan(hks::Out& out);
  void callerEnded(hks::Out& out);
  /// The connection is left: its answers are void, and so is one that would be asked for once more there; sentences of
  /// ours are not. True: one that was being said is said again.
  bool leave(hks::Out& out);

  /// kGate, kRetry, kCallerTurn.
  void timer(std::uint64_t id, hks::Out& out);

  bool idle() const { return gate_.idle(); }
  /// Nothing is being answered and nothing waits for it.
  bool quiet() const { return gate_.idle() && !gate_.waiting() && !retry_; }
  /// A plain answer failed and is asked for once more.
  bool retriesAnswer() const { return retry_ && retry_->overrides.empty(); }
  /// The response that is being made, empty when none is known.
  const std::string& active() const { return gate_.active(); }

 private:
  void failed(const hks::json::Value& response, bool unwanted, std::optional<Create> mine, hks::Out& out);
  void bad(const std::string& why, std::uint64_t pause_ms, std::optional<Create> mine, hks::Out& out);
  /// Everything the conversation holds is being answered, or is left to another connection: that does for a retry.
  void answered(hks::Out& out);
  void watch(hks::Out& out);
  void stalled(hks::Out& out);

  Channel& channel_;
  Gate gate_;
  std::optional<Create> retry_;
  bool unwanted_ = false;
  bool retried_ = false;           // an answer was bad, and none has been heard since
  bool watched_ = false;           // kGate is set for an answer that has begun
  std::uint64_t reset_ms_ = 2000;  // from rate_limits.updated
  std::uint64_t tokens_in_ = 0, tokens_out_ = 0;
};

}  // namespace hookswitch::openai
