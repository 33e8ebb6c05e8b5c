// hookswitch/utf8.hpp - text from outside, made fit for JSON, logs and chats: valid UTF-8, no control characters, no
// bidirectional overrides, bounded. json.hpp expects its input to be like that.
#ifndef HKS_UTF8_HPP
#define HKS_UTF8_HPP
#include <cstddef>
#include <string>
#include <string_view>

namespace hks::utf8 {

/// Decode the code point at `s[i]` (i < s.size()) and move `i` behind it. Malformed bytes read as U+FFFD, one for each
/// maximal ill-formed piece, so that a stray byte never swallows a good character.
inline char32_t next(std::string_view s, size_t& i) {
  const unsigned char lead = static_cast<unsigned char>(s[i++]);
  if (lead < 0x80) return lead;
  unsigned more;
  char32_t c;
  unsigned char low = 0x80, high = 0xBF;  // bounds of the second byte, Unicode table 3-7
  if (lead >= 0xC2 && lead <= 0xDF) {
    more = 1;
    c = lead & 0x1Fu;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    more = 2;
    c = lead & 0x0Fu;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    more = 3;
    c = lead & 0x07u;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else
    return 0xFFFD;
  for (; more; --more) {
    if (i >= s.size()) return 0xFFFD;
    const unsigned char b = static_cast<unsigned char>(s[i]);
    if (b < low || b > high) return 0xFFFD;
    low = 0x80, high = 0xBF;
    c = (c << 6) | (b & 0x3Fu);
    ++i;
  }
  return c;
}

inline void append(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += char(c);
    return;
  }
  if (c < 0x800) {
    out += char(0xC0 | (c >> 6));
    out += char(0x80 | (c & 0x3F));
    return;
  }
  if (c < 0x10000) {
    out += char(0xE0 | (c >> 12));
    out += char(0x80 | ((c >> 6) & 0x3F));
    out += char(0x80 | (c & 0x3F));
    return;
  }
  out += char(0xF0 | (c >> 18));
  out += char(0x80 | ((c >> 12) & 0x3F));
  out += char(0x80 | ((c >> 6) & 0x3F));
  out += char(0x80 | (c & 0x3F));
}

/// C0 (also newline and tab), DEL, C1, line and paragraph separators.
inline bool isControl(char32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029; }
/// Characters that turn the direction of the text behind them: they make a log or a chat read as something else.
inline bool isBidiOverride(char32_t c) { return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069); }

/// Valid UTF-8 of at most `max_bytes` bytes, cut between code points. Bidirectional overrides and control characters
/// are dropped; newline and tab stay.
inline std::string clean(std::string_view s, size_t max_bytes = std::string_view::npos) {
  std::string out, one;
  for (size_t i = 0; i < s.size();) {
    const char32_t c = next(s, i);
    if (isBidiOverride(c) || (isControl(c) && c != '\n' && c != '\t')) continue;
    one.clear();
    append(one, c);
    if (out.size() + one.size() > max_bytes) break;
    out += one;
  }
  return out;
}

/// The same as one line: runs of blanks and control characters become one space, none at either end.
inline std::string line(std::string_view s, size_t max_bytes = std::string_view::npos) {
  std::string out, one;
  bool gap = false;
  for (size_t i = 0; i < s.size();) {
    const char32_t c = next(s, i);
    if (isBidiOverride(c)) continue;
    if (isControl(c) || c == ' ') {
      gap = !out.empty();
      continue;
    }
    one.assign(gap ? 1 : 0, ' ');
    append(one, c);
    if (out.size() + one.size() > max_bytes) break;
    out += one;
    gap = false;
  }
  return out;
}

/// How many UTF-16 code units the text takes (what some services count).
inline size_t utf16Length(std::string_view s) {
  size_t units = 0;
  for (size_t i = 0; i < s.size();) units += next(s, i) >= 0x10000 ? 2 : 1;
  return units;
}

}  // namespace hks::utf8
#endif
