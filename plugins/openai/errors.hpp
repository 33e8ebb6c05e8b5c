// What the server's errors mean (openai-realtime.md §4). Pure. [any]
#pragma once

#include <hookswitch/abi.h>
#include <hookswitch/read_json.hpp>

#include <string>
#include <string_view>

namespace hookswitch::openai {

/// Codes after which another attempt cannot help.
bool isFatal(std::string_view code);
/// Codes that tell of nothing wrong.
bool isHarmless(std::string_view code);
/// What may go by itself: too many requests, a mistake of the service's.
bool isPassing(const hks::json::Value& error);
/// Is it a connection that the service closed for such a code? §1: 3000 to 4999, "invalid_request_error.<code>".
bool isFatalClose(const hks_closed& lost);
/// "message (code, param)", one line.
std::string described(const hks::json::Value& error);
/// The object of an event "error", which some servers leave out.
hks::json::Value errorOf(const hks::json::Value& root);

}  // namespace hookswitch::openai
