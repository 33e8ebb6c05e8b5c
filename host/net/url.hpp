// Absolute URLs of the four schemes the gateway speaks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "host/base/result.hpp"

namespace hookswitch::net {

/// http, https, ws or wss.
struct Url {
  std::string scheme;      ///< lower case
  std::string host;        ///< lower case; an IPv6 address without brackets
  std::uint16_t port = 0;  ///< explicit or the scheme's default, never 0
  std::string target;      ///< path and query, begins with '/'; a fragment is dropped

  bool tls() const { return scheme == "https" || scheme == "wss"; }
  bool webSocket() const { return scheme == "ws" || scheme == "wss"; }
  /// "https://host:443": all of an URL that may appear in errors and logs.
  std::string origin() const;
  /// For the Host header: the port only when it is not the scheme's default.
  std::string hostHeader() const;
  std::string str() const;
};

/// Fails with what was expected, which quotes nothing of the URL (paths carry secrets). Refused: user names and
/// passwords, spaces and control characters, a missing host, a bad port. [any]
base::Result<Url> parseUrl(std::string_view text);

/// Does the name, in an URL or as an address to listen on, mean this machine alone? localhost, 127.0.0.0/8 and ::1,
/// with or without brackets; every other spelling is taken for an outside one. [any]
bool isLoopbackName(std::string_view host);

}  // namespace hookswitch::net
