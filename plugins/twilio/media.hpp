// The message that comes 50 times a second (twilio.md §5.2), read without a parser.
#pragma once

#include "plugins/twilio/stream.hpp"

#include <string_view>

namespace hookswitch::twilio {

/// `media` as Twilio writes it, in whatever order: the members that are known, each once, as strings without escapes.
/// False: it is something else, valid or not, and StreamReader tells what. The payload is whatever stands between its
/// quotation marks: when it is not Base64, the message was not recognised either. [any]
bool readMedia(std::string_view json, StreamMessage& message);

}  // namespace hookswitch::twilio
