// Name resolution that can be given up. Private to host/net.
#pragma once

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

/// Addresses of `host`, in the system's order of preference, with `port` set. Empty: `error` is a fragment that says
/// why. getaddrinfo() cannot be interrupted, so it runs on one of a few threads that this call merely waits for: a
/// name server that does not answer costs the caller its deadline and nobody a thread. [io]
std::vector<Endpoint> resolveHost(const std::string& host, std::uint16_t port, Deadline deadline, std::string& error,
                                  bool& timed_out);

}  // namespace hookswitch::net
