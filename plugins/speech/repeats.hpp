// A service that takes up an earlier session may tell once more what was said in it (gemini-live.md §5).
#pragma once

#include "plugins/speech/memory.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hookswitch::speech {

/// Tells lines that are told again from words that were said again, which are kept: for those there was a voice.
/// [session]
class Repeats {
 public:
  /// A connection takes up what `lines` say.
  void watch(const std::vector<Memory::Line>& lines);
  /// That side has said something new on it: nothing of it is repeated from now on.
  void over(std::uint32_t speaker);
  bool watching() const { return !lines_.empty(); }

  /// The caller's audio that the connection is given, 16 bit. Costs nothing when no line of the caller's may be told
  /// again.
  void callerAudio(std::string_view pcm, std::size_t bytes_per_ms);
  /// The caller has spoken long enough on this connection to have said `text` on it.
  bool spoken(std::string_view text) const;

  /// `text` without what it begins with of lines that were told: of one, or of several in a row.
  std::string withoutKnown(std::uint32_t speaker, std::string_view text) const;
  /// Such a line begins with `text`, or is it.
  bool begins(std::uint32_t speaker, std::string_view text) const;

 private:
  static constexpr std::size_t kMaxLines = 12, kMaxWords = 2000;
  /// There is a line of that side that may be told again.
  bool watches(std::uint32_t speaker) const;
  using Words = std::vector<std::string>;
  static Words wordsOf(std::string_view text, std::vector<std::size_t>* ends = nullptr);
  struct Match {
    std::size_t lines = 0;  ///< words that are whole lines
    bool all = false;       ///< all of the words are lines, or the beginning of one
  };
  Match match(std::uint32_t speaker, const Words& words) const;

  std::vector<std::pair<std::uint32_t, Words>> lines_;  // the newest, oldest first
  std::uint64_t voice_ms_ = 0;
};

}  // namespace hookswitch::speech
