// The compatibility dialect: one `sessions_send` request per event, no handshake. (openclaw-gateway.md §1)
#pragma once

#include "plugins/gateway/event.hpp"
#include "plugins/gateway/frames.hpp"

#include <string>
#include <string_view>

namespace hookswitch::gateway::jsonrpc {

Incoming read(std::string_view frame);
std::string eventFrame(std::uint64_t id, const Event& event);
std::string heartbeatFrame(std::uint64_t id, std::uint64_t unix_ms);

}  // namespace hookswitch::gateway::jsonrpc
