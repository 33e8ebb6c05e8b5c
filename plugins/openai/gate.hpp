// One answer at a time: the queue in front of response.create (openai-realtime.md §6).
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hookswitch::openai {

/// A wish for an answer.
struct Create {
  std::string id;         ///< the event's id, "rc-<n>"
  std::string overrides;  ///< JSON of `response`; empty: a plain answer to what the conversation holds
  int attempts = 0;       ///< how often it was sent
};

/// idle -> (sent) requested -> (response.created) active -> (response.done) idle. The server's turn detection is a
/// second writer: its responses pass through the same states. Pure: what to send comes from next(). [session]
class Gate {
 public:
  /// Queue a plain answer; one that is waiting already serves for both.
  void askAnswer();
  /// Queue an answer with overrides. False: too many are waiting, this one is lost.
  bool askWith(std::string overrides, bool first = false);
  /// Put `create` in front again (a retry).
  void again(Create create);

  /// The create that may be sent now, if any; the gate is then `requested` and wants a watchdog.
  std::optional<Create> next();

  /// response.created. `id` becomes the active response.
  void created(std::string_view id);
  /// response.done. True when it was the active one, or the gate knew of none. `mine`: the create that made it.
  bool done(std::string_view id, std::optional<Create>& mine);
  /// An error that names `event_id` (may be empty) and means that another response is active.
  void busy(std::string_view event_id);
  /// The create `event_id` was refused for another reason: returns it, the gate is free again.
  std::optional<Create> refused(std::string_view event_id);
  /// The wish that made the newest answer, if it was one of ours.
  std::optional<Create> takeSent() { return std::exchange(sent_, std::nullopt); }
  /// Nothing came for too long.
  void expired();
  /// The connection is left. A sentence of ours that was not finished is said again: true.
  bool leave();
  /// The caller's turn is open: plain answers wait, because the server makes one when the turn ends.
  void callerTurn(bool open) { caller_turn_ = open; }

  bool idle() const { return state_ == State::Idle; }
  bool requested() const { return state_ == State::Requested; }
  bool waiting() const { return !queue_.empty(); }
  const std::string& active() const { return active_; }  ///< id of the active response, empty when none is known

 private:
  enum class State { Idle = 1, Requested = 2, Active = 3 };
  static constexpr std::size_t kMaxWaiting = 16;
  static constexpr int kMaxAttempts = 4;
  State state_ = State::Idle;
  bool caller_turn_ = false;
  std::uint64_t last_id_ = 0;
  std::string active_;
  std::list<Create> queue_;
  std::optional<Create> sent_;  // the newest create, until its response is done or it is refused
};

}  // namespace hookswitch::openai
