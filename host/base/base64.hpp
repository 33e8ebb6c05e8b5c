// Base64 (RFC 4648 §4, with padding) for keys and files; audio has the SDK's. [any]
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hookswitch::base {

std::string toBase64(std::string_view bytes);
/// None: it is no base64, or none with its padding. Nothing at all is none, too.
std::optional<std::string> fromBase64(std::string_view text);

}  // namespace hookswitch::base
