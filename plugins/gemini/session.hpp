// One call's conversation with the Gemini Live API. The sections named in the code are those of gemini-live.md.
#pragma once

#include <hookswitch/plugin.hpp>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/gemini/options.hpp"
#include "plugins/speech/memory.hpp"
#include "plugins/speech/reader.hpp"

namespace hookswitch::gemini {

/// [session] The voice role. connection -> setup -> setupComplete -> READY -> talk. A connection lives about ten
/// minutes: goAway, or the model's known age, starts a swap to a new one that resumes the conversation by its handle
/// (§5).
class Voice final : public hks::Session {
 public:
  void onStart(const hks_start&, hks::Out&) override;
  void onOpened(std::uint64_t conn, hks::Out&) override;
  void onClosed(const hks_closed&, hks::Out&) override;
  void onData(const hks_data&, hks::Out&) override;
  void onTimer(std::uint64_t id, hks::Out&) override;
  void onAudio(const hks_audio&, hks::Out&) override;
  void onDtmf(hks::Text digits, hks::Out&) override;
  void onSay(const hks_notice&, hks::Out&) override;
  void onHeard(const hks_heard&, hks::Out&) override;
  void onToolResult(const hks_tool_call&, hks::Out&) override;

 private:
  using Json = speech::Json;
  using Out = hks::Out;

  enum class State { Connecting = 1, Setup = 2, Ready = 3, Waiting = 4 /* before another attempt */, Gone = 5 };
  enum Timer : std::uint64_t {
    kSetup = 1,
    kOldClosed = 2,
    kRetry = 3,
    kDead = 4,
    kFlush = 5,
    kUserFlush = 6,
    kNoAnswer = 7,
    kGreeting = 8,
    kSwap = 9,
    kCallerQuiet = 10,
    kMaxAge = 11,
    kEnd = 12,
    kSay = 13,
    kDtmf = 14,
    kTool = 1000 /* + Call::id */
  };
  struct Turn {  // of the model
    std::string id;
    std::string text;            // its transcript so far
    std::uint64_t rx_bytes = 0;  // handed to the host
    std::uint64_t bytes_per_ms = 48;
    bool audio_ended = false;  // AUDIO_END was sent, or it was interrupted
    bool complete = false;     // generationComplete
    bool told = false;         // its line went out as it is now
    bool cut = false;          // the host said how much was heard
  };
  struct Call {  // of a tool
    std::uint64_t id = 0;
    std::string remote_id, name;
    std::uint64_t epoch = 0;  // of the connection it was made on
  };

  // session.cpp: connections and time
  void connect(Out& out);
  void sendSetup(Out& out);
  void onSetupComplete(Out& out);
  void gone(std::string_view why, const hks_closed& lost, Out& out);
  void warn(std::string_view text, Out& out);
  void send(std::string_view text, Out& out) { out.send(conn_, text); }
  void sendText(std::string_view text, Out& out);
  void greet(Out& out);

  // swap.cpp: the planned change of connection (§5)
  void onGoAway(const Json& root, Out& out);
  void onHandle(const Json& update);
  void swapWithin(std::uint64_t deadline_ms, Out& out);
  void swapIfQuiet(Out& out);
  void swap(bool with_handle, Out& out);
  void oldClosed(Out& out);
  void swapFailed(const hks_closed& lost, std::string_view why, Out& out);
  void afterSwap(Out& out);
  bool startFresh(std::string_view why, Out& out);

  // server.cpp: what the server says (§4)
  void serverContent(const Json& content, Out& out);
  void onInterrupted(Out& out);
  void onPart(const Json& part, Out& out);
  void onUsage(const Json& usage, Out& out);
  void onToolCalls(const Json& message, Out& out);
  void onCancelled(const Json& message, Out& out);

  // turns.cpp: turns, lines, what is said to the model
  Turn& turn();
  void modelSpoke(Out& out);
  void endAudio(Out& out);
  void turnComplete(Out& out);
  void callerSaid(std::string_view fragment, Out& out);
  void tellCaller(Out& out);
  void tellModel(Turn& turn, Out& out);
  void tellModels(Out& out);
  void tellAll(Out& out);
  void remember(std::string_view injected);
  void noAnswer(Out& out);
  void sayNext(Out& out);
  void sendDigits(Out& out);
  void answer(const Call& call, std::string_view value, bool failed, Out& out);
  void endNow(Out& out);
  bool modelBusy() const { return turn_open_ && !turns_.back().complete; }

  Options options_;
  speech::Reader reader_;
  speech::Memory memory_;

  State state_ = State::Connecting;
  std::uint64_t conn_ = 0, last_conn_ = 0, old_conn_ = 0, epoch_ = 1;
  bool opened_ = false, ready_ = false, took_over_ = false;
  std::uint32_t warnings_ = 0;

  std::string chunk_, held_, send_buffer_, audio_, odd_;  // held_: caller audio during a swap, newest second
  std::uint64_t shield_bytes_ = 0;

  std::string handle_;
  bool handle_fresh_ = false;  // issued after the newest turn of either side
  bool with_handle_ = false;   // the connection being made resumes
  bool swap_pending_ = false, swapping_ = false, caller_quiet_ = true, await_output_ = false;
  bool cut_off_ = false;  // a forced swap came in the middle of a turn
  std::string cut_text_;
  std::uint32_t attempts_ = 0, fresh_ = 0, rejected_ = 0;

  std::deque<Turn> turns_;
  std::uint64_t last_turn_ = 0, last_line_ = 0;
  bool turn_open_ = false, dead_ = false, nudged_ = false, greeted_twice_ = false;
  std::string caller_text_;
  std::deque<std::string> injected_;  // texts of ours that come back as the caller's words

  std::vector<Call> calls_;
  std::uint64_t last_call_ = 0;
  std::deque<std::string> results_;  // of calls that a swap cut off, as text
  std::deque<std::string> sayings_;
  std::string digits_;

  bool ending_ = false, ended_ = false;
  std::string end_reason_, end_id_;
};

}  // namespace hookswitch::gemini
