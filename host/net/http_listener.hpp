// The listening socket of the HTTP server. Private to host/net.
#pragma once

#include <cstdint>
#include <string>

namespace hookswitch::net {

/// Non-blocking and bound; the caller's to close. Names are resolved (blocking: start-up only). Empty host: every
/// address, IPv6 and IPv4 alike. Throws std::runtime_error "Cannot listen on <host>:<port>: <reason>". [main]
int openListener(const std::string& host, std::uint16_t port, int backlog);

/// The port a listener got.
std::uint16_t listenerPort(int fd);

}  // namespace hookswitch::net
