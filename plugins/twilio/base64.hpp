// Base64 by table: the media messages carry it 50 times a second and call, both ways. [any]
#pragma once

#include <string>
#include <string_view>

namespace hookswitch::twilio {

/// Appends the standard alphabet with padding, no line breaks. Allocates only when `out` must grow.
void base64EncodeTo(std::string& out, std::string_view bytes);

/// Replaces `out`. Padding may be missing. False, with an unspecified `out`, on any other character or on a length
/// that cannot be. Allocates only when `out` must grow.
bool base64Decode(std::string& out, std::string_view text);

}  // namespace hookswitch::twilio
