// hookswitch/text.hpp - small things about text that every plugin needs: ASCII case, numbers, secrets that were quoted.
// Everything here is a pure function. [any]
#ifndef HKS_TEXT_HPP
#define HKS_TEXT_HPP
#include <cstddef>
#include <string>
#include <string_view>

namespace hks {

/// A-Z only: the same in every locale, and right for the names of headers, schemes and codes.
inline char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; }
inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}
inline bool sameIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

/// Everything but the unreserved characters of RFC 3986 §2.3 escaped: for one segment of a path, one value of a query.
inline void percentEncodeTo(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  for (unsigned char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out += char(c);
      continue;
    }
    out += '%';
    out += hex[c >> 4];
    out += hex[c & 15];
  }
}
inline std::string percentEncode(std::string_view text) {
  std::string out;
  percentEncodeTo(out, text);
  return out;
}

/// `text` with "***" wherever it quotes the secret: other people's sentences go into logs only like this. A secret of
/// less than 3 bytes protects nothing and would blot out half the sentence: it stays.
inline std::string without(std::string text, std::string_view secret) {
  if (secret.size() < 3) return text;
  for (size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += 3)
    text.replace(at, secret.size(), "***");
  return text;
}

}  // namespace hks
#endif
