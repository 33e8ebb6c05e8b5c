// hookswitch/surrogates.hpp - JSON of services that cut text in the middle of a character.
#ifndef HKS_SURROGATES_HPP
#define HKS_SURROGATES_HPP
#include <cstddef>
#include <string>
#include <string_view>

namespace hks::json {

/// Half of a pair of \u escapes, without the other half, is no character, and parsers refuse the whole message over it.
/// `json` with \ufffd in the place of every such half. False, and `json` as it was: there is none. [any]
inline bool mendSurrogates(std::string& json) {
  const auto unit = [&](size_t at) {  // of the escape that begins there; 0: there is none
    if (at + 6 > json.size() || json[at] != '\\' || json[at + 1] != 'u') return 0u;
    unsigned value = 0;
    for (size_t i = at + 2; i < at + 6; ++i) {
      const char c = json[i];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return 0u;
      value = value * 16 + unsigned(digit);
    }
    return value;
  };
  bool mended = false;
  for (size_t at = json.find('\\'); at != std::string::npos; at = json.find('\\', at)) {
    const unsigned first = unit(at);
    if (first < 0xd800 || first > 0xdfff) {
      at += 2;
      continue;
    }
    const unsigned second = first < 0xdc00 ? unit(at + 6) : 0;
    if (second >= 0xdc00 && second <= 0xdfff) {
      at += 12;
      continue;
    }
    json.replace(at + 2, 4, "fffd");
    at += 6;
    mended = true;
  }
  return mended;
}

}  // namespace hks::json
#endif
