#include "plugins/gemini/transcript.hpp"

#include "plugins/gemini/timers.hpp"
#include "plugins/speech/wording.hpp"

#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <utility>

namespace hookswitch::gemini {
namespace {

constexpr std::uint64_t kUserFlushMs = 2000;  // without a further fragment the caller's words are a line
constexpr std::size_t kMaxInjected = 8;

}  // namespace

void Transcript::remember(std::string_view injected) {
  if (injected_.size() >= kMaxInjected) injected_.pop_front();
  injected_.push_back(hks::utf8::line(injected));
}

bool Transcript::callerSaid(std::string_view fragment, hks::Out& out) {
  speech::appendSaid(caller_text_, fragment);
  out.timer(kUserFlush, kUserFlushMs);
  if (repeats_.watching() && !repeats_.spoken(caller_text_) && repeats_.begins(HKS_USER, caller_text_)) return false;
  const std::string plain = hks::utf8::line(fragment);
  return plain.size() <= 3 || std::none_of(injected_.begin(), injected_.end(), [&](const std::string& text) {
           return text.find(plain) != std::string::npos;
         });
}

void Transcript::tellCaller(hks::Out& out) {
  out.cancelTimer(kUserFlush);
  std::string text = hks::utf8::line(std::exchange(caller_text_, {}));
  for (auto own = injected_.begin(); own != injected_.end();) {
    const std::size_t at = text.find(*own);
    if (at == std::string::npos) {
      ++own;
      continue;
    }
    text.erase(at, own->size());
    own = injected_.erase(own);
  }
  text = hks::utf8::line(text);
  if (repeats_.watching() && !text.empty()) {
    if (!repeats_.spoken(text)) text = hks::utf8::line(repeats_.withoutKnown(HKS_USER, text));
    if (!text.empty()) repeats_.over(HKS_USER);
  }
  if (!text.empty()) memory_.tell(HKS_USER, text, "caller-" + std::to_string(++last_line_), out);
}

/// The same turn told again takes the place of the line told before.
void Transcript::tell(Turn& turn, hks::Out& out) {
  if (repeats_.watching() && turn.silent_text) {  // words without a sound: of a turn before this connection
    const std::string_view silent = std::string_view(turn.text).substr(0, turn.silent_text);
    turn.text = repeats_.withoutKnown(HKS_ASSISTANT, silent) + turn.text.substr(silent.size());
    turn.silent_text = 0;
  }
  if (repeats_.watching() && turn.rx_bytes) repeats_.over(HKS_ASSISTANT);
  const std::string text = hks::utf8::line(turn.text, speech::kMaxSaid);
  turn.told = true;
  if (!text.empty()) memory_.tell(HKS_ASSISTANT, text, turn.id, out);
}

void Transcript::tellModel(Turns& turns, hks::Out& out) {
  out.cancelTimer(kFlush);
  for (Turn& turn : turns)
    if (!turn.told && !turn.text.empty()) tell(turn, out);
}

void Transcript::tellAll(Turns& turns, hks::Out& out) {
  tellCaller(out);
  tellModel(turns, out);
}

void Transcript::correct(const Turns::Heard& heard, hks::Out& out) {
  if (!heard.turn) return;
  if (heard.taken_back) memory_.tell(HKS_ASSISTANT, {}, heard.turn->id, out);
  if (!heard.turn->told && !heard.turn->text.empty()) tell(*heard.turn, out);
}

}  // namespace hookswitch::gemini
