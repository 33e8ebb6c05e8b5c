// hookswitch/surrogates.hpp - JSON of services that cut text in the middle of a character.
#ifndef HKS_SURROGATES_HPP
#define HKS_SURROGATES_HPP
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace hks::json {

/// The UTF-16 unit of the escape that begins at `at`; 0: none begins there.
inline unsigned escapedUnit(std::string_view json, size_t at) {
  if (at + 6 > json.size() || json[at] != '\\' || json[at + 1] != 'u') return 0;
  unsigned value = 0;
  const char* const end = json.data() + at + 6;
  const auto [read, error] = std::from_chars(json.data() + at + 2, end, value, 16);
  return error == std::errc() && read == end ? value : 0;
}

/// The same half as bytes, three of them that UTF-8 does not know: the replacement character takes as many.
inline bool mendSurrogateBytes(std::string& json) {
  bool mended = false;
  for (size_t at = json.find('\xED'); at != std::string::npos && at + 2 < json.size(); at = json.find('\xED', at + 1)) {
    const auto second = static_cast<unsigned char>(json[at + 1]), third = static_cast<unsigned char>(json[at + 2]);
    if (second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf) continue;
    json.replace(at, 3, "\xEF\xBF\xBD");
    mended = true;
  }
  return mended;
}

/// Half of a pair of \u escapes, without the other half, is no character, and parsers refuse the whole message over it.
/// `json` with \ufffd in the place of every such half. False, and `json` as it was: there is none. [any]
inline bool mendSurrogates(std::string& json) {
  const auto high = [](unsigned unit) { return unit >= 0xd800 && unit <= 0xdbff; };
  const auto low = [](unsigned unit) { return unit >= 0xdc00 && unit <= 0xdfff; };
  bool mended = false;
  for (size_t at = json.find('\\'); at != std::string::npos; at = json.find('\\', at)) {
    const unsigned first = escapedUnit(json, at);
    if (high(first) && low(escapedUnit(json, at + 6))) {
      at += 12;
    } else if (high(first) || low(first)) {
      json.replace(at + 2, 4, "fffd");
      at += 6;
      mended = true;
    } else {
      at += 2;
    }
  }
  return mended;
}

}  // namespace hks::json
#endif
