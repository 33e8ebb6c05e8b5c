// What arrived of each spoken item, for the truncation at what was heard (openai-realtime.md §5).
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>

namespace hookswitch::openai {

struct Item {
  std::string id, response;
  std::int64_t content_index = 0;
  std::uint64_t rx_bytes = 0;       ///< handed to the host
  std::uint64_t dropped_bytes = 0;  ///< came after the interruption
  std::string odd;                  ///< half a sample, until the rest of it comes
  bool ended = false;               ///< AUDIO_END was sent, or nothing of it will be played any more
  bool cut = false;                 ///< the host said how much was heard
  std::uint64_t heard_ms = 0;
  std::string text;   ///< its transcript: as far as it has come, whole once it is told
  bool told = false;  ///< the text went out as a line
  bool left = false;  ///< its connection was left
};

/// The newest spoken items. References stay valid until the next open(). [session]
class Items {
 public:
  Item* find(std::string_view id);
  /// The item, made if it is new; the oldest gives way beyond the bound.
  Item& open(std::string_view id, std::string_view response);
  Item* newest() { return items_.empty() ? nullptr : &items_.back(); }
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }

 private:
  static constexpr std::size_t kMax = 48;
  std::list<Item> items_;
};

}  // namespace hookswitch::openai
