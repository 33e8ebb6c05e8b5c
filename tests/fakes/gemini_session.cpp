#include "tests/fakes/gemini_session.hpp"
#include "tests/fakes/words.hpp"

#include <algorithm>
#include <charconv>

#include "tests/fakes/quick_reader.hpp"

namespace fakes {
namespace {

using nlohmann::json;

constexpr std::size_t kMostListed = 1000;  // entries of any list that a client can make grow

void keep(std::vector<json>& list, json value, std::size_t most = kMostListed) {
  if (list.size() < most) list.push_back(std::move(value));
}

}  // namespace

GeminiShared::GeminiShared(const std::string& messages_file)
    : schema(messages_file), reader(std::make_shared<QuickReader>()) {}

GeminiSession::GeminiSession(std::string id, bool alpha, GeminiShared& shared, GeminiWire wire)
    : id_(std::move(id)), alpha_(alpha), shared_(shared), wire_(std::move(wire)) {}

void GeminiSession::open() {
  open_ = true;
  tell("opened", json::object());
  opened_ms_ = wire_.now_ms();
  if (const auto after = shared_.settings.go_away_after_ms) {
    const auto left = shared_.settings.go_away_left_ms;
    later(after, [this, left] { goAway(left, left, false); });
  }
}

void GeminiSession::onMessage(std::string_view payload, bool text) {
  if (!open_) return;
  ++shared_.messages_in;
  // Both opcodes are read by the service; the published clients send text.
  if (!text) warn("a binary frame from the client");
  if (phase_ == Phase::Ready && fastAudio(payload)) return;
  const json message = json::parse(payload, nullptr, false);
  if (message.is_discarded())
    return fail({1007, "Invalid JSON payload received.", "not JSON: " + std::string(payload.substr(0, 200))});
  if (message.is_object() && message.size() == 1) {
    const std::string key = message.begin().key();
    const auto known = shared_.schema.file()["definitions"]["ClientMessage"]["properties"].contains(key);
    ++received_[known ? key : "unknown"];
    if (key != "realtimeInput" || !message[key].is_object() || !message[key].contains("audio")) {
      keep(notes_, {{"at_ms", wire_.now_ms() - opened_ms_}, {"message", message}}, shared_.settings.keep_events);
    }
  }
  if (phase_ == Phase::SettingUp)
    return fail({1007, "Request contains an invalid argument.", "sent before setupComplete"}, message);
  if (auto bad = shared_.schema.checkClient(message)) return fail(*bad, message);
  const std::string key = message.begin().key();
  const json& body = message[key];
  if ((phase_ == Phase::Fresh) != (key == "setup")) {
    return fail({1007, "Request contains an invalid argument.",
                 phase_ == Phase::Fresh ? "the first message is not setup" : "a second setup"},
                message);
  }
  if (key == "setup") return onSetup(body);
  if (key == "realtimeInput") return onRealtimeInput(body);
  if (key == "clientContent") return onClientContent(body);
  if (key == "toolResponse") return onToolResponse(body);
  if (model_.find("gemini-3.8") == std::string::npos) warn("contextUpdate on " + model_ + ": acceptance is not known");
  for (const auto& [name, value] : body.items())
    setup_[name] = name == "tools" ? value.value("tools", json::array()) : value;
}

bool GeminiSession::fastAudio(std::string_view payload) {
  simdjson::ondemand::document document;
  if (!shared_.reader->read(payload, document)) return false;
  simdjson::ondemand::object root, input, audio;
  std::string_view key, value, mime, data;
  if (document.get_object().get(root)) return false;
  int members = 0;
  for (auto field : root) {
    if (++members > 1 || field.unescaped_key().get(key) || key != "realtimeInput" ||
        field.value().get_object().get(input))
      return false;
    int inputs = 0;
    for (auto inner : input) {
      if (++inputs > 1 || inner.unescaped_key().get(key) || key != "audio" || inner.value().get_object().get(audio))
        return false;
      for (auto leaf : audio) {
        if (leaf.unescaped_key().get(key) || leaf.value().get_string().get(value)) return false;
        if (key == "mimeType")
          mime = value;
        else if (key == "data")
          data = value;
        else
          return false;
      }
    }
  }
  const char* rest;
  if (mime.substr(0, 15) != "audio/pcm;rate=" || mime.size() < 19 || data.data() == nullptr ||
      !document.current_location().get(rest))
    return false;
  ++audio_in_;
  onAudio(mime, data);
  return true;
}

void GeminiSession::onSetup(const Json& setup) {
  const auto& settings = shared_.settings;
  if (settings.setup_reply == "close") return wire_.close(settings.setup_close_code, settings.setup_close_reason);
  if (auto bad = shared_.schema.checkSetup(setup, alpha_)) return fail(*bad, {{"setup", setup}});
  setup_ = setup;
  model_ = setup["model"];
  const json realtime = setup.value("realtimeInputConfig", json::object());
  detection_ = realtime.value("automaticActivityDetection", json::object());
  seeding_ = setup.value(json::json_pointer("/historyConfig/initialHistoryInClientContent"), false);
  const std::string handle = setup.value(json::json_pointer("/sessionResumption/handle"), "");
  if (!handle.empty()) {
    if (!resume(handle)) return;
  } else {
    conversation_ = std::make_shared<GeminiConversation>();
    conversation_->id = "c" + std::to_string(++shared_.conversations);
  }
  conversation_->open_session = id_;
  phase_ = Phase::SettingUp;
  if (settings.setup_reply == "silent") return;
  if (settings.setup_delay_ms)
    later(settings.setup_delay_ms, [this] { setupDone(); });
  else
    setupDone();
}

bool GeminiSession::resume(const std::string& handle) {
  const auto known = shared_.handles.find(handle);
  if (shared_.settings.refuse_resume) {
    wire_.close(shared_.settings.refuse_resume, "Refused on command.");
    return false;
  }
  if (known == shared_.handles.end()) {
    fail({1007, "Request contains an invalid argument.", "unknown resumption handle " + handle});
    return false;
  }
  if (!known->second->open_session.empty()) {
    fail({1011, "Internal error encountered.", "resumed while " + known->second->open_session + " is still open"});
    return false;
  }
  conversation_ = known->second;
  resumed_from_ = handle;
  return true;
}

void GeminiSession::setupDone() {
  phase_ = Phase::Ready;
  tell("ready", {{"model", model_}, {"resumed_from", resumed_from_}});
  emit(shared_.settings.unknown_keys ? json{{"setupComplete", {{"sessionId", id_}}}, {"neverHeardOf", {{"x", nullptr}}}}
                                     : json{{"setupComplete", json::object()}});
  if (!resumed_from_.empty() && shared_.settings.repeat_history)
    for (const auto& line : conversation_->history)
      transcript(line["role"] == "user" ? "inputTranscription" : "outputTranscription", line["text"]);
  handleUpdate(true);
}

void GeminiSession::handleUpdate(bool resumable) {
  if (!setup_.contains("sessionResumption") || !shared_.settings.handles) return;
  if (!resumable) return emit({{"sessionResumptionUpdate", json::object()}});
  const std::string handle = "h-" + conversation_->id + "-" + std::to_string(++shared_.handle_count);
  shared_.handles[handle] = conversation_;
  if (handles_.size() < kMostListed) handles_.push_back(handle);
  emit({{"sessionResumptionUpdate", {{"newHandle", handle}, {"resumable", true}}}});
}

void GeminiSession::onAudio(std::string_view mime, std::string_view base64) {
  std::uint32_t rate = 0;
  const auto digits = mime.substr(15);
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), rate);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || rate < 8000 || rate > 48000 ||
      rate % 50) {
    return fail({1007, "Request contains an invalid argument.", "audio rate in " + std::string(mime)});
  }
  if (!decodeBase64(base64, decoded_))
    return fail({1007, "Request contains an invalid argument.", "audio data is not base64"});
  if (decoded_.size() % 2) warn("an odd number of bytes of 16-bit audio");
  if (rate != in_rate_ || bytes_in_ == 0) {
    if (bytes_in_) warn("the input rate changed to " + std::to_string(rate));
    in_rate_ = rate;
    input_.clear(), input_base_ = heard_ = 0;
    loop_.reset();
    speech::Vad::Settings detector;
    detector.level = shared_.settings.vad_level;
    detector.confirm_ms =
        std::max<std::uint32_t>(shared_.settings.vad_confirm_ms, detection_.value("prefixPaddingMs", 0U));
    detector.silence_ms = std::max<std::uint32_t>(20, detection_.value("silenceDurationMs", 500U));
    vad_ = speech::Vad(rate, detector);
  }
  ++shared_.audio_in;
  bytes_in_ += decoded_.size(), shared_.audio_bytes_in += decoded_.size();
  if (shared_.settings.keep_audio && kept_in_.size() < std::size_t{600} * 2 * in_rate_) kept_in_ += decoded_;
  if (shared_.settings.mode == "loopback")
    loopback(decoded_);
  else
    listen(decoded_);
}

void GeminiSession::onRealtimeInput(const Json& input) {
  if (auto bad = shared_.schema.checkRealtimeInput(model_, input)) return fail(*bad, {{"realtimeInput", input}});
  const std::string key = input.begin().key();
  if (key == "audio") {
    ++audio_in_;
    return onAudio(input["audio"]["mimeType"].get_ref<const std::string&>(),
                   input["audio"]["data"].get_ref<const std::string&>());
  }
  if (key == "activityStart" || key == "activityEnd") {
    if (automatic())
      return fail({1007, "Request contains an invalid argument.", key + " while automatic detection is on"});
    return key == "activityStart" ? speechStarted(vad_.nowMs()) : speechEnded(vad_.nowMs());
  }
  if (key == "audioStreamEnd") {
    if (!automatic())
      return fail({1007, "Request contains an invalid argument.", "audioStreamEnd while automatic detection is off"});
    return warn("audioStreamEnd: does not end the caller's turn");
  }
  if (key != "text") return warn("realtimeInput." + key + " is not heard by a voice model");
  const std::string text = input["text"];
  transcript("inputTranscription", text);
  conversation_->history.push_back({{"role", "user"}, {"text", text}});
  texts_.push_back(text);
  if (!turn_ && shared_.settings.answer) texts_.pop_front(), start(nextTurn(), "text");
}

void GeminiSession::onClientContent(const Json& content) {
  for (const auto& turn : content.value("turns", json::array())) {
    std::string text;
    for (const auto& part : turn.value("parts", json::array())) text += part.value("text", "");
    conversation_->history.push_back({{"role", turn.value("role", "user")}, {"text", text}});
  }
  if (!content.value("turnComplete", false)) return;
  if (std::exchange(seeding_, false)) return;  // history, not a question
  if (turn_) interrupt(turn_);
  if (shared_.settings.answer) start(nextTurn(), "content");
}

void GeminiSession::onToolResponse(const Json& response) {
  if (auto bad = shared_.schema.checkToolResponse(model_, response)) return fail(*bad, {{"toolResponse", response}});
  bool silent = true;
  for (const auto& one : response["functionResponses"]) {
    const auto call = tool_calls_.find(one["id"]);
    if (call == tool_calls_.end() || call->second.contains("response") || call->second.value("cancelled", false)) {
      keep(protocol_errors_,
           {{"code", 0}, {"message", "a function response for " + one["id"].dump() + ", which is not waited for"}});
      continue;
    }
    if (one["name"] != call->second["name"]) warn("function response " + one["id"].dump() + " under another name");
    call->second["response"] = one["response"];
    tell("tool_response", {{"id", one["id"]}, {"response", one["response"]}});
    if (one.contains("scheduling")) call->second["scheduling"] = one["scheduling"];
    silent = silent && one.value("scheduling", "") == "SILENT";
  }
  const bool pending = std::any_of(tool_calls_.begin(), tool_calls_.end(), [](const auto& call) {
    return !call.second.contains("response") && !call.second.value("cancelled", false);
  });
  if (pending || !shared_.settings.answer) return;
  const bool speak = !silent && (!shared_.queue.empty() || conversation_->script_at < shared_.settings.script.size() ||
                                 shared_.settings.after_tool == "speak");
  if (turn_ && turn_->stage == Stage::Tool) {
    if (!speak) return generated(turn_);
    turn_->over = true;  // the same turn to the client: no generationComplete in between
    turn_.reset();
  }
  if (speak && !turn_) start(nextTurn(), "tool");
}

void GeminiSession::fail(const GeminiRefusal& why, const Json& message) {
  json entry = {{"code", why.code}, {"reason", why.reason}, {"message", why.detail}};
  tell("protocol_error", entry);
  if (!message.is_null()) entry["sent"] = message.dump().substr(0, 2000);
  keep(protocol_errors_, std::move(entry));
  // A close frame has room for 123 bytes of reason (RFC 6455 §5.5).
  wire_.close(why.code, why.reason.substr(0, 123));
  open_ = false;
}

void GeminiSession::warn(const std::string& what) {
  if (std::none_of(warnings_.begin(), warnings_.end(), [&](const json& w) { return w == what; })) keep(warnings_, what);
}

void GeminiSession::goAway(std::uint32_t left_ms, std::uint32_t close_after_ms, bool silent) {
  if (!open_) return;
  std::string left = std::to_string(left_ms / 1000);
  if (left_ms % 1000) left += "." + std::to_string(1000 + left_ms % 1000).substr(1);
  emit({{"goAway", {{"timeLeft", left + "s"}}}});
  mute_ = silent;
  later(close_after_ms, [this] { wire_.close(1011, "Deadline expired before operation could complete."); });
}

void GeminiSession::emit(const Json& message) { sendMessage(message.dump()); }

void GeminiSession::sendMessage(std::string text) {
  if (!open_ || mute_) return;
  if (shared_.settings.half_characters) halveFirstOf("Transcription\":{\"text\":\"", text);
  ++shared_.messages_out;
  wire_.send(std::move(text), shared_.settings.frames == "text");
}

void GeminiSession::later(std::uint32_t ms, std::function<void()> task) {
  wire_.after(ms, [weak = weak_from_this(), task = std::move(task)] {
    if (const auto self = weak.lock(); self && self->open_) task();
  });
}

void GeminiSession::onClose(unsigned code, std::string_view reason) {
  open_ = false;
  close_code_ = code, close_reason_ = reason;
  tell("closed", {{"code", code}, {"reason", close_reason_}});
  turn_.reset();
  if (conversation_ && conversation_->open_session == id_) conversation_->open_session.clear();
}

nlohmann::json GeminiSession::describe() const {
  const std::uint64_t in_per_ms = std::max<std::uint64_t>(1, in_rate_ / 500);
  json received = received_;
  if (audio_in_) received["realtimeInput.audio"] = audio_in_;
  return {
      {"id", id_},
      {"model", model_},
      {"open", open_},
      {"ready", phase_ == Phase::Ready},
      {"setup", setup_},
      {"conversation", conversation_ ? json{{"id", conversation_->id}, {"history", conversation_->history}} : json()},
      {"resumed_from", resumed_from_.empty() ? json() : json(resumed_from_)},
      {"handles", handles_},
      {"received", received},
      {"audio_in", {{"bytes", bytes_in_}, {"rate", in_rate_}, {"ms", bytes_in_ / in_per_ms}, {"messages", audio_in_}}},
      {"audio_out", {{"bytes", bytes_out_}, {"rate", 24000}, {"ms", bytes_out_ / 48}, {"messages", audio_out_}}},
      {"speech", {{"started", starts_}, {"stopped", stops_}, {"speaking", speaking_}}},
      {"interrupts", interrupts_},
      {"turn_open", turn_ != nullptr},
      {"turns", turn_log_},
      {"tool_calls", tool_calls_},
      {"protocol_errors", protocol_errors_},
      {"warnings", warnings_},
      {"events", notes_},
      {"close", close_code_ ? json{{"code", close_code_}, {"reason", close_reason_}} : json()}};
}

}  // namespace fakes
