// What is said between the caller and the model, whichever connection carries it: the parts of it, and what the
// server's events (openai-realtime.md §4) mean to them.
#pragma once

#include "plugins/openai/answers.hpp"
#include "plugins/openai/caller.hpp"
#include "plugins/openai/channel.hpp"
#include "plugins/openai/playback.hpp"
#include "plugins/openai/tools.hpp"
#include "plugins/openai/transcript.hpp"
#include "plugins/speech/caller_input.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hookswitch::openai {

/// [session]
class Conversation {
 public:
  explicit Conversation(Channel& channel);

  /// What was said before this session.
  void take(const hks_start& start);
  /// The live connection may be talked on: at the start of the call, or after a change of connection.
  void resume(hks::Out& out);
  /// It was left, or is about to be: its items, answers and open turns are void; the memory, waiting answers and tools
  /// are not.
  void leave(hks::Out& out);
  /// READY was said.
  bool started() const { return started_; }
  /// An answer is under way.
  bool busy() const { return !answers_.idle(); }
  /// Nothing would be lost if the connection changed now.
  bool quiet() const;
  /// end_call was called: the call ends when what was said has been heard, and needs no model any more.
  bool ending() const { return tools_.ending(); }

  // what the server says
  /// The most frequent event, without a parser. False: it is another one, or has to be looked at more closely.
  bool audioDelta(std::string_view json, hks::Out& out);
  void event(std::string_view type, const hks::json::Value& root, hks::Out& out);
  /// The event before was the model's voice. True once for it.
  bool hasSpoken() { return std::exchange(spoke_, false); }
  /// True: the session has reached its time limit.
  bool error(const hks::json::Value& root, hks::Out& out);

  // what the host says
  void audio(std::string_view bytes, hks::Out& out) { caller_.audio(bytes, out); }
  std::uint64_t nowUs() const { return caller_.nowUs(); }
  void keys(std::string_view digits, hks::Out& out);
  void say(std::string_view text, hks::Out& out);
  /// What is being said was broken off for it.
  void sayNow(std::string_view text, hks::Out& out);
  void heard(const hks_heard& heard, hks::Out& out);
  void toolResult(const hks_tool_call& result, hks::Out& out);
  void timer(std::uint64_t id, hks::Out& out);

 private:
  using Value = hks::json::Value;
  struct Handler {
    std::string_view type;
    void (Conversation::*handle)(const Value&, hks::Out&);
  };
  static const Handler kHandlers[];

  void onAudioDelta(const Value& root, hks::Out& out);
  void onAudioDone(const Value& root, hks::Out& out);
  void onWords(const Value& root, hks::Out& out);
  void onWordsSoFar(const Value& root, hks::Out& out);
  void onSpeechStarted(const Value& root, hks::Out& out);
  void onSpeechStopped(const Value& root, hks::Out& out);
  void onCommitted(const Value& root, hks::Out& out);
  void onCallerWords(const Value& root, hks::Out& out);
  void onResponseCreated(const Value& root, hks::Out& out);
  void onItemAdded(const Value& root, hks::Out& out);
  void onItemDone(const Value& root, hks::Out& out);
  void onResponseDone(const Value& root, hks::Out& out);
  void onRateLimits(const Value& root, hks::Out& out);

  void said(std::string_view item, std::string_view text, hks::Out& out);
  void outputsOf(const Value& response, bool completed, hks::Out& out);
  void silenced(hks::Out& out);
  void cutOff(hks::Out& out);
  void sendKeys(hks::Out& out);
  void answerIf(bool due, hks::Out& out);
  void goOn(hks::Out& out);

  Channel& channel_;
  Caller caller_;
  Playback playback_;
  Transcript transcript_;
  Answers answers_;
  Tools tools_;
  speech::Keypad keypad_;
  bool started_ = false, took_over_ = false;
  bool spoke_ = false;
  bool owes_ = false;               // the connection that was left was about to answer, or in the middle of it
  std::optional<std::string> cut_;  // ... after these words
};

}  // namespace hookswitch::openai
