// Small text tools of the Twilio plugin: forms, numbers, dates. Pure functions. [any]
#pragma once

#include <hookswitch/text.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hookswitch::twilio {

using hks::percentEncode;
using hks::percentEncodeTo;
using hks::sameIgnoringCase;

/// A form field: %XX and "+" decoded; a "%" without two hex digits stays as it is.
std::string formDecode(std::string_view in);

/// The value of query parameter `name` of a raw request target, decoded; empty when absent.
std::string queryValue(std::string_view target, std::string_view name);

/// Decimal digits only, no sign; nullopt when empty, not a number or above 10^15.
std::optional<std::uint64_t> parseNumber(std::string_view in);

/// "Sat, 31 Jan 2026 10:00:00 +0000", also with "GMT" as HTTP dates have it: seconds since 1970 UTC.
std::optional<std::int64_t> parseMailDate(std::string_view in);

/// "2026-01-31" in UTC.
std::string utcDay(std::int64_t unix_s);

/// 2 letters and then letters and digits, at most 64: what may stand in an URL as a Twilio SID.
bool looksLikeSid(std::string_view in);

}  // namespace hookswitch::twilio
