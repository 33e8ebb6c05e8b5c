// The items of an OpenAI response: audio and words in deltas, tool calls, and how an item is shown.
#include <algorithm>

#include "tests/fakes/openai_session.hpp"
#include "tests/fakes/words.hpp"

namespace fakes {
namespace {

constexpr std::size_t kMostAudioKept = 600 * 48000;  // bytes of audio kept for the `audio` command

}  // namespace

std::string OpenAiSession::deltaPrefix(const Running& running, const char* type) const {
  return std::string(R"({"type":")") + type + R"(","response_id":")" + running.id + R"(","item_id":")" +
         (running.turn.anonymous ? std::string() : running.item_ids[running.item]) + R"(","output_index":)" +
         std::to_string(running.item) + R"(,"content_index":0,"event_id":")";
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
  appendBase64(text, audio);
  text += shared_.settings.unknown_events ? R"(","obfuscation":"aB3"})" : "\"}";
  if (const auto item = items_.find(r.item_ids[r.item]); item != items_.end()) {
    item->second.audio_bytes += bytes;
    item->second.has_audio = true;
  }
  r.audio_sent += bytes;
  voiced_ = true;
  ++deltas_, ++shared_.deltas;
  bytes_out_ += bytes, shared_.audio_bytes_out += bytes;
  if (shared_.settings.keep_audio && kept_out_.size() < kMostAudioKept) kept_out_ += audio;
  sendText(std::move(text));
}

/// All items of the response at once, a delta of each in turn.
void OpenAiSession::sendInterleaved(Running& r) {
  struct Part {
    std::size_t from, sent, end;
  };
  std::vector<Part> parts;
  for (r.item = 0; r.item < r.item_ids.size(); ++r.item) {
    openItem(r);
    parts.push_back({r.from, r.audio_sent, r.end});
  }
  const auto turnTo = [&](std::size_t item) {
    r.item = item, r.from = parts[item].from, r.audio_sent = parts[item].sent, r.end = parts[item].end;
    r.item_open = true;
    r.words_sent = 0;
  };
  for (bool more = true; more;) {
    more = false;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      turnTo(i);
      const std::size_t size = std::min(out_.bytes(100), r.end - r.audio_sent);
      if (size) sendDelta(r, size);
      parts[i].sent = r.audio_sent;
      more = more || r.audio_sent < r.end;
    }
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    turnTo(i);
    closeItem(r, "completed");
  }
  r.item = parts.size();
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

}  // namespace fakes
