// What was said: lines in the order of the conversation, and the memory from which it is rebuilt elsewhere.
#pragma once

#include "plugins/openai/channel.hpp"
#include "plugins/openai/lines.hpp"
#include "plugins/speech/memory.hpp"
#include "plugins/speech/repeats.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::openai {

/// [session]
class Transcript {
 public:
  explicit Transcript(Channel& channel) : channel_(channel) {}

  /// What was said before this session.
  void take(const hks_start& start) { memory_.take(start); }
  bool empty() const { return memory_.lines().empty(); }
  /// The last word is the caller's.
  bool owesAnswer() const { return memory_.owesAnswer(); }
  /// Puts it all into a fresh conversation (§7).
  void replay(hks::Out& out);

  void expect(std::string_view item, std::uint32_t speaker) { lines_.expect(item, speaker); }
  /// The words of an item; without any, nothing waits for it any longer. tell() follows.
  void finish(std::string_view item, std::uint32_t speaker, std::string text);
  /// Tells the host the lines that are due.
  void tell(hks::Out& out);
  /// Other words for an item, whether its line was told or not.
  void correct(std::string_view item, const std::string& text, hks::Out& out);
  /// Words that no event brings.
  void add(std::uint32_t speaker, std::string_view text) { memory_.put(speaker, text, {}); }
  /// The timer kOrder: what has waited for earlier words goes without them.
  void waitedEnough(hks::Out& out);
  /// The connection is left: what has not come will not come.
  void leave(hks::Out& out);
  /// A line waits for earlier words.
  bool blocked() const { return lines_.blocked(); }

 private:
  Channel& channel_;
  Lines lines_;
  speech::Memory memory_;
  speech::Repeats repeats_;
  bool waits_ = false;  // the timer kOrder runs
};

}  // namespace hookswitch::openai
