// From a URL to a connected, encrypted stream. Private to host/net.
#pragma once

#include "host/net/stream.hpp"
#include "host/net/tls.hpp"
#include "host/net/url.hpp"

#include <memory>
#include <string>

namespace hookswitch::net {

/// Why there is no connection.
struct Unconnected {
  std::string error;       ///< "Cannot connect to https://host:443: ..."
  bool timed_out = false;  ///< the deadline has passed, and nothing else is wrong
};

/// DNS, TCP (every address in turn, each with its share of the time left) and, for https and wss, the TLS handshake,
/// all before the deadline. `tls` null: TlsContext::defaultClient(). [io]
base::Result<std::unique_ptr<Stream>, Unconnected> openStream(const Url& url, std::shared_ptr<const TlsContext> tls,
                                                              Deadline deadline);

}  // namespace hookswitch::net
