#include "plugins/gemini/requests.hpp"

#include "plugins/gemini/messages.hpp"
#include "plugins/gemini/timers.hpp"
#include "plugins/speech/wording.hpp"

#include <utility>

namespace hookswitch::gemini {
namespace {

constexpr std::uint64_t kGreetingMs = 3000;  // §7
constexpr std::uint64_t kSayMs = 8000;
constexpr std::size_t kMaxSayings = 8;

}  // namespace

void Requests::sendText(std::string_view text, hks::Out& out) {
  transcript_.remember(text);
  channel_.send(realtimeText(text), out);
}

void Requests::prompt(const std::string& text, hks::Out& out) {
  if (channel_.options.rules->greets_by_text)
    sendText(text, out);
  else
    channel_.send(userTurn(text), out);
}

bool Requests::greet(hks::Out& out) {
  if (channel_.options.greeting.empty()) return false;
  prompt(greetingText(channel_.options.greeting), out);
  out.timer(kGreeting, kGreetingMs);
  return true;
}

bool Requests::greetAgain(hks::Out& out) {
  if (!channel_.usable() || std::exchange(greeted_twice_, true)) return false;
  greet(out);
  return true;
}

bool Requests::say(std::string_view text, bool speaking, hks::Out& out) {
  if (sayings_.size() >= kMaxSayings) {
    channel_.warn("too much is waiting to be said; a sentence was dropped", out);
    return false;
  }
  sayings_.push_back(speech::sayExactly(text));
  if (channel_.usable() && !speaking) return sayNext(out);
  out.timer(kSay, kSayMs);
  return false;
}

bool Requests::sayNow(std::string_view text, hks::Out& out) {
  sayings_.push_front(speech::sayExactly(text));
  return sayNext(out);
}

void Requests::leave() {
  if (!asked_.empty()) sayings_.push_front(std::exchange(asked_, {}));
}

bool Requests::sayNext(hks::Out& out) {
  if (sayings_.empty() || !channel_.usable()) return false;
  asked_ = std::move(sayings_.front());
  sayings_.pop_front();
  prompt(asked_, out);
  out.timer(kSay, sayings_.empty() ? HKS_NEVER : kSayMs);
  return true;
}

bool Requests::keys(std::string_view digits, bool silenced, hks::Out& out) {
  const auto entry = keypad_.press(digits);
  if (entry == speech::Keypad::Entry::Complete) return sendKeys(silenced, out);
  if (entry == speech::Keypad::Entry::Open) out.timer(kDtmf, speech::Keypad::kPause_ms);
  return false;
}

bool Requests::sendKeys(bool silenced, hks::Out& out) {
  if (keypad_.empty()) return false;
  if (!channel_.usable()) {
    out.timer(kDtmf, speech::Keypad::kPause_ms);
    return false;
  }
  out.cancelTimer(kDtmf);
  const std::string sentence = keypad_.take();
  transcript_.add(HKS_USER, sentence);
  // Text waits until the model has finished; a turn of the caller's does not (§3).
  if (silenced && !channel_.options.rules->greets_by_text)
    channel_.send(userTurn(sentence), out);
  else
    sendText(sentence, out);
  return true;
}

}  // namespace hookswitch::gemini
