#include "plugins/openai/transcript.hpp"

#include "plugins/openai/messages.hpp"
#include "plugins/openai/timers.hpp"

#include <utility>

namespace hookswitch::openai {
namespace {

constexpr std::uint64_t kOrderMs = 4000;  // how long a line waits for the words that were said before it

}  // namespace

void Transcript::replay(hks::Out& out) {
  repeats_.watch(memory_.lines());
  const auto item = [&](std::string_view role, std::string_view text) {
    channel_.send(messageItem(role, text, channel_.nextEventId("hist-")), out);
  };
  if (memory_.dropped()) item("system", "An earlier part of this call is left out here.");
  for (const auto& line : memory_.lines()) item(line.speaker == HKS_USER ? "user" : "assistant", line.text);
  item("system", "The phone call continues from here. Do not greet again, keep the language, go on where it stopped.");
}

void Transcript::finish(std::string_view item, std::uint32_t speaker, std::string text) {
  if (repeats_.watching() && !text.empty()) {
    // What is said on this connection is announced before its words come; what it is told of the one before is not.
    if (lines_.expects(item))
      repeats_.over(speaker);
    else
      text = repeats_.withoutKnown(speaker, text);
  }
  lines_.finish(item, speaker, std::move(text));
}

void Transcript::tell(hks::Out& out) {
  for (const Lines::Line& line : lines_.due()) memory_.tell(line.speaker, line.text, line.item, out);
  const bool wait = lines_.blocked();
  if (wait != waits_) out.timer(kOrder, wait ? kOrderMs : HKS_NEVER);
  waits_ = wait;
}

void Transcript::correct(std::string_view item, const std::string& text, hks::Out& out) {
  // Told already: the same item again takes the place of the line told before.
  if (!lines_.replace(item, text)) memory_.tell(HKS_ASSISTANT, text, item, out);
}

void Transcript::waitedEnough(hks::Out& out) {
  waits_ = false;
  leave(out);
}

void Transcript::leave(hks::Out& out) {
  lines_.giveUp();
  tell(out);
}

}  // namespace hookswitch::openai
