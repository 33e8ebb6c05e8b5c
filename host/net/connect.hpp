// From a URL to a connected, encrypted stream. Private to host/net.
#pragma once

#include "host/net/stream.hpp"
#include "host/net/tls.hpp"
#include "host/net/url.hpp"

#include <memory>
#include <string>

namespace hookswitch::net {

struct Opened {
  std::unique_ptr<Stream> stream;  ///< null: see error
  std::string error;               ///< "Cannot connect to https://host:443: ..."
  bool timed_out = false;
};

/// DNS, TCP (every address in turn, each with its share of the time left) and, for https and wss, the TLS handshake,
/// all before the deadline. `tls` null: TlsContext::defaultClient(). Does not throw. [io]
Opened openStream(const Url& url, std::shared_ptr<const TlsContext> tls, Deadline deadline);

}  // namespace hookswitch::net
