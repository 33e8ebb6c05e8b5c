// Text that travels to and from Twilio: forms, base64, SIDs, dates, numbers, URLs.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fakes {

using Form = std::vector<std::pair<std::string, std::string>>;

std::string percentEncode(std::string_view text);
/// '+' is a blank; a broken escape stays as it is.
std::string percentDecode(std::string_view text);
std::string encodeForm(const Form& form);
Form decodeForm(std::string_view body);
/// First value of `name`, or a null pointer.
const std::string* find(const Form& form, std::string_view name);

void appendBase64(std::string& out, std::string_view bytes);
/// False when `text` is not padded standard base64; what was decoded before the fault has then been appended.
bool decodeBase64(std::string_view text, std::string& out);

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
