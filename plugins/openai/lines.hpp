// The transcript in the order of the conversation: the caller's words arrive when a recogniser is done with them, often
// after the answer to them began (openai-realtime.md §4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace hookswitch::openai {

/// Items are expected in order and finished in any order; a line comes out when everything before it is finished or
/// given up. [session]
class Lines {
 public:
  struct Line {
    std::uint32_t speaker;
    std::string item, text;
  };
  /// `item` follows in the conversation. Known items and items beyond the bound are ignored.
  void expect(std::string_view item, std::uint32_t speaker);
  /// Its words; empty: there are none. An unexpected item counts as the newest.
  void finish(std::string_view item, std::uint32_t speaker, std::string text);
  bool expects(std::string_view item) const;
  /// Other words for an item whose line has not come out yet. False: it has, or is not known.
  bool replace(std::string_view item, std::string text);
  /// Takes the lines that are due, empty ones left out.
  std::vector<Line> due();
  /// True when a finished line waits for an earlier item.
  bool blocked() const;
  /// Waiting has been long enough: the unfinished items in front of finished ones are given up. Their words, if they
  /// come after all, come out late.
  void giveUp();

 private:
  struct Entry {
    Line line;
    bool finished = false;
  };
  static constexpr std::size_t kMax = 64;
  std::list<Entry> entries_;
};

}  // namespace hookswitch::openai
