// The client's side of a WebSocket handshake, blocking: for io threads only.
#pragma once

#include "host/net/http_types.hpp"
#include "host/net/stream.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace hookswitch::net {

class TlsContext;

struct WsTarget {
  std::string url;                    ///< ws:// or wss://
  HttpHeaders headers;                ///< added to the request; Host, Upgrade, Connection and Sec-WebSocket-* are ours
  std::uint32_t timeout_ms = 10'000;  ///< for everything: DNS, connect, TLS, handshake
  std::shared_ptr<const TlsContext> tls;  ///< null: TlsContext::defaultClient()
};

struct WsConnected {
  std::unique_ptr<Stream> stream;  ///< null: failed, see `error`
  std::string leftover;            ///< bytes that followed the 101: feed them to the parser first
  int http_status = 0;             ///< the server's answer; 0: there was none
  HttpHeaders headers;             ///< of the answer
  std::string body;                ///< of a refusal, at most 4 KiB
  std::string error;               ///< a sentence; names scheme://host:port, never path or query
  bool timed_out = false;
};

/// No redirects, no extensions, no subprotocols, no Origin header. Never throws. [io]
WsConnected connectWebSocket(const WsTarget& target);

}  // namespace hookswitch::net
