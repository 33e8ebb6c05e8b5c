// One connection of the Gemini fake: client messages in, server messages out, no socket of its own.
#pragma once

#include "tests/fakes/gemini_schema.hpp"
#include "tests/fakes/gemini_settings.hpp"
#include "tests/fakes/speech.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string_view>

namespace fakes {

struct QuickReader;

/// What a session needs from outside; tests give it a clock of their own.
struct GeminiWire {
  std::function<void(std::string message, bool text)> send;
  std::function<void(unsigned code, std::string reason)> close;
  std::function<void(std::uint32_t ms, std::function<void()>)> after;
  std::function<std::uint64_t()> now_ms;  ///< monotonic
};

/// A conversation outlives its connections: this is what a resumption handle stands for.
struct GeminiConversation {
  std::string id, open_session;  ///< open_session empty: no connection carries it now
  nlohmann::json history = nlohmann::json::array();
  std::size_t script_at = 0;
};
using GeminiConversationPtr = std::shared_ptr<GeminiConversation>;

/// What all sessions of one server share.
struct GeminiShared {
  explicit GeminiShared(const std::string& messages_file);
  GeminiSchema schema;
  GeminiSettings settings;
  std::deque<GeminiTurn> queue;  ///< one-off turns: the next answer of any session takes the first
  std::map<std::string, GeminiConversationPtr> handles;
  std::shared_ptr<QuickReader> reader;
  std::function<void(const std::string& kind, nlohmann::json what)> tell;  ///< may be empty
  std::uint64_t messages_in = 0, messages_out = 0, audio_bytes_in = 0, audio_bytes_out = 0, audio_in = 0, audio_out = 0;
  std::uint64_t conversations = 0, handle_count = 0;
};

/// [loop] Must be owned by a shared_ptr: timers hold weak pointers to it.
class GeminiSession : public std::enable_shared_from_this<GeminiSession> {
 public:
  using Json = nlohmann::json;
  GeminiSession(std::string id, bool alpha, GeminiShared& shared, GeminiWire wire);
  void open();
  void onMessage(std::string_view payload, bool text);
  void onClose(unsigned code, std::string_view reason);
  Json describe() const;
  bool isOpen() const { return open_; }
  const std::string& id() const { return id_; }
  const std::vector<Json>& protocolErrors() const { return protocol_errors_; }

  // What the control API makes it do.
  void speech(bool started);
  void respond(GeminiTurn turn);
  void interrupted();  ///< says so even when no turn is open
  void goAway(std::uint32_t left_ms, std::uint32_t close_after_ms, bool silent);
  void cancelTools();
  void emit(const Json& message);
  const std::string& audio(bool received) const { return received ? kept_in_ : kept_out_; }
  std::uint32_t inputRate() const { return in_rate_; }

 private:
  enum class Phase { Fresh = 1, SettingUp = 2, Ready = 3 };
  enum class Stage { Waiting = 1, Speaking = 2, Tool = 3, Playing = 4 };
  struct Running {
    GeminiTurn turn;
    std::string audio, transcript, source;
    std::vector<std::string> words;
    std::size_t sent = 0, words_sent = 0, messages = 0;
    std::uint64_t first_audio_ms = 0;
    Stage stage = Stage::Waiting;
    bool over = false;
  };
  using RunningPtr = std::shared_ptr<Running>;

  // gemini_session.cpp: client messages
  bool fastAudio(std::string_view payload);
  void onSetup(const Json& setup);
  void setupDone();
  bool resume(const std::string& handle);
  void onRealtimeInput(const Json& input);
  void onClientContent(const Json& content);
  void onToolResponse(const Json& response);
  void tell(const char* kind, nlohmann::json what) {
    if (!shared_.tell) return;
    what["session"] = id_;
    shared_.tell(kind, std::move(what));
  }
  void fail(const GeminiRefusal& why, const Json& message = nullptr);
  void warn(const std::string& what);
  void onAudio(std::string_view mime, std::string_view base64);

  // gemini_input.cpp: the caller's audio
  void listen(std::string_view bytes);
  void speechStarted(std::uint64_t ms);
  void speechEnded(std::uint64_t ms);
  void loopback(std::string_view bytes);
  void transcript(const char* which, const std::string& text);
  bool automatic() const { return !detection_.value("disabled", false); }

  // gemini_turn.cpp: the model's turns
  GeminiTurn nextTurn();
  void start(GeminiTurn turn, const std::string& source);
  void begin(const RunningPtr& running);
  void prepare(Running& running);
  void pump(const RunningPtr& running);
  void sendAudio(Running& running, std::size_t budget, std::size_t most_messages);
  void sendTools(const RunningPtr& running);
  void generated(const RunningPtr& running);
  void finish(const RunningPtr& running);
  void interrupt(const RunningPtr& running);
  void dieSlowly(const RunningPtr& running, std::uint64_t until_ms, bool end);
  void handleUpdate(bool resumable);
  std::string partOf(std::string_view audio, const std::string& mime = {});
  void sendMessage(std::string text);
  void later(std::uint32_t ms, std::function<void()> task);

  const std::string id_;
  const bool alpha_;
  GeminiShared& shared_;
  GeminiWire wire_;
  bool open_ = false, mute_ = false;
  Phase phase_ = Phase::Fresh;
  std::uint64_t opened_ms_ = 0;
  Json setup_, detection_ = Json::object();
  std::string model_, resumed_from_;
  GeminiConversationPtr conversation_;
  bool seeding_ = false;

  std::uint32_t in_rate_ = 16000;
  std::string decoded_;                       // scratch of onAudio()
  std::string input_;                         // audio that may still become part of an utterance
  std::uint64_t input_base_ = 0, heard_ = 0;  // byte offsets: of input_[0], of what the detector has consumed
  speech::Vad vad_;
  bool speaking_ = false;
  std::uint64_t speech_from_ = 0;
  std::string utterance_;
  bool unanswered_ = false;
  std::unique_ptr<speech::Resampler> loop_;

  RunningPtr turn_;
  std::deque<std::string> texts_;  // realtimeInput.text that waits for the model to be idle
  std::size_t size_at_ = 0;
  std::map<std::string, Json> tool_calls_;
  std::uint64_t tool_ids_ = 0, context_tokens_ = 40, turns_ = 0;

  std::map<std::string, std::uint64_t> received_;
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0, audio_in_ = 0, audio_out_ = 0, starts_ = 0, stops_ = 0, interrupts_ = 0;
  std::vector<Json> protocol_errors_, warnings_, notes_, turn_log_;
  std::vector<std::string> handles_;
  std::string kept_in_, kept_out_;
  unsigned close_code_ = 0;
  std::string close_reason_;
};

}  // namespace fakes
