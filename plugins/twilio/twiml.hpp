// The three TwiML documents this gateway answers with (twilio.md §4). [any]
#pragma once

#include <string>
#include <string_view>

namespace hookswitch::twilio {

/// `in` as the value of a double-quoted XML attribute: markup escaped, code points that XML 1.0 forbids dropped,
/// invalid UTF-8 replaced by U+FFFD, TAB/LF/CR as character references so that they survive normalisation.
std::string xmlAttribute(std::string_view in);

/// A two-way stream to `media_url`, then a hang-up: a socket that breaks must not leave a silent, billed leg.
/// `call` travels as the parameter gw_call and comes back in the stream's start message. `status_url` may be empty.
std::string connectStream(std::string_view media_url, std::string_view call, std::string_view status_url);

std::string hangUp();

/// Not answered and not billed; valid as the first verb of an incoming call only.
std::string rejectBusy();

}  // namespace hookswitch::twilio
