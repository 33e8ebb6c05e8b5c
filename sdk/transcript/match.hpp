#pragma once
#include "json_message.hpp"

#include <string>

namespace hks::transcript {

/// Compares what came with what a `<` line says; only fields that are named count. Returns why not, empty when it
/// matches. "$name" captures into `variables` at its first use and is compared from then on; after a mismatch
/// `variables` is unchanged. Throws BadScript for a pattern that can never match (an unknown field or word).
std::string mismatch(uint32_t type, const json& pattern, const testing::Message& came, Variables& variables);

/// `*` in the pattern stands for any run of characters, `\*` for an asterisk.
bool matchesText(const std::string& pattern, const std::string& text);

}  // namespace hks::transcript
