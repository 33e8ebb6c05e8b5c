// Responses of an OpenAI session: which comes when, audio faster than real time, cancellation, the end.
#include "tests/fakes/openai_session.hpp"
#include "tests/fakes/words.hpp"

#include <algorithm>

namespace fakes {
namespace {

using nlohmann::json;

constexpr std::uint32_t kTickMs = 20;
constexpr std::size_t kMostResponses = 1000;

}  // namespace

OpenAiTurn OpenAiSession::nextTurn() {
  if (!shared_.queue.empty()) {
    OpenAiTurn turn = std::move(shared_.queue.front());
    shared_.queue.pop_front();
    return turn;
  }
  const auto& script = shared_.settings.script;
  if (script_at_ < script.size()) return OpenAiTurn::parse(script[script_at_++]);
  const auto& every = shared_.settings.every;
  return every.is_null() ? OpenAiTurn{} : OpenAiTurn::parse(every);
}

void OpenAiSession::respond(OpenAiTurn turn) {
  if (open_ && !active_) start(std::move(turn), "command", Json::object());
}

void OpenAiSession::start(OpenAiTurn turn, const std::string& source, const Json& params) {
  auto running = std::make_shared<Running>();
  ++idle_epoch_;
  running->id = newId("resp");
  running->in_conversation = params.value("conversation", "auto") != "none";
  running->metadata = params.value("metadata", Json());
  running->params = params;
  running->source = source;
  running->turn = std::move(turn);
  if (running->in_conversation)
    active_ = running;
  else
    side_.push_back(running);
  if (running->turn.delay_ms)
    later(running->turn.delay_ms, [this, running] { begin(running); });
  else
    begin(running);
}

void OpenAiSession::begin(const RunningPtr& running) {
  if (running->finished) return;
  running->begun = true;
  emit({{"type", "response.created"}, {"response", responseJson(*running, "in_progress", nullptr, nullptr)}});
  emit({{"type", "rate_limits.updated"},
        {"rate_limits",
         {{{"name", "requests"}, {"limit", 1000}, {"remaining", 999}, {"reset_seconds", 60}},
          {{"name", "tokens"}, {"limit", 50000}, {"remaining", 49950}, {"reset_seconds", 60.5}}}}});
  const auto& turn = running->turn;
  if (turn.status == "never") return;
  if (turn.status == "failed") {
    return finish(running, "failed",
                  {{"type", "failed"}, {"error", {{"type", "server_error"}, {"code", turn.error_code}}}});
  }
  prepareAudio(*running);
  pump(running);
}

void OpenAiSession::prepareAudio(Running& running) {
  auto& turn = running.turn;
  const auto& settings = shared_.settings;
  const Json modalities = running.params.value("output_modalities", config_["output_modalities"]);
  running.text_only = turn.text || modalities == Json({"text"});
  const bool greeting = running.source == "client" && !unanswered_ && responses_.empty();
  const bool only_tools = !turn.tools.empty() && !turn.assistant && !turn.audio_ms;
  if (!only_tools) {
    running.transcript = turn.assistant.value_or(greeting ? settings.greeting_text : settings.assistant_text);
    const bool echo = settings.mode == "echo" && unanswered_ && running.in_conversation && !turn.audio_ms;
    if (running.text_only) {
      // nothing to hear
    } else if (echo) {
      running.audio = speech::convert(utterance_, in_, out_);
    } else {
      const std::uint32_t ms = turn.audio_ms.value_or(greeting ? settings.greeting_ms : settings.tone_ms);
      running.audio = speech::encode(out_, speech::tone(out_.rate, turn.hz.value_or(settings.tone_hz), ms, 8000));
    }
    if (turn.status == "incomplete")
      running.audio.resize(running.audio.size() / 2 / out_.sampleBytes() * out_.sampleBytes());
    for (std::uint32_t i = 0; i < turn.items; ++i) running.item_ids.push_back(newId("item"));
  }
  if (turn.pcm) running.audio = speech::convert(running.audio, out_, {speech::Code::Pcm16, 24000});
  if (running.in_conversation) unanswered_ = false;
}

void OpenAiSession::pump(const RunningPtr& running) {
  auto& r = *running;
  if (r.stopping || r.finished || !open_) return;
  const auto& settings = shared_.settings;
  std::size_t budget = settings.speed > 0
                           ? std::max<std::size_t>(1, out_.bytes(static_cast<std::uint64_t>(kTickMs * settings.speed)))
                           : std::string::npos;
  if (settings.interleave && r.item == 0 && r.item_ids.size() > 1) sendInterleaved(r);
  while (r.item < r.item_ids.size()) {
    if (!r.item_open) openItem(r);
    while (r.audio_sent < r.end && budget) {
      if (r.turn.close_code && out_.ms(r.audio_sent) >= r.turn.close_at_ms)
        return wire_.close(r.turn.close_code, "closed in mid-sentence");
      const std::size_t size = settings.delta_bytes[size_at_++ % settings.delta_bytes.size()];
      const std::size_t now = std::min({size, r.end - r.audio_sent, budget});
      const std::size_t all_words = words(r.transcript).size();
      sendWords(r, 1 + (all_words ? (all_words - 1) * (r.audio_sent - r.from) / (r.end - r.from) : 0));
      sendDelta(r, now);
      if (budget != std::string::npos) budget -= now;
    }
    if (r.audio_sent < r.end) return later(kTickMs, [this, running] { pump(running); });
    closeItem(r, r.turn.status == "incomplete" ? "incomplete" : "completed");
    ++r.item;
  }
  runTools(r);
  if (r.turn.status == "incomplete")
    return finish(running, "incomplete", {{"type", "incomplete"}, {"reason", r.turn.reason}});
  finish(running, "completed", nullptr);
}

void OpenAiSession::interrupt(const RunningPtr& running, const std::string& reason) {
  auto& r = *running;
  r.stopping = true;
  if (!r.begun) {
    r.finished = true;
    if (active_ == running) active_.reset();
    return;
  }
  for (std::uint32_t i = 0; i < shared_.settings.late_deltas && r.item_open && r.audio_sent < r.end; ++i) {
    const auto& sizes = shared_.settings.delta_bytes;
    sendDelta(r, std::min<std::size_t>(sizes[size_at_++ % sizes.size()], r.end - r.audio_sent));
  }
  const auto over = [this, running, reason] {
    finish(running, "cancelled", {{"type", "cancelled"}, {"reason", reason}});
  };
  if (shared_.settings.late_ms)
    later(shared_.settings.late_ms, over);
  else
    over();
}

void OpenAiSession::finish(const RunningPtr& running, const std::string& status, Json details) {
  auto& r = *running;
  if (r.finished) return;
  r.finished = r.stopping = true;
  if (r.item_open) closeItem(r, "incomplete");
  const std::uint64_t audio_ms = out_.ms(r.audio.size());
  if (responses_.size() < kMostResponses) {
    responses_.push_back({{"id", r.id},
                          {"status", status},
                          {"details", details},
                          {"source", r.source},
                          {"items", r.item_ids},
                          {"audio_ms", audio_ms},
                          {"transcript", r.transcript},
                          {"params", r.params}});
  }
  tell("response_done", {{"id", r.id}, {"status", status}, {"source", r.source}, {"audio_ms", audio_ms}});
  const Json used = r.turn.usage && status != "failed" ? usage(r) : Json();
  if (active_ == running) active_.reset();
  side_.erase(std::remove(side_.begin(), side_.end(), running), side_.end());
  emit({{"type", "response.done"}, {"response", responseJson(r, status, std::move(details), used)}});
  if (status == "completed" && r.in_conversation) armIdleTimeout(audio_ms);
}

nlohmann::json OpenAiSession::usage(const Running& r) {
  // 1 token per 100 ms of the caller's audio and per 50 ms of the model's (openai-realtime.md §4); the context is
  // re-read.
  const std::uint64_t heard = in_.ms(utterance_.size()) / 100, said = out_.ms(r.audio_sent) / 50,
                      text = words(r.transcript).size();
  const std::uint64_t cached = context_tokens_, input = context_tokens_ + heard, output = said + text;
  context_tokens_ += heard + output;
  total_tokens_ += input + output;
  return {{"total_tokens", input + output},
          {"input_tokens", input},
          {"output_tokens", output},
          {"input_token_details",
           {{"text_tokens", cached},
            {"audio_tokens", heard},
            {"image_tokens", 0},
            {"cached_tokens", cached},
            {"cached_tokens_details", {{"text_tokens", cached}, {"audio_tokens", 0}, {"image_tokens", 0}}}}},
          {"output_token_details", {{"text_tokens", text}, {"audio_tokens", said}}}};
}

nlohmann::json OpenAiSession::responseJson(const Running& r, const std::string& status, Json details, Json used) const {
  Json output = Json::array();
  for (const auto& id : r.item_ids) {
    const auto item = items_.find(id);
    if (status != "in_progress" && item != items_.end() && item->second.status != "in_progress")
      output.push_back(itemJson(item->second));
  }
  return {{"object", "realtime.response"},
          {"id", r.id},
          {"status", status},
          {"status_details", std::move(details)},
          {"output", output},
          {"conversation_id", r.in_conversation ? Json("conv_" + id_) : Json()},
          {"output_modalities", r.params.value("output_modalities", config_["output_modalities"])},
          {"max_output_tokens", config_["max_output_tokens"]},
          {"usage", std::move(used)},
          {"metadata", r.metadata}};
}

}  // namespace fakes
