// Character classes of HTTP (RFC 9110 §5.6), shared by the parsers. Private to host/net.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace hookswitch::net {

inline bool isTokenChar(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
}

inline bool isToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), isTokenChar);
}

/// May stand in a header's value: visible, blank, or a byte above ASCII.
inline bool isFieldChar(unsigned char c) { return (c >= 0x20 && c != 0x7F) || c == '\t'; }

inline std::string_view trimBlanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Is something longer than `limit` whose end, a mark of `mark` bytes, was found at `found`, or, with npos, has not
/// come among `have` bytes? All but the last byte of the mark may have.
inline bool endsBeyond(std::size_t found, std::size_t have, std::size_t mark, std::size_t limit) {
  return found == std::string_view::npos ? have > limit + mark - 1 : found > limit;
}

}  // namespace hookswitch::net
