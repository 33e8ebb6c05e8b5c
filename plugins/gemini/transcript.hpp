// What was said: the caller's words and the model's, as lines, and the memory from which a conversation is rebuilt.
#pragma once

#include "plugins/gemini/turns.hpp"
#include "plugins/speech/memory.hpp"
#include "plugins/speech/repeats.hpp"

#include <hookswitch/plugin.hpp>

#include <cstdint>
#include <list>
#include <string>
#include <string_view>

namespace hookswitch::gemini {

/// [session]
class Transcript {
 public:
  const speech::Memory& memory() const { return memory_; }
  void take(const hks_start& start) { memory_.take(start); }
  /// Words that no event brings.
  void add(std::uint32_t speaker, std::string_view text) { memory_.put(speaker, text, {}); }
  /// A text of ours comes back as the caller's words: it is none of them.
  void remember(std::string_view injected);

  /// inputTranscription, a fragment. False: it is an echo of ours, or of what was said on another connection.
  bool callerSaid(std::string_view fragment, hks::Out& out);
  /// What came of the caller's words is a line.
  void tellCaller(hks::Out& out);
  void forgetCaller() { caller_text_.clear(); }
  /// Another connection takes up what was said: it may tell some of it again.
  void resumed() { repeats_.watch(memory_.lines()); }
  /// The caller's audio that it is given meanwhile.
  void callerAudio(std::string_view pcm, std::size_t bytes_per_ms) { repeats_.callerAudio(pcm, bytes_per_ms); }
  /// The turns that have words which were not told yet.
  void tellModel(Turns& turns, hks::Out& out);
  void tellAll(Turns& turns, hks::Out& out);
  /// There is no truncation here: the model keeps what it sent. Only our transcript says what was heard.
  void correct(const Turns::Heard& heard, hks::Out& out);

 private:
  void tell(Turn& turn, hks::Out& out);
  speech::Memory memory_;
  speech::Repeats repeats_;
  std::string caller_text_;
  std::list<std::string> injected_;
  std::uint64_t last_line_ = 0;
};

}  // namespace hookswitch::gemini
