// One call's conversation with the OpenAI Realtime API (GA protocol). The sections named in the code are those of
// openai-realtime.md.
#pragma once

#include <hookswitch/plugin.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/openai/gate.hpp"
#include "plugins/openai/items.hpp"
#include "plugins/openai/lines.hpp"
#include "plugins/openai/options.hpp"
#include "plugins/speech/memory.hpp"
#include "plugins/speech/reader.hpp"

namespace hookswitch::openai {

/// [session] The voice role. connection -> session.update -> session.updated (formats checked) -> READY -> talk;
/// before the service's time limit a second connection is primed and the call moves over in a quiet moment.
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

  struct Link {  // one connection
    enum class State { None = 1, Connecting = 2, Configuring = 3, Ready = 4 };
    State state = State::None;
    std::uint64_t conn = 0;
    std::string config_id;
    std::uint64_t expires_us = 0;  // by now_us_; 0: session.created has not come
    bool is(std::uint64_t id) const { return state != State::None && conn == id; }
  };
  struct Call {            // of a tool
    std::uint64_t id = 0;  // ours; 0: answered by the plugin itself
    std::string call_id, name, arguments, response;
    std::string late_output;  // known while no connection was usable
    bool answered = false;    // its output was sent
    bool settled = false;     // its response is done
    bool ends_call = false;   // end_call
    bool quiet = false;       // needs no answer of the model
    std::uint64_t epoch = 0;  // of the connection it was made on
  };
  enum Timer : std::uint64_t {
    kConfig = 1,
    kNextConfig = 2,
    kGate = 3,
    kRetry = 4,
    kDtmf = 5,
    kOrder = 6,
    kStall = 7,
    kRotate = 8,
    kForce = 9,
    kReconnect = 10,
    kCallerTurn = 11,
    kMove = 12,
    kTool = 1000 /* + Call::id */
  };

  // session.cpp: connections and time
  void connect(Link& link, Out& out);
  void configured(Link& link, const Json& root, Out& out);
  void ready(Out& out);
  void replay(Out& out);
  void gone(std::string_view why, const hks_closed& lost, Out& out);
  void warn(std::string_view text, Out& out);
  void send(std::string_view text, Out& out) { out.send(live_.conn, text); }
  std::string nextEventId(const char* prefix) { return prefix + std::to_string(++last_event_); }

  // rotation.cpp: the planned change of connection (§7)
  void sessionCreated(Link& link, const Json& root, Out& out);
  void armRotation(Out& out);
  void prime(Out& out);
  bool quiet() const;
  void rotateIfQuiet(Out& out);
  void leaveConversation(Out& out);
  void moveOver(Out& out);
  void sessionExpired(Out& out);
  void bridge(Out& out);
  void nextFailed(std::string_view why, Out& out);

  // events.cpp: what the server says
  void event(std::string_view type, const Json& root, Out& out);
  void onAudioDelta(const Json& root, Out& out);
  void onAudioDone(const Json& root, Out& out);
  void onSpeechStarted(Out& out);
  void onItemAdded(const Json& root, Out& out);
  void onItemDone(const Json& root, Out& out);
  void onResponseDone(const Json& root, Out& out);
  void responseFailed(const Json& response, std::optional<Create> mine, Out& out);
  void onError(const Json& root, Out& out);
  void onRateLimits(const Json& root);
  void assistantSaid(std::string_view item, std::string_view text, Out& out);
  void tellLines(Out& out);

  // turns.cpp: answers, tools, keys
  void pump(Out& out);
  void discard(std::string_view response);
  bool isDiscarded(std::string_view response) const;
  void toolAsked(const Json& item, std::string_view response, Out& out);
  void answerCall(Call& call, std::string_view output, Out& out);
  void settleCalls(std::string_view response, bool completed, Out& out);
  void sendDigits(Out& out);

  Options options_;
  speech::Reader reader_;
  speech::Memory memory_;
  Gate gate_;
  Items items_;
  Lines lines_;

  Link live_, next_;
  bool gone_ = false, ready_ = false, took_over_ = false;
  std::uint64_t last_conn_ = 0, last_event_ = 0, epoch_ = 1;
  std::uint32_t warnings_ = 0;

  std::string send_buffer_, audio_;  // used again for every frame
  std::deque<std::string> held_;     // caller audio while no connection is usable, newest 5 s
  std::size_t held_bytes_ = 0;

  std::deque<std::string> discarded_;  // responses whose late audio is not played
  std::vector<Call> calls_;
  std::deque<std::string> seen_calls_;
  std::uint64_t last_call_ = 0;
  std::string end_reason_;  // end_call was called: ends when its response is done

  std::string digits_;
  bool caller_speaks_ = false;
  std::uint64_t frames_ = 0, frames_at_tick_ = 0;
  std::uint32_t stalls_ = 0;

  std::uint64_t now_us_ = 0, played_until_us_ = 0, start_unix_ms_ = 0;  // by the caller's audio, which never stops
  bool rotation_due_ = false, bridging_ = false, waiting_to_reconnect_ = false, moving_ = false, order_timer_ = false;
  std::uint32_t reconnects_ = 0;

  std::optional<Create> retry_;
  bool retried_ = false;           // the streak's one retry of a failed answer has been used
  std::uint64_t reset_ms_ = 2000;  // from rate_limits.updated
  std::uint64_t tokens_in_ = 0, tokens_out_ = 0;
};

}  // namespace hookswitch::openai
