// What the server says (openai-realtime.md §4). Unknown events, extra fields and nulls are normal: ignored.
#include "plugins/openai/conversation.hpp"
#include "plugins/speech/wording.hpp"

#include <hookswitch/utf8.hpp>

#include <utility>

namespace hookswitch::openai {

using hks::json::textAt;

namespace {

bool callsTool(const hks::json::Value& response) {
  hks::json::Values outputs;
  if (!hks::json::arrayAt(response, "output", outputs)) return false;
  for (const hks::json::Value item : outputs)
    if (const std::string_view type = textAt(item, "type"); type != "message") return true;
  return false;
}

}  // namespace

/// The most frequent first. The second names are those of look-alike servers that still speak the beta shape.
const Conversation::Handler Conversation::kHandlers[] = {
    {"response.output_audio.delta", &Conversation::onAudioDelta},
    {"response.audio.delta", &Conversation::onAudioDelta},
    {"response.output_audio.done", &Conversation::onAudioDone},
    {"response.audio.done", &Conversation::onAudioDone},
    {"response.output_audio_transcript.done", &Conversation::onWords},
    {"response.audio_transcript.done", &Conversation::onWords},
    {"response.output_audio_transcript.delta", &Conversation::onWordsSoFar},
    {"response.audio_transcript.delta", &Conversation::onWordsSoFar},
    {"input_audio_buffer.speech_started", &Conversation::onSpeechStarted},
    {"input_audio_buffer.speech_stopped", &Conversation::onSpeechStopped},
    {"input_audio_buffer.committed", &Conversation::onCommitted},
    {"conversation.item.input_audio_transcription.completed", &Conversation::onCallerWords},
    {"conversation.item.input_audio_transcription.failed", &Conversation::onCallerWords},
    {"response.created", &Conversation::onResponseCreated},
    {"response.output_item.added", &Conversation::onItemAdded},
    {"response.output_item.done", &Conversation::onItemDone},
    {"response.done", &Conversation::onResponseDone},
    {"rate_limits.updated", &Conversation::onRateLimits},
};

void Conversation::event(std::string_view type, const Value& root, hks::Out& out) {
  if (!started_) return;
  for (const Handler& one : kHandlers)
    if (one.type == type) return (this->*one.handle)(root, out);
}

bool Conversation::audioDelta(std::string_view json, hks::Out& out) {
  AudioDelta delta;
  if (!started_ || !readAudioDelta(json, delta) || !playback_.delta(delta, caller_.nowUs(), out)) return false;
  answers_.progress(out);
  return true;
}

void Conversation::onAudioDelta(const Value& root, hks::Out& out) {
  spoke_ = playback_.delta(openai::audioDelta(root), caller_.nowUs(), out);
  if (spoke_)
    answers_.progress(out);
  else
    channel_.warn("OpenAI sent audio that is not base64; ignored", out);
}

void Conversation::onAudioDone(const Value& root, hks::Out& out) { playback_.audioDone(textAt(root, "item_id"), out); }

void Conversation::onWords(const Value& root, hks::Out& out) {
  said(textAt(root, "item_id"), textAt(root, "transcript"), out);
}

void Conversation::onWordsSoFar(const Value& root, hks::Out&) {
  playback_.saying(textAt(root, "item_id"), textAt(root, "delta"));
}

/// Barge-in (§5). The server has cancelled the answer already (interrupt_response); what it still sends of it is not
/// played. The host flushes and tells with HKS_HEARD what to truncate, also when the answer was complete long ago.
void Conversation::onSpeechStarted(const Value&, hks::Out& out) {
  caller_.speechStarted(out);
  tools_.goesOn();
  answers_.callerBegan(out);
  playback_.interrupt(answers_.active(), caller_.nowUs());
  out.speechStarted();
}

void Conversation::onSpeechStopped(const Value&, hks::Out& out) {
  caller_.speechStopped(out);
  answers_.callerEnded(out);
}

void Conversation::onCommitted(const Value& root, hks::Out&) {
  if (channel_.options.transcribes()) transcript_.expect(textAt(root, "item_id"), HKS_USER);
}

void Conversation::onCallerWords(const Value& root, hks::Out& out) {
  if (!caller_.speaks()) caller_.understood();
  transcript_.finish(textAt(root, "item_id"), HKS_USER, hks::utf8::line(textAt(root, "transcript"), speech::kMaxSaid));
  transcript_.tell(out);
}

void Conversation::onResponseCreated(const Value& root, hks::Out& out) {
  Value response;
  if (!hks::json::objectAt(root, "response", response)) return;
  answers_.created(textAt(response, "id"), out);
  if (answers_.isUnwanted()) cutOff(out);
  // Noise is worse than silence, and an answer without sound is asked for again.
  const std::string other = channel_.otherFormat(response, "output");
  if (other.empty()) return;
  channel_.warn("OpenAI answers in another audio format than it has confirmed: " + other + "; it is not played", out);
  playback_.mute(textAt(response, "id"));
}

void Conversation::onItemAdded(const Value& root, hks::Out& out) {
  const auto item = root["item"];
  const std::string_view id = textAt(item, "id");
  if (textAt(item, "type") != "message") answers_.progress(out);
  if (id.empty() || textAt(item, "type") != "message") return;
  playback_.expect(id, textAt(root, "response_id"));
  transcript_.expect(id, HKS_ASSISTANT);
}

void Conversation::onItemDone(const Value& root, hks::Out& out) {
  Value item;
  if (hks::json::objectAt(root, "item", item) && textAt(item, "type") == "function_call" &&
      textAt(item, "status") == "completed")
    tools_.asked(item, textAt(root, "response_id"), out);
}

void Conversation::onResponseDone(const Value& root, hks::Out& out) {
  Value response;
  if (!hks::json::objectAt(root, "response", response)) return;
  const std::string_view id = textAt(response, "id");
  const std::string status = hks::utf8::line(textAt(response, "status"), 40);
  const bool completed = status == "completed";
  answers_.count(response, status, out);
  outputsOf(response, completed, out);
  const Answers::Had had{playback_.sounded(id), playback_.isDiscarded(id), callsTool(response) || tools_.calledBy(id)};
  playback_.responseDone(
      id, [&](std::string_view item) { transcript_.finish(item, HKS_ASSISTANT, {}); }, out);
  transcript_.tell(out);

  if (completed && !channel_.options.transcribes() && !caller_.speaks()) caller_.understood();
  auto mine = answers_.done(id, out);
  if (had.sound && !had.call) tools_.taken();
  if (tools_.responseDone(id, completed, out)) answers_.ask();
  answers_.outcome(response, status, had, std::move(mine), out);
  if (!channel_.gone()) answers_.pump(out);
}

/// What it consists of is told again at its end, in case an event was lost.
void Conversation::outputsOf(const Value& response, bool completed, hks::Out& out) {
  hks::json::Values outputs, content;
  if (!hks::json::arrayAt(response, "output", outputs)) return;
  for (const Value item : outputs) {
    const std::string_view kind = textAt(item, "type");
    if (kind == "function_call" && completed) tools_.asked(item, textAt(response, "id"), out);
    if (kind != "message" || !hks::json::arrayAt(item, "content", content)) continue;
    for (const Value part : content)
      if (!textAt(part, "transcript").empty()) said(textAt(item, "id"), textAt(part, "transcript"), out);
  }
}

void Conversation::onRateLimits(const Value& root, hks::Out&) { answers_.limits(root); }

void Conversation::said(std::string_view item, std::string_view text, hks::Out& out) {
  if (item.empty()) return;
  auto words = playback_.words(item, text);
  if (!words) return;
  transcript_.finish(item, HKS_ASSISTANT, std::move(*words));
  transcript_.tell(out);
}

}  // namespace hookswitch::openai
