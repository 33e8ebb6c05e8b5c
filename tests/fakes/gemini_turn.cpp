// The model's turns in a Gemini session: audio bursts, transcripts, completion, interruption, function calls.
#include "tests/fakes/gemini_session.hpp"

#include <algorithm>

#include "tests/fakes/words.hpp"

namespace fakes {
namespace {

using nlohmann::json;

constexpr std::uint32_t kTickMs = 20;
constexpr std::size_t kBytesPerMs = 48;  // 24 kHz, 16 bit
constexpr std::size_t kMostKept = 600000 * kBytesPerMs;
constexpr std::size_t kMostTurns = 1000;

}  // namespace

GeminiTurn GeminiSession::nextTurn() {
  if (!shared_.queue.empty()) {
    GeminiTurn turn = std::move(shared_.queue.front());
    shared_.queue.pop_front();
    return turn;
  }
  const auto& script = shared_.settings.script;
  if (conversation_->script_at < script.size()) return GeminiTurn::parse(script[conversation_->script_at++]);
  const auto& every = shared_.settings.every;
  return every.is_null() ? GeminiTurn{} : GeminiTurn::parse(every);
}

void GeminiSession::respond(GeminiTurn turn) {
  if (open_ && phase_ == Phase::Ready && !turn_) start(std::move(turn), "command");
}

void GeminiSession::start(GeminiTurn turn, const std::string& source) {
  auto running = std::make_shared<Running>();
  running->turn = std::move(turn);
  running->source = source;
  turn_ = running;
  ++turns_;
  if (running->turn.status == "never") return;
  if (running->turn.delay_ms)
    later(running->turn.delay_ms, [this, running] { begin(running); });
  else
    begin(running);
}

void GeminiSession::begin(const RunningPtr& running) {
  if (running->over) return;
  running->stage = Stage::Speaking;
  running->first_audio_ms = wire_.now_ms();
  prepare(*running);
  handleUpdate(false);
  pump(running);
}

void GeminiSession::prepare(Running& running) {
  const auto& turn = running.turn;
  const auto& settings = shared_.settings;
  const bool greeting =
      turns_ == 1 && resumed_from_.empty() && (running.source == "content" || running.source == "text");
  if (!turn.tools.empty() && !turn.assistant && !turn.audio_ms) return;  // nothing but the call
  running.transcript = turn.assistant.value_or(greeting ? settings.greeting_text : settings.assistant_text);
  const speech::Format out{speech::Code::Pcm16, 24000};
  if (settings.mode == "echo" && unanswered_ && running.source == "speech" && !turn.audio_ms) {
    running.audio = speech::convert(utterance_, {speech::Code::Pcm16, in_rate_}, out);
    unanswered_ = false;
  } else {
    const double level = settings.mode == "silent" ? 0 : 8000;
    const std::uint32_t ms = turn.audio_ms.value_or(greeting ? settings.greeting_ms : settings.tone_ms);
    running.audio = speech::encode(out, speech::tone(out.rate, turn.hz.value_or(settings.tone_hz), ms, level));
  }
  if (turn.mute) running.audio.clear();
  if (running.audio.empty() && !turn.mute) running.transcript.clear();
  if (setup_.contains("outputAudioTranscription") && !turn.text) running.words = words(running.transcript);
  conversation_->history.push_back({{"role", "model"}, {"text", running.transcript}});
}

void GeminiSession::pump(const RunningPtr& running) {
  if (running->over || !open_) return;
  if (running->turn.mute && !running->words.empty()) {
    emit({{"serverContent", {{"outputTranscription", {{"text", running->transcript}}}}}});
    running->words.clear();
  }
  const double speed = shared_.settings.speed;
  sendAudio(
      *running,
      speed > 0 ? std::max<std::size_t>(1, static_cast<std::size_t>(kTickMs * speed * kBytesPerMs)) : std::string::npos,
      std::string::npos);
  if (running->sent < running->audio.size()) return later(kTickMs, [this, running] { pump(running); });
  if (running->turn.tools.empty()) return generated(running);
  sendTools(running);
}

std::string GeminiSession::partOf(std::string_view audio, const std::string& mime) {
  std::string out = R"({"inlineData":{"mimeType":")" + (mime.empty() ? "audio/pcm;rate=24000" : mime) + R"(","data":")";
  appendBase64(out, audio);
  return out + "\"}}";
}

void GeminiSession::sendAudio(Running& r, std::size_t budget, std::size_t most_messages) {
  const auto& settings = shared_.settings;
  const bool many = shared_.schema.rules(model_).value("parts_per_event", "many") == "many";
  while (r.sent < r.audio.size() && budget && most_messages--) {
    if (r.turn.close_code && r.sent / kBytesPerMs >= r.turn.close_at_ms) {
      r.over = true;
      return wire_.close(r.turn.close_code, "closed in mid-sentence");
    }
    // Every third message carries two parts, and words ride along: a reader of parts[0] or of one key loses something.
    std::string parts;
    if (many && settings.unknown_keys && r.messages % 4 == 0) parts = R"({"thought":true,"text":"**Planning**"},)";
    const int wanted = many && r.messages % 3 == 2 ? 2 : 1;
    for (int i = 0; i < wanted && r.sent < r.audio.size() && budget; ++i) {
      const std::size_t size = settings.chunk_bytes[size_at_++ % settings.chunk_bytes.size()];
      const std::size_t now = std::min({size, r.audio.size() - r.sent, budget});
      const std::string_view audio = std::string_view(r.audio).substr(r.sent, now);
      if (i) parts += ',';
      parts += r.turn.text ? R"({"text":"words that nobody hears"})" : partOf(audio, r.turn.mime);
      if (settings.keep_audio && kept_out_.size() < kMostKept) kept_out_ += audio;
      r.sent += now;
      if (budget != std::string::npos) budget -= now;
      bytes_out_ += now, shared_.audio_bytes_out += now;
    }
    std::string words;
    const std::size_t due = (r.words.size() * r.sent + r.audio.size() - 1) / r.audio.size();
    for (; r.words_sent < due; ++r.words_sent) words += r.words[r.words_sent];
    std::string text = R"({"serverContent":{"modelTurn":{"role":"model","parts":[)";
    text += parts;
    text += "]}";
    const bool bundled = many && r.messages % 2 == 0;
    if (!words.empty() && bundled) text += R"(,"outputTranscription":{"text":)" + json(words).dump() + "}";
    if (settings.unknown_keys && r.messages % 5 == 1) text += R"(,"somethingNew":[1,null])";
    text += bundled ? R"(},"usageMetadata":{"responseTokenCount":3,"totalTokenCount":3}})" : "}}";
    ++r.messages, ++audio_out_, ++shared_.audio_out;
    sendMessage(std::move(text));
    if (!words.empty() && !bundled) emit({{"serverContent", {{"outputTranscription", {{"text", words}}}}}});
  }
}

void GeminiSession::sendTools(const RunningPtr& running) {
  json calls = json::array();
  bool blocking = false;
  const json rule = shared_.schema.rules(model_);
  for (const auto& tool : running->turn.tools) {
    std::string behavior;
    for (const auto& group : setup_.value("tools", json::array())) {
      for (const auto& function : group.value("functionDeclarations", json::array())) {
        if (function["name"] == tool.name)
          behavior = function.value("behavior", rule.value("default_behavior", "BLOCKING"));
      }
    }
    if (behavior.empty()) warn("the model calls '" + tool.name + "', which setup.tools does not declare");
    blocking = blocking || behavior != "NON_BLOCKING";
    const std::string id = tool.id.empty() ? "fc-" + id_ + "-" + std::to_string(++tool_ids_) : tool.id;
    tool_calls_[id] = {{"name", tool.name}, {"args", tool.args}};
    calls.push_back({{"id", id}, {"name", tool.name}, {"args", tool.args}});
  }
  emit({{"toolCall", {{"functionCalls", calls}}}});
  if (blocking)
    running->stage = Stage::Tool;  // the model stays silent until it is answered
  else
    generated(running);
}

void GeminiSession::cancelTools() {
  json ids = json::array();
  for (auto& [id, call] : tool_calls_) {
    if (call.contains("response") || call.value("cancelled", false)) continue;
    call["cancelled"] = true;
    ids.push_back(id);
  }
  if (!ids.empty()) emit({{"toolCallCancellation", {{"ids", ids}}}});
}

void GeminiSession::generated(const RunningPtr& running) {
  running->stage = Stage::Playing;
  if (running->turn.reason.empty()) emit({{"serverContent", {{"generationComplete", true}}}});
  const auto& when = shared_.settings.turn_complete;
  if (when == "never") return;
  // The service assumes playback in real time and holds turnComplete back for as long.
  const std::uint64_t played = running->first_audio_ms + running->audio.size() / kBytesPerMs, now = wire_.now_ms();
  if (when == "now" || played <= now)
    finish(running);
  else
    later(static_cast<std::uint32_t>(played - now), [this, running] { finish(running); });
}

void GeminiSession::finish(const RunningPtr& running) {
  if (running->over) return;
  running->over = true;
  json content = {{"turnComplete", true}};
  if (!running->turn.reason.empty()) content["turnCompleteReason"] = running->turn.reason;
  if (!running->turn.interaction_status.empty()) content["interactionStatus"] = running->turn.interaction_status;
  const std::uint64_t said = running->audio.size() / kBytesPerMs / 40,
                      heard = utterance_.size() / std::max(1U, in_rate_ / 500) / 40;
  context_tokens_ += heard;
  emit({{"serverContent", content},
        {"usageMetadata",
         {{"promptTokenCount", context_tokens_},
          {"responseTokenCount", said},
          {"totalTokenCount", context_tokens_ + said},
          {"promptTokensDetails", {{{"modality", "AUDIO"}, {"tokenCount", context_tokens_}}}},
          {"responseTokensDetails", {{{"modality", "AUDIO"}, {"tokenCount", said}}}}}}});
  context_tokens_ += said;
  if (turn_log_.size() < kMostTurns) {
    turn_log_.push_back({{"source", running->source},
                         {"status", "completed"},
                         {"audio_ms", running->audio.size() / kBytesPerMs},
                         {"transcript", running->transcript}});
  }
  tell("turn_done", {{"status", "completed"}, {"audio_ms", running->audio.size() / kBytesPerMs}});
  if (turn_ == running) turn_.reset();
  handleUpdate(true);
  if (!texts_.empty() && shared_.settings.answer && !turn_) texts_.pop_front(), start(nextTurn(), "text");
}

void GeminiSession::interrupted() {
  if (turn_) return interrupt(turn_);
  ++interrupts_;
  emit({{"serverContent", {{"interrupted", true}}}});
}

void GeminiSession::interrupt(const RunningPtr& given) {
  const RunningPtr running = given;  // `given` may be turn_ itself
  const auto& settings = shared_.settings;
  running->over = true;
  if (turn_ == running) turn_.reset();
  ++interrupts_;
  emit({{"serverContent", {{"interrupted", true}}}});
  if (settings.late_messages) sendAudio(*running, std::string::npos, settings.late_messages);
  if (turn_log_.size() < kMostTurns) {
    turn_log_.push_back({{"source", running->source},
                         {"status", "interrupted"},
                         {"audio_ms", running->sent / kBytesPerMs},
                         {"transcript", running->transcript}});
  }
  tell("turn_done", {{"status", "interrupted"}, {"audio_ms", running->sent / kBytesPerMs}});
  if (settings.next_turn_ms)
    later(settings.next_turn_ms, [this] {
      if (!turn_) start(nextTurn(), "command");
    });
  const bool end = settings.turn_complete_after_interrupt;
  if (settings.late_ms) return dieSlowly(running, wire_.now_ms() + settings.late_ms, end);
  if (end) emit({{"serverContent", {{"turnComplete", true}}}});
  handleUpdate(true);
}

/// The dead turn goes on in real time; what comes next does not wait for it.
void GeminiSession::dieSlowly(const RunningPtr& running, std::uint64_t until_ms, bool end) {
  if (turn_ || wire_.now_ms() >= until_ms || running->sent >= running->audio.size()) {
    if (end) emit({{"serverContent", {{"turnComplete", true}}}});
    return handleUpdate(true);
  }
  sendAudio(*running, kTickMs * kBytesPerMs, std::string::npos);
  later(kTickMs, [this, running, until_ms, end] { dieSlowly(running, until_ms, end); });
}

}  // namespace fakes
