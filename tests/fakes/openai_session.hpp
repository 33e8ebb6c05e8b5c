// One Realtime session of the OpenAI fake: client events in, server events out, no socket of its own.
#pragma once

#include "tests/fakes/openai_schema.hpp"
#include "tests/fakes/openai_settings.hpp"
#include "tests/fakes/speech.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string_view>

namespace fakes {

struct QuickReader;

/// What a session needs from outside; tests give it a clock of their own.
struct OpenAiWire {
  std::function<void(std::string)> send;
  std::function<void(unsigned code, std::string reason)> close;
  std::function<void(std::uint32_t ms, std::function<void()>)> after;
  std::function<std::uint64_t()> now_ms;  ///< monotonic
};

/// What all sessions of one server share.
struct OpenAiShared {
  explicit OpenAiShared(const std::string& events_file);
  OpenAiSchema schema;
  OpenAiSettings settings;
  std::deque<OpenAiTurn> queue;  ///< one-off turns: the next response of any session takes the first
  std::shared_ptr<QuickReader> reader;
  std::function<void(const std::string& kind, nlohmann::json what)> tell;  ///< may be empty
  std::uint64_t messages_in = 0, messages_out = 0, audio_bytes_in = 0, audio_bytes_out = 0, appends = 0, deltas = 0;
  std::vector<std::uint32_t> latencies_us;  ///< setting `stamps`: from the caller's frame leaving to its arrival here
};

/// [loop] Must be owned by a shared_ptr: timers hold weak pointers to it.
class OpenAiSession : public std::enable_shared_from_this<OpenAiSession> {
 public:
  using Json = nlohmann::json;
  OpenAiSession(std::string id, std::string model, OpenAiShared& shared, OpenAiWire wire);
  void open(bool beta_header);
  void onMessage(std::string_view payload, bool text);
  void onClose(unsigned code, std::string_view reason);
  Json describe() const;
  bool isOpen() const { return open_; }
  const std::string& id() const { return id_; }
  const std::vector<Json>& protocolErrors() const { return protocol_errors_; }

  // What the control API makes it do.
  void speechStarted();
  void speechStopped();
  void respond(OpenAiTurn turn);
  void emitError(const std::string& type, const OpenAiRefusal& why, const Json& client_event_id);
  void expire();
  void emit(Json event);
  const std::string& audio(bool received) const { return received ? kept_in_ : kept_out_; }
  const speech::Format& format(bool input) const { return input ? in_ : out_; }

 private:
  struct Item {
    std::string id, type, role, status, text, call_id, name, arguments;
    Json content = Json::array();
    std::size_t audio_bytes = 0;
    bool has_audio = false;
  };
  struct Running {
    std::string id;
    bool in_conversation = true, text_only = false;
    Json metadata, params;
    OpenAiTurn turn;
    std::string audio, transcript, source;
    std::vector<std::string> item_ids;  // message items in order, then function calls
    std::size_t item = 0;               // message item being produced
    std::size_t from = 0, end = 0;      // its part of `audio`
    std::size_t words_sent = 0, audio_sent = 0;
    bool item_open = false, stopping = false, begun = false, finished = false;
  };
  using RunningPtr = std::shared_ptr<Running>;

  bool fastAppend(std::string_view payload);

  // openai_events.cpp: client events
  void onEvent(const Json& event);
  void onUpdate(const Json& event);
  std::optional<OpenAiRefusal> updateRules(const Json& session) const;
  void onItemCreate(const Json& event);
  void onTruncate(const Json& event);
  void onCancel(const Json& event);
  void onCreate(const Json& event);
  void refuse(const OpenAiRefusal& why, const Json& event, bool harmless = false);

  void tell(const char* kind, nlohmann::json what) {
    if (!shared_.tell) return;
    what["session"] = id_;
    shared_.tell(kind, std::move(what));
  }
  void warn(const std::string& what);
  void note(const Json& event);
  static constexpr std::size_t kMostListed = 1000;  ///< entries of any list that a client can make grow
  template <class Value>
  static void keep(std::vector<Value>& list, Value value, std::size_t most = kMostListed) {
    if (list.size() < most) list.push_back(std::move(value));
  }

  // openai_input.cpp: the input buffer and the voice detector
  void append(std::string_view base64);
  void pushAudio(std::string_view bytes);
  void commit(const Json& event);
  void startSpeech(std::uint64_t start_ms);
  void stopSpeech(std::uint64_t end_ms);
  void finishUtterance(std::uint64_t from_byte, std::uint64_t to_byte);
  void transcribe(const std::string& item_id, const std::string& text, std::uint64_t ms);
  void armIdleTimeout(std::uint64_t audio_ms);
  void applyFormats();
  Json turnDetection() const;

  // openai_response.cpp: responses
  void start(OpenAiTurn turn, const std::string& source, const Json& params);
  void begin(const RunningPtr& running);
  void prepareAudio(Running& running);
  void pump(const RunningPtr& running);
  void finish(const RunningPtr& running, const std::string& status, Json details);
  void interrupt(const RunningPtr& running, const std::string& reason);
  OpenAiTurn nextTurn();
  Json usage(const Running& running);
  Json responseJson(const Running& running, const std::string& status, Json details, Json usage) const;

  // openai_items.cpp: the items of responses
  void openItem(Running& running);
  void closeItem(Running& running, const std::string& status);
  void sendDelta(Running& running, std::size_t bytes);
  void sendInterleaved(Running& running);
  void sendWords(Running& running, std::size_t up_to);
  void runTools(Running& running);
  Json itemJson(const Item& item) const;
  Item& addItem(Item item);
  std::string deltaPrefix(const Running& running, const char* type) const;

  void loopback(std::string_view base64);  // openai_loopback.cpp

  std::string newId(const char* kind) { return std::string(kind) + "_" + id_ + "_" + std::to_string(++ids_); }
  std::string eventId() { return "event_" + std::to_string(++events_out_); }
  void later(std::uint32_t ms, std::function<void()> task);
  void sendText(std::string text);

  const std::string id_, model_;
  OpenAiShared& shared_;
  OpenAiWire wire_;
  Json config_;
  speech::Format in_{speech::Code::Pcm16, 24000}, out_{speech::Code::Pcm16, 24000};
  bool open_ = false, updated_ = false, voiced_ = false;
  std::uint64_t opened_ms_ = 0, ids_ = 0, events_out_ = 0, script_at_ = 0, updates_ = 0;

  std::string input_;             // uncommitted audio
  std::uint64_t input_base_ = 0;  // offset of input_[0] in everything appended
  std::string decoded_;           // scratch of append()
  speech::Vad vad_;
  std::uint64_t vad_at_ = 0;      // bytes the detector has heard
  std::uint64_t idle_epoch_ = 0;  // a pending idle timeout with an older number is void
  bool speaking_ = false;
  std::string user_item_;          // id promised by speech_started
  std::uint64_t speech_from_ = 0;  // byte offset
  std::string utterance_;          // last committed audio
  bool unanswered_ = false;
  std::optional<OpenAiTurn> turn_;  // taken at commit, answered by the next response

  RunningPtr active_;
  std::vector<RunningPtr> side_;         // out-of-band responses
  std::size_t size_at_ = 0;              // position in delta_bytes
  std::string loop_prefix_, loop_item_;  // of the endless item in loopback mode
  std::map<std::string, Item> items_;
  std::vector<std::string> order_;
  std::map<std::string, Json> tool_calls_;
  std::uint64_t context_tokens_ = 40, total_tokens_ = 0;

  std::map<std::string, std::uint64_t> received_, sent_;
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0, appends_ = 0, deltas_ = 0, starts_ = 0, stops_ = 0;
  std::vector<Json> protocol_errors_, warnings_, notes_, truncates_, responses_, errors_;
  std::string kept_in_, kept_out_;
  unsigned close_code_ = 0;
  std::string close_reason_;
};

}  // namespace fakes
