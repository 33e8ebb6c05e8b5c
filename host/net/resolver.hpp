// Name resolution that can be given up. Private to host/net.
#pragma once

#include "host/base/result.hpp"
#include "host/net/stream.hpp"

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

namespace hookswitch::net {

struct Endpoint {
  sockaddr_storage address;
  socklen_t length;
};

struct Unresolved {
  std::string error;  ///< a fragment: "its name cannot be resolved: ..."
  bool timed_out = false;
};
using Resolved = base::Result<std::vector<Endpoint>, Unresolved>;

/// Addresses of `host`, at least one, in the system's order of preference, with `port` set. getaddrinfo() cannot be
/// interrupted, so it runs on one of a few threads that this call merely waits for: a name server that does not answer
/// costs the caller its deadline and nobody a thread. [io]
Resolved resolveHost(const std::string& host, std::uint16_t port, Deadline deadline);

}  // namespace hookswitch::net
