// The change of connection under a running call, planned and when one is lost (gemini-live.md §5).
#pragma once

#include "plugins/gemini/channel.hpp"
#include "plugins/gemini/conversation.hpp"
#include "plugins/speech/connection.hpp"
#include "plugins/speech/recovery.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::gemini {

/// A connection lives about ten minutes: goAway, or the model's known age, starts a swap to a new one that resumes the
/// conversation by its handle; where that cannot be had, to a new conversation that is told the old one. The old
/// connection is closed first: there is never a resume while it is open. [session]
class Swap {
 public:
  Swap(Channel& channel, Conversation& conversation);

  /// `retry_ms`: so long a lost connection is tried again.
  void allow(std::uint64_t retry_ms) { recovery_.allow(retry_ms); }
  /// The first connection.
  void connect(hks::Out& out);
  /// The model has said something.
  void spoke() { recovery_.spoke(); }
  void opened(std::uint64_t connection, hks::Out& out);
  void closed(const hks_closed& lost, hks::Out& out);
  void setupComplete(hks::Out& out);
  void goAway(const hks::json::Value& message, hks::Out& out);
  void ifQuiet(hks::Out& out);
  /// The model follows `prompt` from now on. One that takes no other instructions in the middle of a conversation gets
  /// a new one, in a quiet moment, and is told the old one.
  void instruct(std::string_view prompt, hks::Out& out);
  /// Leaves a conversation that has gone wrong for a new one. False: it was done often enough.
  bool startFresh(std::string_view why, hks::Out& out);
  /// kSetup, kOldClosed, kRetry, kNoAnswer, kSwap, kMaxAge, kRecovery. False: none of these.
  bool timer(std::uint64_t id, hks::Out& out);

 private:
  void setUp(hks::Out& out);
  void setupOverdue(hks::Out& out);
  void instructLive(hks::Out& out);
  void within(std::uint64_t deadline_ms, hks::Out& out);
  void begin(bool with_handle, hks::Out& out, std::uint64_t pause_ms = 0);
  void failed(const hks_closed& lost, std::string_view why, hks::Out& out);
  void noAnswer(hks::Out& out);
  void lost(const hks_closed& lost, std::string_view why, hks::Out& out);
  void give(std::string_view why, const hks_closed& lost, hks::Out& out);

  Channel& channel_;
  Conversation& conversation_;
  speech::Attempts attempts_;    // at the connection of a swap
  speech::Recovery recovery_;    // of a connection that was lost
  std::uint32_t with_old_ = 0;   // attempts with this handle that failed
  std::string last_why_;         // of the attempts: why the newest one failed
  std::uint64_t old_ = 0;        // the connection that is being closed
  bool pending_ = false;         // it is time to change
  bool swapping_ = false;        // the call has no connection: a new one is being made
  bool planned_ = false;         // ... and the end of the one before was no surprise
  bool waits_ = false;           // for the next attempt at that
  bool instruct_later_ = false;  // the instructions have changed while a set-up was on its way
  bool anew_ = false;            // the next change begins a new conversation
  bool with_handle_ = false;     // the connection being made resumes
  std::uint32_t fresh_ = 0;      // how often a conversation was left
};

}  // namespace hookswitch::gemini
