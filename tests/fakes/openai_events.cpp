// What a client may say in an OpenAI session, and what each of it does.
#include <algorithm>

#include "tests/fakes/openai_config.hpp"
#include "tests/fakes/openai_session.hpp"

namespace fakes {

using nlohmann::json;

void OpenAiSession::onEvent(const Json& event) {
  note(event);
  if (auto bad = shared_.schema.checkClient(event)) return refuse(*bad, event);
  const std::string type = event["type"];
  if (type == "session.update") return onUpdate(event);
  if (type == "input_audio_buffer.append") return append(event["audio"].get_ref<const std::string&>());
  if (type == "input_audio_buffer.commit") return commit(event);
  if (type == "input_audio_buffer.clear") {
    input_base_ += input_.size();
    input_.clear();
    vad_.restart();
    speaking_ = false;
    return emit({{"type", "input_audio_buffer.cleared"}});
  }
  if (type == "conversation.item.create") return onItemCreate(event);
  if (type == "conversation.item.truncate") return onTruncate(event);
  if (type == "response.create") return onCreate(event);
  if (type == "response.cancel") return onCancel(event);
  if (type == "output_audio_buffer.clear") {
    return refuse({"invalid_event", "type", "output_audio_buffer.clear is for WebRTC and SIP sessions only."}, event);
  }
  const auto item = items_.find(event["item_id"]);
  if (item == items_.end()) {
    const std::string verb = type == "conversation.item.delete" ? "delete" : "retrieve";
    return refuse({"item_" + verb + "_invalid_item_id", "item_id",
                   "Error: the item with id " + event["item_id"].dump() + " does not exist."},
                  event, true);
  }
  if (type == "conversation.item.retrieve")
    return emit({{"type", "conversation.item.retrieved"}, {"item", itemJson(item->second)}});
  order_.erase(std::remove(order_.begin(), order_.end(), item->first), order_.end());
  emit({{"type", "conversation.item.deleted"}, {"item_id", item->first}});
  items_.erase(item);
}

std::optional<OpenAiRefusal> OpenAiSession::updateRules(const Json& session) const {
  const auto invalid = [](const std::string& param, const std::string& why) {
    return OpenAiRefusal{"invalid_value", param, why};
  };
  if (session["type"] != "realtime") return invalid("session.type", "The session type cannot be changed.");
  if (session.contains("model") && session["model"] != model_)
    return invalid("session.model", "The model cannot be changed.");
  if (session.contains("output_modalities") && session["output_modalities"].size() != 1) {
    return invalid("session.output_modalities", "Invalid modalities: exactly one of 'text' and 'audio'.");
  }
  const bool reasons = model_.find("gpt-realtime-2") == 0 && model_.find("gpt-realtime-2025") != 0;
  for (const char* key : {"reasoning", "parallel_tool_calls"}) {
    if (session.contains(key) && !reasons)
      return invalid(std::string("session.") + key, "Not supported by model '" + model_ + "'.");
  }
  if (session.contains("max_output_tokens") && session["max_output_tokens"].is_number() &&
      (session["max_output_tokens"] < 1 || session["max_output_tokens"] > 4096)) {
    return invalid("session.max_output_tokens", "Expected 1 to 4096 or \"inf\".");
  }
  const Json none;
  const Json& audio = session.contains("audio") ? session["audio"] : none;
  const Json& output = audio.is_object() && audio.contains("output") ? audio["output"] : none;
  if (output.is_object() && output.contains("voice")) {
    const Json& voice = output["voice"];
    if (voice.is_string() && !isOpenAiVoice(voice)) {
      return invalid("session.audio.output.voice", "Invalid voice: " + voice.dump() + ".");
    }
    if (voiced_ && voice != config_["audio"]["output"]["voice"]) {
      return OpenAiRefusal{"cannot_update_voice", "session.audio.output.voice",
                           "Cannot update a conversation's voice if assistant audio is present."};
    }
  }
  if (output.is_object() && output.contains("speed") && active_)
    return invalid("session.audio.output.speed", "Cannot change during a response.");
  return std::nullopt;
}

void OpenAiSession::onUpdate(const Json& event) {
  ++updates_;
  const auto& reply = shared_.settings.update_reply;
  if (reply == "silent") return;
  if (reply == "refuse") {
    return emitError("invalid_request_error",
                     {"missing_required_parameter", "session.type", "Missing required parameter: 'session.type'."},
                     event.value("event_id", Json()));
  }
  const Json& session = event["session"];
  if (auto bad = updateRules(session)) return refuse(*bad, event);
  for (const auto& [key, value] : session.items()) {
    if (key != "audio") config_[key] = value;
  }
  if (session.contains("audio")) {
    for (const char* side : {"input", "output"}) {
      if (session["audio"].contains(side)) config_["audio"][side].update(session["audio"][side]);
    }
    fillOpenAiTurnDetection(config_["audio"]["input"]["turn_detection"]);
  }
  if (reply == "pcm") {
    for (const char* side : {"input", "output"})
      config_["audio"][side]["format"] = {{"type", "audio/pcm"}, {"rate", 24000}};
  }
  applyFormats();
  updated_ = true;
  tell("updated", {{"input", config_["audio"]["input"]["format"]["type"]},
                   {"output", config_["audio"]["output"]["format"]["type"]}});
  Json said = config_;
  if (reply == "bare") said.erase("audio");
  emit({{"type", "session.updated"}, {"session", said}});
}

void OpenAiSession::onItemCreate(const Json& event) {
  const Json& given = event["item"];
  Item item;
  item.type = given["type"], item.role = given.value("role", ""), item.status = "completed";
  item.id = given.contains("id") ? given["id"].get<std::string>() : newId("item");
  item.content = given.value("content", Json::array());
  item.call_id = given.value("call_id", ""), item.name = given.value("name", "");
  item.arguments = given.value("arguments", ""), item.text = given.value("output", "");
  if (items_.count(item.id)) return refuse({"invalid_value", "item.id", "An item with this id already exists."}, event);
  for (std::size_t i = 0; i < item.content.size(); ++i) {
    const auto& part = item.content[i];
    const std::string path = "item.content[" + std::to_string(i) + "].";
    const std::string kind = part["type"];
    const bool has_text = part.contains("text");
    if (item.role == "assistant" ? !has_text : kind == "input_text" && !has_text) {
      return refuse({"missing_required_parameter", path + "text", "Missing required parameter: '" + path + "text'."},
                    event);
    }
    if (has_text) item.text += part["text"].get<std::string>();
  }
  std::string after = order_.empty() ? "" : order_.back();
  auto position = order_.end();
  if (event.contains("previous_item_id")) {
    after = event["previous_item_id"];
    position = order_.begin();
    if (after != "root") {
      position = std::find(order_.begin(), order_.end(), after);
      if (position == order_.end())
        return refuse({"invalid_value", "previous_item_id", "Previous item with ID '" + after + "' not found."}, event);
      ++position;
    }
  }
  if (item.type == "function_call")
    tool_calls_[item.call_id] = {{"name", item.name}, {"arguments", item.arguments}, {"from", "client"}};
  if (item.type == "function_call_output") {
    const auto call = tool_calls_.find(item.call_id);
    if (call == tool_calls_.end())
      return refuse(
          {"invalid_tool_call_id", "item.call_id", "Tool call ID '" + item.call_id + "' not found in conversation."},
          event);
    if (call->second.contains("output")) warn("a second output for call " + item.call_id);
    call->second["output"] = item.text;
    tell("tool_output", {{"call_id", item.call_id}, {"output", item.text}});
  }
  order_.insert(position, item.id);
  const Json shown = itemJson(item);
  const Json previous = after.empty() || after == "root" ? Json() : Json(after);
  const Item& added = items_[item.id] = item;
  emit({{"type", "conversation.item.added"}, {"previous_item_id", previous}, {"item", shown}});
  emit({{"type", "conversation.item.done"}, {"previous_item_id", previous}, {"item", shown}});
  if (!shared_.settings.repeat_history || added.type != "message") return;
  if (added.role == "user") return transcribe("old_" + added.id, added.text, 0);
  if (added.role == "assistant")
    emit({{"type", "response.output_audio_transcript.done"},
          {"item_id", "old_" + added.id},
          {"transcript", added.text}});
}

void OpenAiSession::onTruncate(const Json& event) {
  const std::int64_t wanted = event["audio_end_ms"].get<std::int64_t>();
  const auto found = items_.find(event["item_id"]);
  const std::uint64_t sent_ms = found == items_.end() ? 0 : out_.ms(found->second.audio_bytes);
  std::optional<OpenAiRefusal> bad;
  if (found == items_.end()) {
    bad = {"item_truncate_invalid_item_id", "item_id",
           "Item with item_id '" + event["item_id"].get<std::string>() + "' not found."};
  } else if (found->second.role != "assistant" || !found->second.has_audio) {
    bad = {"unsupported_content_type", "item_id", "Only model output audio messages can be truncated."};
  } else if (event["content_index"] != 0) {
    bad = {"invalid_value", "content_index", "No content at this index."};
  } else if (wanted < 0) {
    bad = {"invalid_value", "audio_end_ms", "Expected a value of at least 0."};
  } else if (static_cast<std::uint64_t>(wanted) > sent_ms) {
    bad = {
        "invalid_value", "audio_end_ms",
        "Audio content of " + std::to_string(sent_ms) + "ms is already shorter than " + std::to_string(wanted) + "ms"};
  }
  tell("truncate", {{"item_id", event["item_id"]}, {"audio_end_ms", wanted}, {"accepted", !bad}});
  keep(truncates_, Json{{"item_id", event["item_id"]},
                        {"content_index", event["content_index"]},
                        {"audio_end_ms", wanted},
                        {"audio_sent_ms", sent_ms},
                        {"accepted", !bad},
                        {"at_ms", wire_.now_ms() - opened_ms_}});
  if (bad) return refuse(*bad, event);
  found->second.text.clear();
  emit({{"type", "conversation.item.truncated"},
        {"item_id", event["item_id"]},
        {"content_index", 0},
        {"audio_end_ms", wanted}});
}

void OpenAiSession::onCancel(const Json& event) {
  const std::string wanted = event.value("response_id", "");
  RunningPtr target = active_ && !active_->stopping && (wanted.empty() || active_->id == wanted) ? active_ : nullptr;
  for (const auto& running : side_) {
    if (!wanted.empty() && running->id == wanted) target = running;
  }
  if (!target)
    return refuse({"response_cancel_not_active", "", "Cancellation failed: no active response found"}, event, true);
  interrupt(target, "client_cancelled");
}

void OpenAiSession::onCreate(const Json& event) {
  const Json params = event.value("response", Json::object());
  const bool in_conversation = params.value("conversation", "auto") != "none";
  if (params.contains("output_modalities") && params["output_modalities"].size() != 1) {
    return refuse({"invalid_value", "response.output_modalities", "Exactly one of 'text' and 'audio'."}, event);
  }
  if (in_conversation && active_) {
    return refuse({"conversation_already_has_active_response", "",
                   "Conversation already has an active response in progress: " + active_->id + "."},
                  event, true);
  }
  if (!shared_.settings.answer) return;
  OpenAiTurn turn;
  if (turn_)
    turn = *std::exchange(turn_, std::nullopt);
  else
    turn = nextTurn();
  start(std::move(turn), "client", params);
}

void OpenAiSession::refuse(const OpenAiRefusal& why, const Json& event, bool harmless) {
  const Json id = event.is_object() ? event.value("event_id", Json()) : Json();
  if (!harmless) tell("protocol_error", {{"code", why.code}, {"message", why.message}});
  keep(
      harmless ? warnings_ : protocol_errors_,
      Json{
          {"code", why.code}, {"param", why.param}, {"message", why.message}, {"event", event.dump().substr(0, 2000)}});
  emitError("invalid_request_error", why, id);
}

}  // namespace fakes
