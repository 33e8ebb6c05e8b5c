// The masks of a client's frames, RFC 6455 §5.3. Private to host/net.
#pragma once

#include <cstddef>

namespace hookswitch::net {

/// XOR `size` bytes with the key, 32 at a time, on their way from one place to another, or where they are. key[0]
/// belongs to from[0].
void wsApplyMask(char* to, const char* from, std::size_t size, const unsigned char key[4]);
/// A fresh key, which whoever chooses the payload cannot foresee (RFC 6455 §10.3). Throws std::runtime_error when
/// OpenSSL has no random numbers. [any]
void wsNewMask(unsigned char key[4]);

}  // namespace hookswitch::net
