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
  turns_.release();
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
      if (turns_.part(one, out)) {
        spoke_ = true;
        modelSpoke(out);
      }
  if (hks::json::objectAt(content, "inputTranscription", part)) callerSaid(hks::json::textAt(part, "text"), out);
  if (hks::json::objectAt(content, "outputTranscription", part) && !cut &&
      turns_.words(hks::json::textAt(part, "text")))
    modelWrote(out);
  if (hks::json::flagAt(content, "waitingForInput")) out.cancelTimer(kNoAnswer);
  if (hks::json::flagAt(content, "generationComplete")) generated(out);
  return hks::json::flagAt(content, "turnComplete") ? turnEnded(content, out) : std::string();
}

void Conversation::generated(hks::Out& out) {
  if (turns_.newTurn(out)) modelSpoke(out);  // an interrupted turn has no such end (§4)
  if (!turns_.open()) return;
  turns_.generationComplete(out);
  if (!turns_.spoke()) return;
  greets_ = false;
  endNow(out);  // if it was the farewell
}

std::string Conversation::turnEnded(const Value& content, hks::Out& out) {
  const bool silent = !turns_.spoke(), expected = expects_, of_cut_turn = std::exchange(cut_turn_, false);
  const std::string words = turns_.open() ? hks::utf8::line(turns_.newest().text, 100) : std::string();
  const std::string reason = hks::utf8::line(hks::json::textAt(content, "turnCompleteReason"), 60);
  turnComplete(out);
  if (!silent) rejected_ = 0;
  if (!silent) return {};
  if (reason != "RESPONSE_REJECTED" && !of_cut_turn && expected) silentTurn(content, words, out);
  if (reason.empty() || channel_.gone()) return {};
  channel_.warn("Gemini ended a turn without a word: " + reason, out);
  if (reason != "RESPONSE_REJECTED" || ++rejected_ < kMaxRejected) return {};
  rejected_ = 0;
  return "Gemini rejects its own answers; the call goes on in a new conversation";
}

/// Barge-in (§6); also when no turn seems open, because the model believes that it is still being played.
void Conversation::interrupted(hks::Out& out) {
  cut_turn_ = true;
  resultsTaken(out);  // the caller says something else
  out.speechStarted();
  transcript_.tellCaller(out);
  turns_.interrupt(out);
  farewell_.interrupted(out);
  turnOver(out);
}

void Conversation::callerSaid(std::string_view fragment, hks::Out& out) {
  if (fragment.empty() || !transcript_.callerSaid(fragment, out)) return;
  turns_.callerUnderstood(out);
  channel_.handle.stale();
  caller_quiet_ = nudged_ = false;
  out.timer(kCallerQuiet, kCallerQuietMs);
  expectAnswer(out);
}

/// The model does something: no watchdog is needed, and handles from before are stale.
void Conversation::modelSpoke(hks::Out& out) {
  caller_.understood();
  requests_.taken();
  expects_ = cut_turn_ = false;
  tools_.followed();
  silent_ = 0;
  modelWrote(out);
  nudged_ = false;
  if (!std::exchange(watched_, false)) return;
  out.cancelTimer(kNoAnswer);
  out.cancelTimer(kGreeting);
}

/// Words alone are no answer: whoever waits for one goes on waiting.
void Conversation::modelWrote(hks::Out&) {
  channel_.handle.stale();
  await_output_ = false;
}

/// The caller hears nothing. Once may happen; a model that does it twice in a row is gone.
void Conversation::silentTurn(const Value& content, const std::string& words, hks::Out& out) {
  const std::string_view status = hks::json::textAt(content, "interactionStatus");
  if (ending() || !tools_.quiet() || status == "IN_PROGRESS" || hks::json::flagAt(content, "waitingForInput") ||
      hks::json::textAt(content, "turnCompleteReason") == "NEED_MORE_INPUT")
    return;
  const std::string why = "Gemini completed a turn without sound: " +
                          (words.empty() ? "nothing at all" : "only the words \"" + words + "\"");
  if (++silent_ > 1) return gone(why + "; for the second time in a row", {}, out);
  channel_.warn(why + "; it is asked once more", out);
  if (greets_) {
    requests_.greetAgain(out);
    return;
  }
  requests_.remind("Your last answer had no sound. Say it again, aloud.", out);
  expectAnswer(out);
}

void Conversation::turnComplete(hks::Out& out) {
  const bool spoke = turns_.spoke();
  if (spoke) greets_ = false;
  if (spoke) resultsTaken(out);  // what it said beside its tool was all that it had to say
  turns_.turnComplete(out);
  transcript_.tellAll(turns_, out);
  if (ending()) spoke ? endNow(out) : farewell_.hurry(out);
  turnOver(out);
  asked(requests_.sayNext(out), out);
}

void Conversation::toolCall(const Value& message, hks::Out& out) {
  hks::json::Values calls;
  if (!hks::json::arrayAt(message, "functionCalls", calls)) return;
  turns_.newTurn(out);
  spoke_ = true;
  modelSpoke(out);
  tools_.asked(calls, out);
  expectUseOfResults(out);
}

void Conversation::usage(const Value& usage, hks::Out& out) {
  // Counts that ride along with audio are partial; the one at the end of a turn has the prompt's.
  if (const std::int64_t prompt = hks::json::numberAt(usage, "promptTokenCount"); prompt > 0)
    out.log(HKS_DEBUG, "Gemini turn: " + std::to_string(prompt) + " tokens in context, " +
                           std::to_string(hks::json::numberAt(usage, "totalTokenCount")) + " in all");
}

}  // namespace hookswitch::gemini
