// What the server says (gemini-live.md §4): several keys and several parts per message, unknown ones ignored.
#include "plugins/gemini/conversation.hpp"
#include "plugins/gemini/timers.hpp"

#include <hookswitch/utf8.hpp>

#include <utility>

namespace hookswitch::gemini {
namespace {

constexpr std::uint64_t kCallerQuietMs = 700;  // §5 step 2
constexpr std::uint32_t kMaxRejected = 2;

}  // namespace

bool Conversation::modelAudio(std::string_view json, hks::Out& out) {
  AudioPart part;
  if (!readAudioPart(json, part)) return false;
  const Turns::Sound sound = turns_.sound(part, out);
  if (sound == Turns::Sound::Heard) modelSpoke(out);
  return sound != Turns::Sound::NotBase64;
}

std::string Conversation::content(const Value& content, hks::Out& out) {
  Value part;
  hks::json::Values parts;
  const bool cut = hks::json::flagAt(content, "interrupted");
  if (cut) interrupted(out);
  // Audio beside `interrupted` belongs to the dead turn.
  if (!cut && hks::json::arrayAt(content["modelTurn"], "parts", parts))
    for (const Value one : parts)
      if (turns_.part(one, out)) modelSpoke(out);
  if (hks::json::objectAt(content, "inputTranscription", part)) callerSaid(hks::json::textAt(part, "text"), out);
  if (hks::json::objectAt(content, "outputTranscription", part) && !cut &&
      turns_.words(hks::json::textAt(part, "text")))
    modelSpoke(out);
  if (hks::json::flagAt(content, "waitingForInput")) out.cancelTimer(kNoAnswer);
  if (hks::json::flagAt(content, "generationComplete")) {
    if (turns_.newTurn(out)) modelSpoke(out);  // an interrupted turn has no such end (§4)
    if (turns_.open()) {
      turns_.generationComplete(out);
      if (turns_.spoke()) endNow(out);  // if it was the farewell
    }
  }
  if (!hks::json::flagAt(content, "turnComplete")) return {};
  const bool silent = !turns_.spoke();
  const std::string reason = hks::utf8::line(hks::json::textAt(content, "turnCompleteReason"), 60);
  turnComplete(out);
  if (!silent) rejected_ = 0;
  if (!silent || reason.empty()) return {};
  channel_.warn("Gemini ended a turn without a word: " + reason, out);
  if (reason != "RESPONSE_REJECTED" || ++rejected_ < kMaxRejected) return {};
  rejected_ = 0;
  return "Gemini rejects its own answers; the call goes on in a new conversation";
}

/// Barge-in (§6); also when no turn seems open, because the model believes that it is still being played.
void Conversation::interrupted(hks::Out& out) {
  out.speechStarted();
  transcript_.tellCaller(out);
  turns_.interrupt(out);
  farewell_.interrupted(out);
}

void Conversation::callerSaid(std::string_view fragment, hks::Out& out) {
  if (fragment.empty() || !transcript_.callerSaid(fragment, out)) return;
  turns_.callerUnderstood(out);
  channel_.handle.stale();
  caller_quiet_ = nudged_ = false;
  out.timer(kCallerQuiet, kCallerQuietMs);
  const std::uint64_t limit_ms = channel_.options.no_answer_ms;
  if (limit_ms && !ending() && !turns_.open()) watched_ = out.timer(kNoAnswer, limit_ms);
}

/// The model does something: no watchdog is needed, and handles from before are stale.
void Conversation::modelSpoke(hks::Out& out) {
  channel_.handle.stale();
  await_output_ = nudged_ = false;
  if (!std::exchange(watched_, false)) return;
  out.cancelTimer(kNoAnswer);
  out.cancelTimer(kGreeting);
}

void Conversation::turnComplete(hks::Out& out) {
  const bool spoke = turns_.spoke();
  turns_.turnComplete(out);
  transcript_.tellAll(turns_, out);
  if (ending()) spoke ? endNow(out) : farewell_.hurry(out);
  requests_.sayNext(out);
}

void Conversation::toolCall(const Value& message, hks::Out& out) {
  hks::json::Values calls;
  if (!hks::json::arrayAt(message, "functionCalls", calls)) return;
  turns_.newTurn(out);
  modelSpoke(out);
  tools_.asked(calls, out);
}

void Conversation::usage(const Value& usage, hks::Out& out) {
  // Counts that ride along with audio are partial; the one at the end of a turn has the prompt's.
  if (const std::int64_t prompt = hks::json::numberAt(usage, "promptTokenCount"); prompt > 0)
    out.log(HKS_DEBUG, "Gemini turn: " + std::to_string(prompt) + " tokens in context, " +
                           std::to_string(hks::json::numberAt(usage, "totalTokenCount")) + " in all");
}

}  // namespace hookswitch::gemini
