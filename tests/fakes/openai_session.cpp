// A session from its beginning to its end, and what goes over its wire.
#include "tests/fakes/openai_session.hpp"
#include "tests/fakes/words.hpp"

#include "tests/fakes/openai_config.hpp"
#include "tests/fakes/quick_reader.hpp"

#include <ctime>

namespace fakes {

using nlohmann::json;

OpenAiShared::OpenAiShared(const std::string& events_file)
    : schema(events_file), reader(std::make_shared<QuickReader>()) {}

OpenAiSession::OpenAiSession(std::string id, std::string model, OpenAiShared& shared, OpenAiWire wire)
    : id_(std::move(id)), model_(std::move(model)), shared_(shared), wire_(std::move(wire)) {}

void OpenAiSession::open(bool beta_header) {
  open_ = true;
  tell("opened", {{"model", model_}});
  opened_ms_ = wire_.now_ms();
  const auto& settings = shared_.settings;
  config_ = openAiDefaults("sess_" + id_, model_,
                           static_cast<std::uint64_t>(std::time(nullptr)) + settings.session_ms / 1000);
  fillOpenAiTurnDetection(config_["audio"]["input"]["turn_detection"]);
  applyFormats();
  const auto fatal = [this](const std::string& code, const std::string& message) {
    keep(protocol_errors_, Json{{"code", code}, {"message", message}});
    emitError("invalid_request_error", {code, "", message}, nullptr);
    wire_.close(4000, "invalid_request_error." + code);
  };
  if (beta_header) return fatal("beta_api_shape_disabled", "The Realtime Beta API is no longer supported.");
  if (model_.find("realtime") == std::string::npos)
    return fatal("invalid_model", "The model '" + model_ + "' is not supported here.");
  later(settings.session_ms, [this] { expire(); });
  if (!settings.created) return;
  const auto greet = [this] {
    emit({{"type", "session.created"}, {"session", config_}});
    if (!shared_.settings.unknown_events) return;
    emit({{"type", "conversation.created"},
          {"conversation", {{"id", "conv_" + id_}, {"object", "realtime.conversation"}}}});
    emit({{"type", "fake.never_heard_of"}, {"nothing", nullptr}, {"nested", {{"type", "error"}}}});
  };
  if (settings.created_delay_ms)
    later(settings.created_delay_ms, greet);
  else
    greet();
}

void OpenAiSession::onMessage(std::string_view payload, bool text) {
  if (!open_) return;
  ++shared_.messages_in;
  if (!text) {
    keep(protocol_errors_,
         Json{{"code", "invalid_event"}, {"message", "a binary frame: every event is one text message"}});
    return emitError("invalid_request_error", {"invalid_event", "", "Expected a text message."}, nullptr);
  }
  if (fastAppend(payload)) return;
  const json event = json::parse(payload, nullptr, false);
  if (event.is_discarded()) {
    keep(protocol_errors_,
         Json{{"code", "invalid_event"}, {"message", "not JSON: " + std::string(payload.substr(0, 200))}});
    return emitError("invalid_request_error", {"invalid_event", "", "The event is not valid JSON."}, nullptr);
  }
  onEvent(event);
}

bool OpenAiSession::fastAppend(std::string_view payload) {
  simdjson::ondemand::document document;
  if (!shared_.reader->read(payload, document)) return false;
  simdjson::ondemand::object object;
  if (document.get_object().get(object)) return false;
  bool is_append = false, has_audio = false;
  std::string_view audio;
  for (auto field : object) {
    std::string_view key, value;
    if (field.unescaped_key().get(key) || field.value().get_string().get(value)) return false;
    if (key == "type") {
      if (value != "input_audio_buffer.append") return false;
      is_append = true;
    } else if (key == "audio") {
      audio = value, has_audio = true;
    } else if (key != "event_id" || value.size() > 512) {
      return false;
    }
  }
  const char* rest;
  if (!is_append || !has_audio || !document.current_location().get(rest))
    return false;  // anything after the object: not JSON
  append(audio);
  return true;
}

void OpenAiSession::emitError(const std::string& type, const OpenAiRefusal& why, const Json& client_event_id) {
  const Json error = {{"type", type},
                      {"code", why.code.empty() ? Json() : Json(why.code)},
                      {"message", why.message},
                      {"param", why.param.empty() ? Json() : Json(why.param)},
                      {"event_id", client_event_id.is_string() ? client_event_id : Json()}};
  keep(errors_, error);
  emit({{"type", "error"}, {"error", error}});
}

void OpenAiSession::expire() {
  if (!open_) return;
  emitError("invalid_request_error", {"session_expired", "", "Your session hit the maximum duration of 60 minutes."},
            nullptr);
  wire_.close(1001, "Your session hit the maximum duration of 60 minutes.");
}

void OpenAiSession::warn(const std::string& what) { keep(warnings_, Json{{"message", what}}); }

void OpenAiSession::note(const Json& event) {
  const std::string type =
      event.is_object() && event.contains("type") && event["type"].is_string() ? event["type"].get<std::string>() : "?";
  ++received_[shared_.schema.isClientEvent(type) ? type : "unknown"];
  if (type == "input_audio_buffer.append") return;
  keep(notes_, Json{{"at_ms", wire_.now_ms() - opened_ms_}, {"event", event}}, shared_.settings.keep_events);
}

void OpenAiSession::emit(Json event) {
  event["event_id"] = eventId();
  if (event.contains("type") && event["type"].is_string()) ++sent_[event["type"]];
  sendText(event.dump());
}

void OpenAiSession::sendText(std::string text) {
  if (!open_) return;
  if (shared_.settings.half_characters) halveFirstOf("\"transcript\":\"", text);
  ++shared_.messages_out;
  wire_.send(std::move(text));
}

void OpenAiSession::later(std::uint32_t ms, std::function<void()> task) {
  wire_.after(ms, [weak = weak_from_this(), task = std::move(task)] {
    if (const auto self = weak.lock(); self && self->open_) task();
  });
}

void OpenAiSession::onClose(unsigned code, std::string_view reason) {
  open_ = false;
  close_code_ = code, close_reason_ = reason;
  tell("closed", {{"code", code}, {"reason", close_reason_}});
  active_.reset();
  side_.clear();
}

nlohmann::json OpenAiSession::describe() const {
  json items = json::array();
  for (const auto& id : order_) {
    const auto& item = items_.at(id);
    json shown = itemJson(item);
    if (item.has_audio) shown["audio_ms"] = out_.ms(item.audio_bytes);
    items.push_back(std::move(shown));
  }
  json received = received_;
  if (appends_) received["input_audio_buffer.append"] = appends_;
  json sent = sent_;
  if (deltas_) sent["response.output_audio.delta"] = deltas_;
  return {{"id", id_},
          {"model", model_},
          {"open", open_},
          {"updated", updated_},
          {"updates", updates_},
          {"config", config_},
          {"received", received},
          {"sent", sent},
          {"audio_in", {{"bytes", bytes_in_}, {"ms", in_.ms(bytes_in_)}, {"messages", appends_}}},
          {"audio_out", {{"bytes", bytes_out_}, {"ms", out_.ms(bytes_out_)}, {"messages", deltas_}}},
          {"speech", {{"started", starts_}, {"stopped", stops_}, {"speaking", speaking_}}},
          {"active_response", active_ ? json(active_->id) : json()},
          {"responses", responses_},
          {"truncates", truncates_},
          {"items", items},
          {"tool_calls", tool_calls_},
          {"errors_sent", errors_},
          {"protocol_errors", protocol_errors_},
          {"warnings", warnings_},
          {"events", notes_},
          {"total_tokens", total_tokens_},
          {"close", close_code_ ? json{{"code", close_code_}, {"reason", close_reason_}} : json()}};
}

}  // namespace fakes
