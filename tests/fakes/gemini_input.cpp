// The caller's audio in a Gemini session: voice activity, utterances, loopback; and the settings a test may give.
#include "tests/fakes/gemini_session.hpp"

#include <algorithm>
#include <stdexcept>

namespace fakes {

using nlohmann::json;

void GeminiSession::listen(std::string_view bytes) {
  input_.append(bytes);
  const speech::Format format{speech::Code::Pcm16, in_rate_};
  const speech::Samples samples = speech::decode(format, std::string_view(input_).substr(heard_ - input_base_));
  for (std::size_t at = 0, taken = 0; at < samples.size(); at += taken) {
    const auto edge = vad_.push(samples.data() + at, samples.size() - at, taken);
    heard_ += taken * 2;
    if (!automatic()) continue;
    if (edge == speech::Vad::Edge::Started) speechStarted(vad_.startMs());
    if (edge == speech::Vad::Edge::Stopped) speechEnded(vad_.nowMs());
  }
  // Without speech only a short run-up is of use; in an utterance ten minutes are the end of patience.
  const std::size_t wanted = format.bytes(
      speaking_ ? 600000 : 400 + shared_.settings.vad_confirm_ms + detection_.value("prefixPaddingMs", 0U));
  if (input_.size() > wanted * 2 && (!speaking_ || input_.size() > wanted)) {
    const std::size_t drop = std::min<std::size_t>((input_.size() - wanted) / 2 * 2, heard_ - input_base_);
    input_.erase(0, drop);
    input_base_ += drop;
  }
}

void GeminiSession::speechStarted(std::uint64_t ms) {
  if (speaking_) return;
  speaking_ = true;
  ++starts_;
  tell("speech_started", {{"at_ms", ms}});
  const std::uint64_t run_up = automatic() ? 200 : 0;
  speech_from_ = std::max<std::uint64_t>(
      speech::Format{speech::Code::Pcm16, in_rate_}.bytes(ms > run_up ? ms - run_up : 0), input_base_);
  const std::string handling =
      setup_.value(json::json_pointer("/realtimeInputConfig/activityHandling"), "START_OF_ACTIVITY_INTERRUPTS");
  if (!turn_ || handling == "NO_INTERRUPTION") return;
  if (turn_->stage == Stage::Tool) cancelTools();
  interrupt(turn_);
}

void GeminiSession::speechEnded(std::uint64_t ms) {
  if (!speaking_) return;
  speaking_ = false;
  ++stops_;
  tell("speech_stopped", {{"at_ms", ms}});
  const std::uint64_t end =
      std::min<std::uint64_t>(speech::Format{speech::Code::Pcm16, in_rate_}.bytes(ms), input_base_ + input_.size());
  const std::uint64_t from = std::min(std::max(speech_from_, input_base_), end);
  utterance_ = input_.substr(from - input_base_, end - from);
  unanswered_ = true;
  GeminiTurn turn = nextTurn();
  const std::string text = turn.user.value_or(shared_.settings.user_text);
  conversation_->history.push_back({{"role", "user"}, {"text", text}});
  transcript("inputTranscription", text);
  // With NO_INTERRUPTION the model finishes first; this fake then drops the caller's turn, as the service may.
  if (!turn_ && shared_.settings.answer) start(std::move(turn), "speech");
}

void GeminiSession::speech(bool started) {
  if (!open_ || phase_ != Phase::Ready) return;
  if (!started) vad_.restart();
  started ? speechStarted(vad_.nowMs()) : speechEnded(vad_.nowMs());
}

// Fragments with leading spaces, as the service cuts them; nothing when the client did not ask for transcription.
void GeminiSession::transcript(const char* which, const std::string& text) {
  const bool input = std::string_view(which) == "inputTranscription";
  if (!setup_.contains(input ? "inputAudioTranscription" : "outputAudioTranscription")) return;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at + 8), text.size());
    emit({{"serverContent", {{which, {{"text", (at == 0 ? " " : "") + text.substr(at, end - at)}}}}}});
    at = end;
  }
}

void GeminiSession::loopback(std::string_view bytes) {
  if (!loop_) loop_ = std::make_unique<speech::Resampler>(in_rate_, 24000);
  const speech::Samples samples = speech::decode({speech::Code::Pcm16, in_rate_}, bytes);
  speech::Samples out;
  loop_->push(samples.data(), samples.size(), out);
  if (out.empty() || !shared_.settings.answer) return;
  const std::string audio = speech::encode({speech::Code::Pcm16, 24000}, out);
  ++audio_out_, ++shared_.audio_out;
  bytes_out_ += audio.size(), shared_.audio_bytes_out += audio.size();
  std::string text = R"({"serverContent":{"modelTurn":{"role":"model","parts":[)";
  text += partOf(audio);
  sendMessage(text + "]}}}");
}

GeminiTurn GeminiTurn::parse(const json& value) try {
  if (!value.is_object()) throw std::invalid_argument("a turn is an object");
  GeminiTurn turn;
  for (const auto& [key, member] : value.items()) {
    if (key == "user")
      turn.user = member.get<std::string>();
    else if (key == "assistant")
      turn.assistant = member.get<std::string>();
    else if (key == "audio_ms")
      turn.audio_ms = member.get<std::uint32_t>();
    else if (key == "hz")
      turn.hz = member.get<double>();
    else if (key == "reason")
      turn.reason = member.get<std::string>();
    else if (key == "interaction_status")
      turn.interaction_status = member.get<std::string>();
    else if (key == "status")
      turn.status = member.get<std::string>();
    else if (key == "close_code")
      turn.close_code = member.get<std::uint32_t>();
    else if (key == "close_at_ms")
      turn.close_at_ms = member.get<std::uint32_t>();
    else if (key == "mute")
      turn.mute = member.get<bool>();
    else if (key == "text")
      turn.text = member.get<bool>();
    else if (key == "mime")
      turn.mime = member.get<std::string>();
    else if (key == "delay_ms")
      turn.delay_ms = member.get<std::uint32_t>();
    else if (key == "tools") {
      for (const auto& tool : member)
        turn.tools.push_back({tool.at("name"), tool.value("id", ""), tool.value("args", json::object())});
    } else {
      throw std::invalid_argument("a turn has no member '" + key +
                                  "'; known: user, assistant, audio_ms, hz, tools, reason, "
                                  "interaction_status, status, delay_ms, close_code, close_at_ms, mute, text, mime");
    }
  }
  if (turn.status != "completed" && turn.status != "never")
    throw std::invalid_argument("turn status '" + turn.status + "': expected completed or never");
  return turn;
} catch (const json::exception& e) {
  throw std::invalid_argument(std::string("turn: ") + e.what());
}

void GeminiSettings::check() const {
  const auto need = [](bool fine, const char* what) {
    if (!fine) throw std::invalid_argument(what);
  };
  need(mode == "echo" || mode == "tone" || mode == "silent" || mode == "script" || mode == "loopback",
       "mode: expected echo, tone, silent, script or loopback");
  need(frames == "binary" || frames == "text", "frames: expected binary or text");
  need(turn_complete == "playback" || turn_complete == "now" || turn_complete == "never",
       "turn_complete: expected playback, now or never");
  need(after_tool == "silent" || after_tool == "speak", "after_tool: expected silent or speak");
  need(setup_reply == "complete" || setup_reply == "silent" || setup_reply == "close",
       "setup_reply: expected complete, silent or close");
  need(!chunk_bytes.empty() && std::find(chunk_bytes.begin(), chunk_bytes.end(), 0U) == chunk_bytes.end(),
       "chunk_bytes: expected a list of sizes above 0");
  need(script.is_array(), "script: expected a list of turns");
  for (const auto& turn : script) GeminiTurn::parse(turn);
  if (!every.is_null()) GeminiTurn::parse(every);
}

}  // namespace fakes
