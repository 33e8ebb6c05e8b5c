// What is said between the caller and the model, whichever connection carries it: the parts of it, and what the
// server's messages (gemini-live.md §4) mean to them.
#pragma once

#include "plugins/gemini/caller.hpp"
#include "plugins/gemini/channel.hpp"
#include "plugins/gemini/requests.hpp"
#include "plugins/gemini/tools.hpp"
#include "plugins/gemini/transcript.hpp"
#include "plugins/gemini/turns.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hookswitch::gemini {

/// [session]
class Conversation {
 public:
  explicit Conversation(Channel& channel);

  /// What was said before this session.
  void take(const hks_start& start);
  /// READY was said.
  bool started() const { return started_; }
  /// What a connection that does not resume has to be told; empty: nothing.
  std::string summary(bool resumes) const;
  /// The first connection is set up.
  void begin(hks::Out& out);
  /// Another one is. `resumed`: it knows what was said.
  void resume(bool resumed, hks::Out& out);
  /// What had waited for it.
  void catchUp(hks::Out& out);
  /// The connection is about to be left.
  void leave(hks::Out& out);
  /// Nothing would be lost if the connection changed now.
  bool quiet() const;
  /// Memory is held for audio of the model's that came before it was known whose it is.
  bool holdsAudio() const { return turns_.keeps() || turns_.lends(); }
  /// The model is in the middle of a turn.
  bool busy() const { return turns_.busy(); }
  /// end_call was called.
  bool ending() const { return farewell_.pending(); }
  /// The host was told of it: the call ends when what was said has been heard.
  bool ended() const { return farewell_.done(); }
  void endNow(hks::Out& out);
  /// The model is lost for this call.
  void gone(std::string_view why, const hks_closed& lost, hks::Out& out);

  // what the server says
  /// The most frequent message, without a parser. False: it is another one, or has to be looked at more closely.
  bool modelAudio(std::string_view json, hks::Out& out);
  /// serverContent. A sentence: the model is stuck, and the conversation has to begin anew.
  std::string content(const hks::json::Value& content, hks::Out& out);
  void toolCall(const hks::json::Value& message, hks::Out& out);
  /// The model has spoken or called a tool in what was read since the last time this was asked.
  bool hasSpoken() { return std::exchange(spoke_, false); }
  void toolCallCancellation(const hks::json::Value& message, hks::Out& out) { tools_.cancelled(message, out); }
  void usage(const hks::json::Value& usage, hks::Out& out);

  // what the host says
  void audio(std::string_view bytes, hks::Out& out) {
    turns_.release();
    if (channel_.usable()) transcript_.callerAudio(bytes, channel_.options.bytesPerMs());
    caller_.audio(bytes, out);
  }
  void keys(std::string_view digits, hks::Out& out) { asked(requests_.keys(digits, turns_.silenced(), out), out); }
  void say(std::string_view text, hks::Out& out) { asked(requests_.say(text, turns_.open(), out), out); }
  void heard(const hks_heard& heard, hks::Out& out) {
    if (heard.item.size == 0) return silenced(out);
    transcript_.correct(turns_.heard(heard), out);
  }
  void sayNow(std::string_view text, hks::Out& out) { asked(requests_.sayNow(text, out), out); }
  void toolResult(const hks_tool_call& result, hks::Out& out);
  void timer(std::uint64_t id, hks::Out& out);

  // nobody answers the caller (§9)
  /// Is an answer overdue, as far as this conversation knows?
  bool answerOverdue() const {
    return channel_.usable() && (tools_.awaitsModel() || !occupied()) && !ending() && tools_.quiet();
  }
  /// Nothing has come on this connection since it resumed.
  bool silentSinceResumed() const { return await_output_; }
  /// Reminds the model. False: it was reminded already.
  bool nudge(hks::Out& out);

 private:
  using Value = hks::json::Value;
  /// The model says something first, which the caller hears or it cannot be made to break off.
  bool occupied() const { return turns_.spoke() && (!turns_.silenced() || channel_.options.rules->greets_by_text); }
  /// The model owes an answer, and has its time for it.
  void expectAnswer(hks::Out& out);
  /// When its last tool has its result the model owes what follows from it, also in the turn in which it called.
  void expectUseOfResults(hks::Out& out);
  /// Nothing has to follow any more.
  void resultsTaken(hks::Out& out);
  /// `sent`: so it does to something that we have sent, behind what it is saying.
  void asked(bool sent, hks::Out& out);
  void generated(hks::Out& out);
  /// What is to be said of a turn that ended, as of content().
  std::string turnEnded(const Value& content, hks::Out& out);
  void interrupted(hks::Out& out);
  void silenced(hks::Out& out);
  void callerSaid(std::string_view fragment, hks::Out& out);
  void modelSpoke(hks::Out& out);
  void modelWrote(hks::Out& out);
  void silentTurn(const Value& content, const std::string& words, hks::Out& out);
  /// A turn has ended: what is owed behind it is owed now.
  void turnOver(hks::Out& out);
  void turnComplete(hks::Out& out);
  void goOn(bool resumed, hks::Out& out);
  void greet(hks::Out& out);

  Channel& channel_;
  Caller caller_;
  Turns turns_;
  Transcript transcript_;
  Requests requests_;
  Farewell farewell_;
  Tools tools_;
  bool started_ = false, took_over_ = false;
  bool spoke_ = false;
  bool caller_quiet_ = true, await_output_ = false, nudged_ = false;
  bool watched_ = false;                 // kNoAnswer or kGreeting may be set
  std::uint32_t rejected_ = 0;           // turns in a row
  std::optional<std::string> cut_text_;  // the change came in the middle of a turn, after these words
  bool expects_ = false;                 // the model owes an answer
  bool owes_next_ = false;               // ... behind the turn that it is saying
  bool cut_turn_ = false;                // the turnComplete of an interrupted turn is still to come
  std::uint32_t silent_ = 0;             // answers without sound, in a row
  bool greets_ = false;                  // the greeting was asked for, and its turn is not complete
  bool behind_ = false;                  // the handle was issued before the newest words
};

}  // namespace hookswitch::gemini
