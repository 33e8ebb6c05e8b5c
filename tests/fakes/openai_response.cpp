// Responses of an OpenAI session: the order of events, audio deltas faster than real time, tools, cancellation.
#include "tests/fakes/openai_session.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace fakes {
namespace {

using nlohmann::json;

constexpr std::uint32_t kTickMs = 20;
constexpr std::size_t kMostKept = 600 * 48000;  // bytes of audio kept for the `audio` command
constexpr std::size_t kMostResponses = 1000;

constexpr std::size_t kMostLatencies = 2'000'000;

std::uint64_t monotonicUs() {
  return std::uint64_t(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at + 1), text.size());
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

std::string firstWords(const std::string& text, std::size_t count) {
  std::string out;
  for (const auto& word : words(text)) {
    if (count-- == 0) break;
    out += word;
  }
  return out;
}

}  // namespace

OpenAiTurn OpenAiSession::nextTurn() {
  if (!shared_.queue.empty()) {
    OpenAiTurn turn = std::move(shared_.queue.front());
    shared_.queue.pop_front();
    return turn;
  }
  const auto& script = shared_.settings.script;
  return script_at_ < script.size() ? OpenAiTurn::parse(script[script_at_++]) : OpenAiTurn{};
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
  running.text_only = modalities == Json({"text"});
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
  if (running.in_conversation) unanswered_ = false;
}

void OpenAiSession::pump(const RunningPtr& running) {
  auto& r = *running;
  if (r.stopping || r.finished || !open_) return;
  const auto& settings = shared_.settings;
  std::size_t budget = settings.speed > 0
                           ? std::max<std::size_t>(1, out_.bytes(static_cast<std::uint64_t>(kTickMs * settings.speed)))
                           : std::string::npos;
  while (r.item < r.item_ids.size()) {
    if (!r.item_open) openItem(r);
    while (r.audio_sent < r.end && budget) {
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

std::string OpenAiSession::deltaPrefix(const Running& running, const char* type) const {
  return std::string(R"({"type":")") + type + R"(","response_id":")" + running.id + R"(","item_id":")" +
         running.item_ids[running.item] + R"(","output_index":)" + std::to_string(running.item) +
         R"(,"content_index":0,"event_id":")";
}

void OpenAiSession::openItem(Running& r) {
  const std::size_t count = r.item_ids.size();
  const std::size_t share = r.audio.size() / count / out_.sampleBytes() * out_.sampleBytes();
  r.item_open = true;
  r.from = r.audio_sent = r.item * share;
  r.end = r.item + 1 == count ? r.audio.size() : r.from + share;
  r.words_sent = 0;
  Item item;
  item.id = r.item_ids[r.item], item.type = "message", item.role = "assistant", item.status = "in_progress";
  const Json previous = order_.empty() ? Json() : Json(order_.back()), shown = itemJson(item);
  emit({{"type", "response.output_item.added"}, {"response_id", r.id}, {"output_index", r.item}, {"item", shown}});
  if (r.in_conversation) {
    addItem(std::move(item));
    emit({{"type", "conversation.item.added"}, {"previous_item_id", previous}, {"item", shown}});
  }
  const Json part = r.text_only ? Json{{"type", "text"}, {"text", ""}} : Json{{"type", "audio"}, {"transcript", ""}};
  emit({{"type", "response.content_part.added"},
        {"response_id", r.id},
        {"item_id", r.item_ids[r.item]},
        {"output_index", r.item},
        {"content_index", 0},
        {"part", part}});
}

void OpenAiSession::sendDelta(Running& r, std::size_t bytes) {
  const std::string_view audio = std::string_view(r.audio).substr(r.audio_sent, bytes);
  std::string text = deltaPrefix(r, "response.output_audio.delta");
  text += eventId();
  text += R"(","delta":")";
  speech::base64Append(text, audio);
  text += shared_.settings.unknown_events ? R"(","obfuscation":"aB3"})" : "\"}";
  if (const auto item = items_.find(r.item_ids[r.item]); item != items_.end()) {
    item->second.audio_bytes += bytes;
    item->second.has_audio = true;
  }
  r.audio_sent += bytes;
  voiced_ = true;
  ++deltas_, ++shared_.deltas;
  bytes_out_ += bytes, shared_.audio_bytes_out += bytes;
  if (shared_.settings.keep_audio && kept_out_.size() < kMostKept) kept_out_ += audio;
  sendText(std::move(text));
}

void OpenAiSession::sendWords(Running& r, std::size_t up_to) {
  const auto all = words(r.transcript);
  for (; r.words_sent < std::min(up_to, all.size()); ++r.words_sent) {
    emit({{"type", r.text_only ? "response.output_text.delta" : "response.output_audio_transcript.delta"},
          {"response_id", r.id},
          {"item_id", r.item_ids[r.item]},
          {"output_index", r.item},
          {"content_index", 0},
          {"delta", all[r.words_sent]}});
  }
}

void OpenAiSession::closeItem(Running& r, const std::string& status) {
  if (status == "completed") sendWords(r, std::string::npos);
  const std::string text = firstWords(r.transcript, r.words_sent);
  const std::string id = r.item_ids[r.item];
  Json ids = {{"response_id", r.id}, {"item_id", id}, {"output_index", r.item}, {"content_index", 0}};
  const auto with = [&](const char* type, Json more) {
    more.update(ids);
    more["type"] = type;
    emit(std::move(more));
  };
  if (r.text_only) {
    with("response.output_text.done", {{"text", text}});
    with("response.content_part.done", {{"part", {{"type", "text"}, {"text", text}}}});
  } else {
    with("response.output_audio.done", Json::object());
    with("response.output_audio_transcript.done", {{"transcript", text}});
    with("response.content_part.done", {{"part", {{"type", "audio"}, {"transcript", text}}}});
  }
  r.item_open = false;
  Item item;
  item.id = id, item.type = "message", item.role = "assistant";
  const auto found = items_.find(id);
  Item& target = found == items_.end() ? item : found->second;
  target.status = status, target.text = text;
  target.content = {r.text_only ? Json{{"type", "output_text"}, {"text", text}}
                                : Json{{"type", "output_audio"}, {"transcript", text}}};
  if (r.in_conversation) emit({{"type", "conversation.item.done"}, {"item", itemJson(target)}});
  emit({{"type", "response.output_item.done"},
        {"response_id", r.id},
        {"output_index", r.item},
        {"item", itemJson(target)}});
}

void OpenAiSession::runTools(Running& r) {
  for (const auto& tool : r.turn.tools) {
    const auto& declared = config_["tools"];
    if (std::none_of(declared.begin(), declared.end(),
                     [&](const Json& t) { return t.value("name", "") == tool.name; })) {
      warn("the model calls '" + tool.name + "', which session.tools does not declare");
    }
    Item item;
    item.id = newId("item"), item.type = "function_call", item.status = "in_progress", item.name = tool.name;
    item.call_id = tool.call_id.empty() ? newId("call") : tool.call_id;
    const std::size_t index = r.item_ids.size();
    r.item_ids.push_back(item.id);
    Item& kept = addItem(item);
    emit({{"type", "response.output_item.added"},
          {"response_id", r.id},
          {"output_index", index},
          {"item", itemJson(kept)}});
    emit({{"type", "conversation.item.added"}, {"item", itemJson(kept)}});
    const Json ids = {{"response_id", r.id}, {"item_id", item.id}, {"output_index", index}, {"call_id", item.call_id}};
    const std::size_t half = tool.arguments.size() / 2;
    for (const auto& piece : {tool.arguments.substr(0, half), tool.arguments.substr(half)}) {
      Json delta = ids;
      delta.update({{"type", "response.function_call_arguments.delta"}, {"delta", piece}});
      emit(std::move(delta));
    }
    Json done = ids;
    done.update(
        {{"type", "response.function_call_arguments.done"}, {"name", tool.name}, {"arguments", tool.arguments}});
    emit(std::move(done));
    kept.arguments = tool.arguments;
    kept.status = r.turn.status == "incomplete" ? "incomplete" : "completed";
    tool_calls_[kept.call_id] = {{"name", tool.name},
                                 {"arguments", tool.arguments},
                                 {"from", "server"},
                                 {"response_id", r.id},
                                 {"status", kept.status}};
    emit({{"type", "conversation.item.done"}, {"item", itemJson(kept)}});
    emit({{"type", "response.output_item.done"},
          {"response_id", r.id},
          {"output_index", index},
          {"item", itemJson(kept)}});
  }
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

nlohmann::json OpenAiSession::itemJson(const Item& item) const {
  Json out = {{"id", item.id}, {"object", "realtime.item"}, {"type", item.type}, {"status", item.status}};
  if (item.type == "message") {
    out["role"] = item.role, out["content"] = item.content;
  } else if (item.type == "function_call") {
    out["name"] = item.name, out["call_id"] = item.call_id, out["arguments"] = item.arguments;
  } else if (item.type == "function_call_output") {
    out["call_id"] = item.call_id, out["output"] = item.text;
  }
  return out;
}

OpenAiSession::Item& OpenAiSession::addItem(Item item) {
  const std::string id = item.id;
  order_.push_back(id);
  return items_[id] = std::move(item);
}

void OpenAiSession::loopback(std::string_view base64) {
  const std::size_t bytes = speech::base64Bytes(base64);
  bytes_in_ += bytes, shared_.audio_bytes_in += bytes;
  if (shared_.settings.stamps && base64.size() >= 12 && shared_.latencies_us.size() < kMostLatencies &&
      speech::base64Decode(base64.substr(0, 12), decoded_)) {
    std::uint64_t sent_us = 0;
    std::memcpy(&sent_us, decoded_.data(), sizeof sent_us);
    shared_.latencies_us.push_back(std::uint32_t(std::min<std::uint64_t>(monotonicUs() - sent_us, UINT32_MAX)));
  }
  if (!updated_ || !shared_.settings.answer) return;
  if (loop_prefix_.empty()) {
    auto running = std::make_shared<Running>();
    running->id = newId("resp"), running->source = "loopback", running->params = Json::object(), running->begun = true;
    active_ = running;
    emit({{"type", "response.created"}, {"response", responseJson(*running, "in_progress", nullptr, nullptr)}});
    running->item_ids.push_back(newId("item"));
    openItem(*running);
    loop_item_ = running->item_ids[0];
    loop_prefix_ = deltaPrefix(*running, "response.output_audio.delta");
  }
  std::string text = loop_prefix_;
  text += eventId();
  text += R"(","delta":")";
  std::size_t out_bytes = bytes;
  if (in_ == out_) {
    text += base64;
  } else if (speech::base64Decode(base64, decoded_)) {
    const std::string converted = speech::convert(decoded_, in_, out_);
    out_bytes = converted.size();
    speech::base64Append(text, converted);
  }
  text += "\"}";
  if (const auto item = items_.find(loop_item_); item != items_.end())
    item->second.audio_bytes += out_bytes, item->second.has_audio = true;
  ++deltas_, ++shared_.deltas;
  bytes_out_ += out_bytes, shared_.audio_bytes_out += out_bytes;
  sendText(std::move(text));
}

}  // namespace fakes
