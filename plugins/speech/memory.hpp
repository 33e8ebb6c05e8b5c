// What was said in a call, as text: the memory from which a conversation is rebuilt on a new connection.
#pragma once

#include <hookswitch/abi.h>
#include <hookswitch/out.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hookswitch::speech {

/// Lines of both sides in order, the oldest dropped beyond a bound. [session]
class Memory {
 public:
  struct Line {
    std::uint32_t speaker;  // HKS_USER, HKS_ASSISTANT
    std::string text, item;
  };
  /// Takes what was said before this session (hks_start.history).
  void take(const hks_start& start);
  /// A line of `item`; a second one for the same item replaces the first (it was cut off), an empty one removes it.
  void put(std::uint32_t speaker, std::string_view text, std::string_view item);
  /// The same, and the host is told: it goes into the call's transcript.
  void tell(std::uint32_t speaker, std::string_view text, std::string_view item, hks::Out& out) {
    put(speaker, text, item);
    out.transcript(speaker, text, item);
  }
  const std::vector<Line>& lines() const { return lines_; }
  bool dropped() const { return dropped_; }  ///< true: the beginning is missing
  /// True when the last line is the caller's: an answer is owed.
  bool owesAnswer() const { return !lines_.empty() && lines_.back().speaker == HKS_USER; }
  /// "Caller: ...\nYou: ...\n", the newest `max_bytes`.
  std::string summary(std::size_t max_bytes) const;

 private:
  void bound();
  static constexpr std::size_t kMaxLines = 60;
  static constexpr std::size_t kMaxBytes = 16 * 1024;
  static constexpr std::size_t kMaxLineBytes = 4 * 1024;
  std::vector<Line> lines_;
  std::size_t bytes_ = 0;
  bool dropped_ = false;
};

}  // namespace hookswitch::speech
