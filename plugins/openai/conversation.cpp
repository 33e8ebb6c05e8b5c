#include "plugins/openai/conversation.hpp"

#include "plugins/openai/errors.hpp"
#include "plugins/openai/messages.hpp"
#include "plugins/openai/timers.hpp"
#include "plugins/speech/wording.hpp"

#include <hookswitch/utf8.hpp>

#include <utility>

namespace hookswitch::openai {
namespace {

constexpr std::uint64_t kQuietUs = 500 * 1000;  // what is left in the carrier's buffer when our estimate says silence

}  // namespace

Conversation::Conversation(Channel& channel)
    : channel_(channel),
      caller_(channel),
      playback_(channel),
      transcript_(channel),
      answers_(channel),
      tools_(channel) {}

void Conversation::take(const hks_start& start) {
  transcript_.take(start);
  took_over_ = !transcript_.empty();
}

void Conversation::resume(hks::Out& out) {
  const bool first = !std::exchange(started_, true);
  const Options& options = channel_.options;
  if (first) out.ready(options.format(), options.format());
  if (took_over_ || !first) {
    transcript_.replay(out);
    goOn(out);
  } else if (!options.greeting.empty()) {
    answers_.say(options.greeting);
  }
  if (tools_.resume(out)) answers_.ask();
  caller_.drain(out);
  answers_.pump(out);
}

/// The answer that the caller waits for, or the rest of it.
void Conversation::goOn(hks::Out& out) {
  const auto cut = std::exchange(cut_, std::nullopt);
  const bool owes = std::exchange(owes_, false) || transcript_.owesAnswer();
  if (caller_.repeatsTurn()) return;  // the server answers what it hears
  if (cut) channel_.send(messageItem("system", speech::goOnAfter(*cut), channel_.nextEventId("cut-")), out);
  if (owes) answers_.ask();
}

void Conversation::leave(hks::Out& out) {
  ++channel_.epoch;
  const bool busy = !answers_.idle(), retries = answers_.retriesAnswer();
  if (!busy && !retries) tools_.taken();  // no answer is owed
  const bool repeats = answers_.leave(out);
  owes_ = busy && !repeats;
  if (owes_)
    if (auto said = playback_.breakOff()) {
      if (said->is_new) transcript_.finish(said->item, HKS_ASSISTANT, said->text);
      cut_ = std::move(said->text);
    }
  owes_ = owes_ || retries;
  playback_.leave(out);
  transcript_.leave(out);
  caller_.leave();
  tools_.leave(out);
}

bool Conversation::quiet() const {
  return answers_.quiet() && !caller_.speaks() && keypad_.empty() && tools_.quiet() && !transcript_.blocked() &&
         caller_.nowUs() > playback_.playedUntilUs() + kQuietUs;
}

void Conversation::answerIf(bool due, hks::Out& out) {
  if (due) answers_.ask();
  answers_.pump(out);
}

void Conversation::keys(std::string_view digits, hks::Out& out) {
  const auto entry = keypad_.press(digits);
  if (entry == speech::Keypad::Entry::Complete) return sendKeys(out);
  if (entry == speech::Keypad::Entry::Open) out.timer(kDtmf, speech::Keypad::kPause_ms);
}

void Conversation::sendKeys(hks::Out& out) {
  if (keypad_.empty()) return;
  if (!channel_.usable()) return void(out.timer(kDtmf, speech::Keypad::kPause_ms));
  out.cancelTimer(kDtmf);
  const std::string sentence = keypad_.take();
  channel_.send(messageItem("user", sentence, channel_.nextEventId("dtmf-")), out);
  transcript_.add(HKS_USER, sentence);
  answerIf(true, out);
}

void Conversation::say(std::string_view text, hks::Out& out) {
  if (text.empty()) return;
  if (!answers_.say(text)) return channel_.warn("too much is waiting to be said; a sentence was dropped", out);
  answers_.pump(out);
}

void Conversation::sayNow(std::string_view text, hks::Out& out) {
  if (text.empty()) return;
  cutOff(out);
  if (!answers_.say(text, true)) return channel_.warn("too much is waiting to be said; a sentence was dropped", out);
  answers_.pump(out);
}

/// The host has cut us off (a key was pressed), of which the service knows nothing.
void Conversation::silenced(hks::Out& out) {
  tools_.goesOn();
  cutOff(out);
}

/// Nobody wants the answer that is being made, or that was asked for and has not begun.
void Conversation::cutOff(hks::Out& out) {
  if (playback_.interrupt(answers_.active(), caller_.nowUs()))
    answers_.cancel(out);
  else
    answers_.unwanted();
}

void Conversation::heard(const hks_heard& heard, hks::Out& out) {
  if (heard.item.size == 0) return silenced(out);
  if (const auto correction = playback_.heard(heard, out)) transcript_.correct(correction->item, correction->text, out);
}

void Conversation::toolResult(const hks_tool_call& result, hks::Out& out) {
  if (const auto due = tools_.result(result, out)) answerIf(*due, out);
}

void Conversation::timer(std::uint64_t id, hks::Out& out) {
  switch (id) {
    case kGate:
    case kRetry:
    case kCallerTurn: return answers_.timer(id, out);
    case kDtmf: return sendKeys(out);
    case kOrder: return transcript_.waitedEnough(out);
    case kStall: return caller_.watch(out);
    default:
      if (id > kTool && tools_.timer(id, out)) answers_.ask();
  }
}

bool Conversation::error(const Value& root, hks::Out& out) {
  const Value error = errorOf(root);
  const std::string_view code = hks::json::textAt(error, "code"), event_id = hks::json::textAt(error, "event_id");
  const std::string what = described(error);
  // Until it is confirmed the configuration is all that was sent: refused, it applies nothing (§0 rule 2).
  if (!channel_.usable()) return channel_.gone("OpenAI refused the session: " + what, {}, out), false;
  if (isFatal(code)) return channel_.gone("OpenAI ended the service: " + what, {}, out), false;
  if (code == "session_expired") return true;
  if (code == "conversation_already_has_active_response") return answers_.busy(event_id, out), false;
  if (isHarmless(code) || event_id.substr(0, 3) == "tr-" ||
      hks::json::textAt(error, "message").find("already shorter than") != std::string_view::npos)
    out.log(HKS_DEBUG, "OpenAI: " + what);
  else if (!answers_.refused(event_id, hks::json::textAt(error, "type"), what, out))
    channel_.warn("OpenAI reports: " + what, out);
  return false;
}

}  // namespace hookswitch::openai
