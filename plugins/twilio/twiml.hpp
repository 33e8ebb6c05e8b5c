// The TwiML documents this gateway answers with and sends (twilio.md §4). [any]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::twilio {

/// `in` as the value of a double-quoted XML attribute: markup escaped, code points that XML 1.0 forbids dropped,
/// invalid UTF-8 replaced by U+FFFD, TAB/LF/CR as character references so that they survive normalisation.
std::string xmlAttribute(std::string_view in);

/// A two-way stream to `media_url`, then a hang-up: a socket that breaks must not leave a silent, billed leg.
/// `call` travels as the parameter gw_call and comes back in the stream's start message. `status_url` may be empty.
std::string connectStream(std::string_view media_url, std::string_view call, std::string_view status_url);

/// Keys on the far end's line, then the stream again. `digits`: 0-9 * # A-D w.
std::string playKeys(std::string_view digits, std::string_view media_url, std::string_view call,
                     std::string_view status_url);

/// Connects the far end with `to`, which may ring for `timeout_s`. `announce`: what it hears before; may be empty.
/// `action_url` is asked what to do next, `status_url` told how the other leg is.
std::string dialNumber(std::string_view to, std::string_view announce, std::uint32_t timeout_s,
                       std::string_view action_url, std::string_view status_url);

std::string hangUp();
/// `text` is spoken, then the leg is hung up. At most 3,000 characters of it: Twilio takes documents of 4,000.
std::string sayAndHangUp(std::string_view text);

/// Not answered and not billed; valid as the first verb of an incoming call only.
std::string reject();
std::string rejectBusy();

}  // namespace hookswitch::twilio
