// Text as an assistant's gateway may safely be given: one line, no commands. (openclaw-gateway.md §2.6, §3)
#pragma once

#include <hookswitch/text.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::gateway {

/// Every '/' that could begin a word becomes U+2215, which reads the same and is no command: a caller who says
/// "slash reset" must not reset anybody's session. A '/' behind a letter or digit stays. [any]
std::string withoutCommands(std::string_view text);

/// Append ` key=value`, the value as one line of at most `max_bytes`, in double quotes when it has blanks or quotes
/// (inner ones become single quotes). Nothing is appended for an empty value. [any]
void appendPair(std::string& out, std::string_view key, std::string_view value, std::size_t max_bytes);

/// "2026-01-31T14:03:22.123Z". [any]
std::string timestamp(std::uint64_t unix_ms);
/// 42500 -> "42.500": a JSON number, whatever the locale. [any]
std::string seconds(std::uint64_t ms);
/// 65432 -> "1:05". [any]
std::string minutes(std::uint64_t ms);

using hks::without;

}  // namespace hookswitch::gateway
