#include "plugins/telegram/text.hpp"

#include <hookswitch/utf8.hpp>

namespace hookswitch::telegram {
namespace {

constexpr char32_t kJoiner = 0x200D;

/// Does `c` belong to the character before it?
bool extends(char32_t c) {
  return c == kJoiner || (c >= 0x0300 && c <= 0x036F) || (c >= 0x1AB0 && c <= 0x1AFF) || (c >= 0x1DC0 && c <= 0x1DFF) ||
         (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0x1F3FB && c <= 0x1F3FF) ||
         (c >= 0xE0020 && c <= 0xE007F);
}

/// The place behind the last `separator` of the piece, if it lies in the second half of it; else 0.
std::size_t behindLast(std::string_view piece, std::string_view separator) {
  const std::size_t at = piece.rfind(separator);
  if (at == std::string_view::npos || at < piece.size() / 2) return 0;
  return at + separator.size();
}

std::size_t behindSentence(std::string_view piece) {
  std::size_t best = 0;
  for (std::string_view end : {". ", "! ", "? ", "\u2026 "}) {
    const std::size_t at = behindLast(piece, end);
    if (at > best) best = at;
  }
  return best;
}

}  // namespace

std::string escapeHtml(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  for (char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
}

std::size_t firstPiece(std::string_view text, std::size_t max_units) {
  std::size_t units = 0, hard = 0, seam = 0;  // seam: the last place where a new character begins
  bool joined = false, cut = false;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t start = i;
    const char32_t c = hks::utf8::next(text, i);
    if (!extends(c) && !joined) seam = start;
    joined = c == kJoiner;
    units += c >= 0x10000 ? 2 : 1;
    if (units > max_units) {
      cut = true;
      break;
    }
    hard = i;
  }
  if (!cut) return text.size();
  // A character that is built from very many code points is cut all the same: it would never fit.
  const std::size_t between = seam > hard / 2 ? seam : hard;
  const std::string_view piece = text.substr(0, hard);
  for (std::size_t at :
       {behindLast(piece, "\n\n"), behindLast(piece, "\n"), behindSentence(piece), behindLast(piece, " ")})
    if (at) return at;
  return between;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

}  // namespace hookswitch::telegram
