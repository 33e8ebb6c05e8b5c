// Tokens and keys: made, and compared so that the time tells nothing. [any]
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hookswitch::base {

/// From OpenSSL. Throws std::runtime_error when the system gives none.
void randomBytes(unsigned char* to, std::size_t size);
/// 256 random bits in the URL-safe alphabet.
std::string newToken();
/// Equal? Takes the same time wherever they differ.
bool equalSecret(std::string_view a, std::string_view b);

}  // namespace hookswitch::base
