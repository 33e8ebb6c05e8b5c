// Replies as they go out. Private to host/net.
#pragma once

#include "host/net/http_types.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::net {

/// How the end of a body is told.
enum class HttpFraming : std::uint8_t {
  length = 1,  ///< Content-Length
  chunks = 2,  ///< Transfer-Encoding, for a reply with more to come
  close = 3,   ///< the connection ends, for a client of HTTP/1.0
};

/// Status line, headers and body. `head_only`: the request was HEAD. [any]
std::string serializeReply(const HttpReply& reply, bool head_only, bool close,
                           HttpFraming framing = HttpFraming::length);

/// The 101 that accepts a WebSocket. [any]
std::string serializeUpgrade(std::string_view accept_key);

}  // namespace hookswitch::net
