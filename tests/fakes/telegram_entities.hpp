// Bot API text rules: the strict HTML of parse_mode HTML, UTF-16 lengths (telegram.md §3, §5).
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace fakes {

struct TelegramText {
  std::string plain;                                  ///< what people read
  nlohmann::json entities = nlohmann::json::array();  ///< {type, offset, length} in UTF-16 units, outermost first
  std::string error;                                  ///< empty, or what follows "can't parse entities: "
  bool careless = false;  ///< a bare & or > was let through, as the service does: most likely a missing escape
};

TelegramText parseTelegramHtml(std::string_view html);
bool validUtf8(std::string_view text);
std::size_t utf16Length(std::string_view text);  ///< of valid UTF-8

}  // namespace fakes
