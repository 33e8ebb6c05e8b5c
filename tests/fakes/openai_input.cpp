// The input buffer of an OpenAI session, its voice detector, and the settings a test may give.
#include "tests/fakes/openai_session.hpp"

#include <algorithm>
#include <stdexcept>

namespace fakes {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMostBufferedMs = 600000;

speech::Format formatOf(const json& format) {
  const std::string type = format.value("type", "audio/pcm");
  if (type == "audio/pcmu") return {speech::Code::Pcmu, 8000};
  if (type == "audio/pcma") return {speech::Code::Pcma, 8000};
  return {speech::Code::Pcm16, 24000};
}

}  // namespace

void OpenAiSession::applyFormats() {
  const auto& audio = config_["audio"];
  const speech::Format in = formatOf(audio["input"]["format"]);
  out_ = formatOf(audio["output"]["format"]);
  const Json detection = turnDetection();
  const bool fresh = !(in == in_) || vad_at_ == 0;
  in_ = in;
  if (fresh) {
    // Offsets count audio of one format; what was appended in another one means nothing now.
    if (!input_.empty()) warn("the input format changed after audio had been appended");
    input_.clear();
    input_base_ = vad_at_ = 0;
    speaking_ = false;
    vad_ = speech::Vad(in_.rate, {});
  }
  speech::Vad::Settings settings;
  settings.level = shared_.settings.vad_level;
  settings.confirm_ms = shared_.settings.vad_confirm_ms;
  settings.silence_ms = detection.is_object() ? detection.value("silence_duration_ms", 500U) : 500U;
  vad_.configure(settings);
}

nlohmann::json OpenAiSession::turnDetection() const { return config_["audio"]["input"]["turn_detection"]; }

void OpenAiSession::append(std::string_view base64) {
  ++appends_, ++shared_.appends;
  if (!updated_ && appends_ == 1) warn("audio before session.updated");
  if (shared_.settings.mode == "loopback") return loopback(base64);
  if (!decodeBase64(base64, decoded_)) {
    return refuse({"invalid_value", "audio", "Invalid 'audio'. Expected base64-encoded audio bytes."},
                  {{"type", "input_audio_buffer.append"}, {"audio", std::string(base64.substr(0, 100))}});
  }
  bytes_in_ += decoded_.size(), shared_.audio_bytes_in += decoded_.size();
  if (shared_.settings.keep_audio && in_.ms(kept_in_.size()) < kMostBufferedMs) kept_in_ += decoded_;
  pushAudio(decoded_);
}

void OpenAiSession::pushAudio(std::string_view bytes) {
  input_.append(bytes);
  if (in_.ms(input_.size()) > kMostBufferedMs) {
    input_.erase(0, bytes.size());
    input_base_ += bytes.size();
  }
  const std::uint64_t end = input_base_ + input_.size();
  // By reference: this runs for every frame of every call.
  const auto& detection = config_["audio"]["input"]["turn_detection"];
  if (!detection.is_object()) {
    vad_at_ = end;
    return;
  }
  vad_at_ = std::max(vad_at_, input_base_);
  const speech::Samples samples = speech::decode(in_, std::string_view(input_).substr(vad_at_ - input_base_));
  for (std::size_t at = 0, taken = 0; at < samples.size(); at += taken) {
    const auto edge = vad_.push(samples.data() + at, samples.size() - at, taken);
    vad_at_ += taken * in_.sampleBytes();
    const std::uint64_t padding = detection.value("prefix_padding_ms", 300U);
    if (edge == speech::Vad::Edge::Started) startSpeech(vad_.startMs() > padding ? vad_.startMs() - padding : 0);
    if (edge == speech::Vad::Edge::Stopped) stopSpeech(in_.ms(vad_at_));
  }
  if (speaking_) return;
  const std::size_t wanted =
      in_.bytes(detection.value("prefix_padding_ms", 300U) + shared_.settings.vad_confirm_ms + 200);
  if (input_.size() > 4 * wanted) {
    const std::size_t drop = (input_.size() - wanted) / in_.sampleBytes() * in_.sampleBytes();
    input_.erase(0, drop);
    input_base_ += drop;
  }
}

void OpenAiSession::startSpeech(std::uint64_t start_ms) {
  if (speaking_) return;
  speaking_ = true;
  ++starts_, ++idle_epoch_;
  tell("speech_started", {{"at_ms", start_ms}});
  user_item_ = newId("item");
  speech_from_ = std::max<std::uint64_t>(in_.bytes(start_ms), input_base_);
  emit({{"type", "input_audio_buffer.speech_started"},
        {"audio_start_ms", in_.ms(speech_from_)},
        {"item_id", user_item_}});
  const Json detection = turnDetection();
  if (active_ && !active_->stopping && detection.is_object() && detection.value("interrupt_response", true)) {
    interrupt(active_, "turn_detected");
  }
}

void OpenAiSession::stopSpeech(std::uint64_t end_ms) {
  if (!speaking_) return;
  speaking_ = false;
  ++stops_;
  tell("speech_stopped", {{"at_ms", end_ms}});
  emit({{"type", "input_audio_buffer.speech_stopped"}, {"audio_end_ms", end_ms}, {"item_id", user_item_}});
  finishUtterance(speech_from_, in_.bytes(end_ms));
  const Json detection = turnDetection();
  if (!detection.is_object() || !detection.value("create_response", true) || !shared_.settings.answer) return;
  if (active_ && !active_->stopping) {
    return emitError("invalid_request_error",
                     {"conversation_already_has_active_response", "",
                      "Conversation already has an active response in progress: " + active_->id + "."},
                     nullptr);
  }
  // An interrupted response that is still on its way to response.done gives way at once.
  if (active_) finish(active_, "cancelled", {{"type", "cancelled"}, {"reason", "turn_detected"}});
  start(*std::exchange(turn_, std::nullopt), "vad", Json::object());
}

void OpenAiSession::speechStarted() {
  if (open_) startSpeech(in_.ms(input_base_ + input_.size()));
}

void OpenAiSession::speechStopped() {
  if (!open_) return;
  vad_.restart();
  stopSpeech(in_.ms(input_base_ + input_.size()));
}

void OpenAiSession::commit(const Json& event) {
  if (in_.ms(input_.size()) < 100 || (turnDetection().is_object() && !speaking_)) {
    return refuse({"input_audio_buffer_commit_empty", "",
                   "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio."},
                  event, turnDetection().is_object());
  }
  if (!speaking_) user_item_ = newId("item");
  const std::uint64_t from = speaking_ ? speech_from_ : input_base_;
  speaking_ = false;
  vad_.restart();
  finishUtterance(from, input_base_ + input_.size());
}

void OpenAiSession::finishUtterance(std::uint64_t from_byte, std::uint64_t to_byte) {
  const std::uint64_t end = std::min<std::uint64_t>(to_byte, input_base_ + input_.size());
  const std::uint64_t from = std::min(std::max(from_byte, input_base_), end);
  utterance_ = input_.substr(from - input_base_, end - from);
  input_.erase(0, end - input_base_);
  input_base_ = end;
  unanswered_ = true;
  turn_ = nextTurn();
  Item item;
  item.id = user_item_, item.type = "message", item.role = "user", item.status = "completed";
  item.content = {{{"type", "input_audio"}, {"transcript", nullptr}}};
  item.text = turn_->user.value_or(shared_.settings.user_text);
  const std::string text = item.text, id = item.id;
  const Json previous = order_.empty() ? Json() : Json(order_.back()), shown = itemJson(addItem(std::move(item)));
  emit({{"type", "input_audio_buffer.committed"}, {"previous_item_id", previous}, {"item_id", id}});
  emit({{"type", "conversation.item.added"}, {"previous_item_id", previous}, {"item", shown}});
  emit({{"type", "conversation.item.done"}, {"previous_item_id", previous}, {"item", shown}});
  if (!config_["audio"]["input"]["transcription"].is_object()) return;
  const std::uint64_t ms = in_.ms(utterance_.size());
  later(shared_.settings.transcript_delay_ms, [this, id, text, ms] { transcribe(id, text, ms); });
}

void OpenAiSession::transcribe(const std::string& item_id, const std::string& text, std::uint64_t ms) {
  const std::string type = "conversation.item.input_audio_transcription.";
  const std::size_t half = text.size() / 2;
  // Cut at a space, never inside a UTF-8 sequence.
  const std::size_t cut = std::min(text.find(' ', half), text.size());
  for (const auto& part : {text.substr(0, cut), text.substr(cut)}) {
    if (!part.empty()) emit({{"type", type + "delta"}, {"item_id", item_id}, {"content_index", 0}, {"delta", part}});
  }
  emit({{"type", type + "completed"},
        {"item_id", item_id},
        {"content_index", 0},
        {"transcript", text},
        {"usage",
         {{"type", "tokens"},
          {"input_tokens", ms / 100},
          {"output_tokens", 3},
          {"total_tokens", ms / 100 + 3},
          {"input_token_details", {{"text_tokens", 0}, {"audio_tokens", ms / 100}}}}}});
}

void OpenAiSession::armIdleTimeout(std::uint64_t audio_ms) {
  const Json detection = turnDetection();
  const Json idle = detection.is_object() ? detection.value("idle_timeout_ms", Json()) : Json();
  if (!idle.is_number()) return;
  later(static_cast<std::uint32_t>(audio_ms) + idle.get<std::uint32_t>(), [this, epoch = idle_epoch_] {
    if (epoch != idle_epoch_ || active_ || speaking_) return;
    const std::uint64_t end = input_base_ + input_.size();
    user_item_ = newId("item");
    emit({{"type", "input_audio_buffer.timeout_triggered"},
          {"audio_start_ms", in_.ms(input_base_)},
          {"audio_end_ms", in_.ms(end)},
          {"item_id", user_item_}});
    finishUtterance(input_base_, end);
    if (shared_.settings.answer) start(*std::exchange(turn_, std::nullopt), "timeout", Json::object());
  });
}

OpenAiTurn OpenAiTurn::parse(const nlohmann::json& value) try {
  if (!value.is_object()) throw std::invalid_argument("a turn is an object");
  OpenAiTurn turn;
  for (const auto& [key, member] : value.items()) {
    if (key == "user")
      turn.user = member.get<std::string>();
    else if (key == "assistant")
      turn.assistant = member.get<std::string>();
    else if (key == "audio_ms")
      turn.audio_ms = member.get<std::uint32_t>();
    else if (key == "hz")
      turn.hz = member.get<double>();
    else if (key == "items")
      turn.items = std::max<std::uint32_t>(1, member.get<std::uint32_t>());
    else if (key == "status")
      turn.status = member.get<std::string>();
    else if (key == "reason")
      turn.reason = member.get<std::string>();
    else if (key == "error_code")
      turn.error_code = member.get<std::string>();
    else if (key == "usage")
      turn.usage = member.get<bool>();
    else if (key == "close_code")
      turn.close_code = member.get<std::uint32_t>();
    else if (key == "close_at_ms")
      turn.close_at_ms = member.get<std::uint32_t>();
    else if (key == "text")
      turn.text = member.get<bool>();
    else if (key == "anonymous")
      turn.anonymous = member.get<bool>();
    else if (key == "pcm")
      turn.pcm = member.get<bool>();
    else if (key == "delay_ms")
      turn.delay_ms = member.get<std::uint32_t>();
    else if (key == "tools") {
      for (const auto& tool : member) {
        const json arguments = tool.value("arguments", json("{}"));
        turn.tools.push_back({tool.at("name"), arguments.is_string() ? arguments.get<std::string>() : arguments.dump(),
                              tool.value("call_id", "")});
      }
    } else {
      throw std::invalid_argument("a turn has no member '" + key +
                                  "'; known: user, assistant, audio_ms, hz, items, status, "
                                  "reason, error_code, usage, delay_ms, tools, close_code, close_at_ms, text, "
                                  "anonymous, pcm");
    }
  }
  if (turn.status != "completed" && turn.status != "incomplete" && turn.status != "failed" && turn.status != "never") {
    throw std::invalid_argument("turn status '" + turn.status + "': expected completed, incomplete, failed or never");
  }
  return turn;
} catch (const json::exception& e) {
  throw std::invalid_argument(std::string("turn: ") + e.what());
}

void OpenAiSettings::check() const {
  const auto need = [](bool fine, const char* what) {
    if (!fine) throw std::invalid_argument(what);
  };
  need(mode == "echo" || mode == "tone" || mode == "script" || mode == "loopback",
       "mode: expected echo, tone, script or loopback");
  need(update_reply == "updated" || update_reply == "refuse" || update_reply == "silent" || update_reply == "pcm" ||
           update_reply == "bare",
       "update_reply: expected updated, refuse, silent, pcm or bare");
  need(!delta_bytes.empty() && std::find(delta_bytes.begin(), delta_bytes.end(), 0U) == delta_bytes.end(),
       "delta_bytes: expected a list of sizes above 0");
  need(script.is_array(), "script: expected a list of turns");
  for (const auto& turn : script) OpenAiTurn::parse(turn);
  if (!every.is_null()) OpenAiTurn::parse(every);
}

}  // namespace fakes
