// What the server says (gemini-live.md §4): several keys and several parts per message, unknown ones ignored.
#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <utility>

#include "plugins/gemini/messages.hpp"
#include "plugins/gemini/session.hpp"
#include "plugins/speech/base64.hpp"
#include "plugins/speech/wording.hpp"

namespace hookswitch::gemini {
namespace {

constexpr std::uint64_t kDeadMs = 500;   // §6: how long audio after an interruption belongs to the dead turn
constexpr std::uint64_t kFlushMs = 700;  // transcription may trail behind generationComplete
constexpr std::uint64_t kEndMs = 10000;  // §7: end_call waits for a farewell
constexpr std::uint64_t kToolMs = 30000;
constexpr std::size_t kMaxCalls = 32;

std::uint32_t formatOf(std::string_view mime) {
  if (mime.substr(0, 9) != "audio/pcm") return 0;
  const std::size_t rate = mime.find("rate=");
  if (rate == std::string_view::npos) return HKS_S16_24K;
  const std::string_view number = mime.substr(rate + 5, 5);
  if (number == "24000") return HKS_S16_24K;
  if (number == "16000") return HKS_S16_16K;
  return number.substr(0, 4) == "8000" ? HKS_S16_8K : 0;
}

}  // namespace

void Voice::serverContent(const Json& content, Out& out) {
  Json part;
  simdjson::dom::array parts;
  const bool interrupted = speech::flagAt(content, "interrupted");
  if (interrupted) onInterrupted(out);
  // Audio beside `interrupted` belongs to the dead turn.
  if (!interrupted && speech::objectAt(content, "modelTurn", part) && speech::arrayAt(part, "parts", parts))
    for (const Json one : parts) onPart(one, out);
  if (speech::objectAt(content, "inputTranscription", part)) callerSaid(speech::textAt(part, "text"), out);
  if (speech::objectAt(content, "outputTranscription", part) && !dead_ && !interrupted) {
    const std::string_view text = speech::textAt(part, "text");
    Turn& now = turn();
    speech::appendSaid(now.text, text);
    now.told = false;
    modelSpoke(out);
  }
  if (speech::flagAt(content, "waitingForInput")) out.cancelTimer(kNoAnswer);
  if (speech::flagAt(content, "generationComplete") && turn_open_) {
    endAudio(out);
    turns_.back().complete = true;
    out.timer(kFlush, kFlushMs);
    if (ending_ && turns_.back().rx_bytes) endNow(out);
  }
  if (!speech::flagAt(content, "turnComplete")) return;
  const bool silent = !turn_open_ || turns_.back().rx_bytes == 0;
  const std::string reason = hks::utf8::line(speech::textAt(content, "turnCompleteReason"), 60);
  turnComplete(out);
  if (!silent || reason.empty()) {
    rejected_ = silent ? rejected_ : 0;
    return;
  }
  warn("Gemini ended a turn without a word: " + reason, out);
  if (reason == "RESPONSE_REJECTED" && ++rejected_ >= 2) {
    rejected_ = 0;
    startFresh("Gemini rejects its own answers; the call goes on in a new conversation", out);
  }
}

/// Barge-in (§6); also when no turn seems open, because the model believes that it is still being played.
void Voice::onInterrupted(Out& out) {
  out.speechStarted();
  tellCaller(out);
  if (turn_open_) {
    turns_.back().audio_ended = true;
    turn_open_ = false;
  }
  odd_.clear();
  dead_ = true;
  out.timer(kDead, kDeadMs);
  out.timer(kFlush, kFlushMs);  // the line waits for what was heard
  if (ending_) out.timer(kEnd, kEndMs);
  ended_ = false;  // a caller who speaks over the goodbye keeps the call (the host forgets the end, too)
}

void Voice::onPart(const Json& part, Out& out) {
  Json blob;
  if (dead_ || speech::flagAt(part, "thought") || !speech::objectAt(part, "inlineData", blob)) return;
  const std::uint32_t format = formatOf(speech::textAt(blob, "mimeType"));
  if (!format) return warn("Gemini sent something that is not PCM of 8, 16 or 24 kHz; ignored", out);
  audio_.assign(odd_);
  if (!speech::decodeBase64(audio_, speech::textAt(blob, "data")))
    return warn("Gemini sent audio that is not base64; ignored", out);
  odd_.clear();
  if (audio_.size() % 2) {
    odd_.assign(1, audio_.back());
    audio_.pop_back();
  }
  if (audio_.empty()) return;
  Turn& now = turn();
  if (now.audio_ended) {  // more after generationComplete: as a turn of its own, the host has closed the first
    turn_open_ = false;
    turn();
  }
  Turn& to = turns_.back();
  to.rx_bytes += audio_.size();
  to.bytes_per_ms = format == HKS_S16_24K ? 48 : format == HKS_S16_16K ? 32 : 16;
  modelSpoke(out);
  out.audio(format, audio_, to.id);
}

void Voice::onUsage(const Json& usage, Out& out) {
  // Counts that ride along with audio are partial; the one at the end of a turn has the prompt's.
  if (const std::int64_t prompt = speech::numberAt(usage, "promptTokenCount"); prompt > 0)
    out.log(HKS_DEBUG, "Gemini turn: " + std::to_string(prompt) + " tokens in context, " +
                           std::to_string(speech::numberAt(usage, "totalTokenCount")) + " in all");
}

void Voice::onToolCalls(const Json& message, Out& out) {
  simdjson::dom::array calls;
  if (!speech::arrayAt(message, "functionCalls", calls)) return;
  modelSpoke(out);
  for (const Json one : calls) {
    Call call;
    call.remote_id = hks::utf8::line(speech::textAt(one, "id"), 128);
    call.name = hks::utf8::line(speech::textAt(one, "name"), 64);
    call.epoch = epoch_;
    Json args;
    const std::string arguments = speech::objectAt(one, "args", args) ? simdjson::minify(args) : "{}";
    const bool known = std::any_of(options_.tools.begin(), options_.tools.end(),
                                   [&](const speech::Tool& t) { return t.name == call.name; });
    if (!call.remote_id.empty() &&
        std::any_of(calls_.begin(), calls_.end(), [&](const Call& c) { return c.remote_id == call.remote_id; }))
      continue;
    if (call.name == speech::kEndCall) {
      answer(call, R"({"status":"ok","hint":"Say goodbye now if you have not done so."})", false, out);
      if (ended_) continue;
      ending_ = true;
      end_id_ = call.remote_id;
      end_reason_ = speech::endCallReason(arguments);
      out.timer(kEnd, kEndMs);
    } else if (!known) {
      answer(call, R"({"status":"there is no such tool","retryable":false})", true, out);
    } else if (calls_.size() >= kMaxCalls) {
      answer(call, R"({"status":"too many calls at once","retryable":true})", true, out);
    } else {
      call.id = ++last_call_;
      out.toolCall(call.id, call.name, arguments);
      out.timer(kTool + call.id, kToolMs);
      calls_.push_back(std::move(call));
    }
  }
}

/// What was cancelled gets no answer; other calls are left alone.
void Voice::onCancelled(const Json& message, Out& out) {
  simdjson::dom::array ids;
  if (!speech::arrayAt(message, "ids", ids)) return;
  for (const Json one : ids) {
    std::string_view id;
    if (one.get(id) != simdjson::SUCCESS || id.empty()) continue;
    if (ending_ && id == end_id_) {
      ending_ = false;
      out.cancelTimer(kEnd);
    }
    const auto call = std::find_if(calls_.begin(), calls_.end(), [&](const Call& c) { return c.remote_id == id; });
    if (call == calls_.end()) continue;
    out.cancelTimer(kTool + call->id);
    calls_.erase(call);
  }
}

}  // namespace hookswitch::gemini
