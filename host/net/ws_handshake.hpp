// The keys of a WebSocket handshake, RFC 6455 §4. [any]
#pragma once

#include <string>
#include <string_view>

namespace hookswitch::net {

/// Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455 §4.2.2). [any]
std::string wsAcceptFor(std::string_view key);
/// A fresh Sec-WebSocket-Key: 16 random bytes in base64. [any]
std::string wsNewKey();
/// Is this a valid Sec-WebSocket-Key (base64 of exactly 16 bytes)?
bool wsKeyIsValid(std::string_view key);

}  // namespace hookswitch::net
