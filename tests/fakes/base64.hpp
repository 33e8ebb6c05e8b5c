// Base64 as OpenSSL writes it: not the gateway's and not the plugins' own, so that a mistake is not made on both ends.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fakes {

void appendBase64(std::string& out, std::string_view bytes);
std::string encodeBase64(std::string_view bytes);
/// Standard alphabet, padded, no line breaks; anything else gives false and leaves `out` in an unknown state.
bool decodeBase64(std::string_view text, std::string& out);
/// Bytes that valid padded base64 of this text stands for; nothing is checked.
std::size_t base64Bytes(std::string_view text);

}  // namespace fakes
