// Misbehaviour that is the same for every WebSocket fake, and the book of its connections.
#pragma once

#include "tests/fakes/net.hpp"

#include <nlohmann/json_fwd.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace fakes {

/// Commands that act on one open socket: drop, close {code, reason}, garbage, half_frame, reserved_bits, bad_utf8,
/// fragment {text, pieces, ping}, big_frame {bytes}, ping {payload}, send {event | text, binary}, deaf {on}.
/// False when `name` is none of them. Throws std::invalid_argument for a bad argument.
bool socketFault(Socket& socket, const std::string& name, const nlohmann::json& args);

/// One unmasked frame of a server, for Socket::sendRaw. `first` is the first byte: FIN, reserved bits and opcode.
std::string serverFrame(std::uint8_t first, std::string_view payload);

struct ConnectionBook {
  std::uint64_t open = 0, most = 0, total = 0, refused = 0;
  std::map<unsigned, std::uint64_t> closes;  ///< by the code the peer closed with; 1006: it vanished
  void opened() { ++total, most = std::max(most, ++open); }
  void closed(unsigned code) { --open, ++closes[code]; }
  nlohmann::json dump() const;
};

}  // namespace fakes
