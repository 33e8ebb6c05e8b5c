// Text for Telegram: HTML escaping, and splitting by what Telegram counts. (telegram.md §5)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hookswitch::telegram {

/// `&`, `<` and `>` as the entities Telegram knows. [any]
std::string escapeHtml(std::string_view text);

/// How many bytes of `text` (valid UTF-8) make the first piece of at most `max_units` UTF-16 code units. The piece
/// ends behind a paragraph, line, sentence or word, in that order, if there is one in its second half; otherwise
/// between two characters, not inside an emoji or an accented letter that is built from several. Never 0 unless
/// `text` is empty or `max_units` is less than 2. [any]
std::size_t firstPiece(std::string_view text, std::size_t max_units);

/// Without newlines and blanks at either end. [any]
std::string_view trimmed(std::string_view text);

}  // namespace hookswitch::telegram
