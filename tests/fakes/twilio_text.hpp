// Text that travels to and from Twilio: SIDs, dates, numbers, URLs.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "tests/fakes/base64.hpp"
#include "tests/fakes/form.hpp"

namespace fakes {

/// `prefix` and 32 random hexadecimal digits: CA.., MZ.., PN..
std::string newSid(std::string_view prefix);
bool isSid(std::string_view text, std::string_view prefix);
/// `+`, then 7 to 15 digits of which the first is not 0.
bool isE164(std::string_view number);

std::string rfc2822(std::time_t at);
std::string iso8601(std::time_t at);
std::string isoDate(std::time_t at);

struct UrlParts {
  std::string scheme, user_info, host, port, target, fragment;  ///< target: path and query; port empty when not given
};
/// False when `url` has no scheme or no host.
bool splitUrl(std::string_view url, UrlParts& parts);
/// `reference` may be absolute, start with '/', or be relative to the folder of `base`.
std::string resolveUrl(const std::string& base, const std::string& reference);

/// '*' stands for any run of characters.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace fakes
