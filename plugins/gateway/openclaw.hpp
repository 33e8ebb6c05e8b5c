// The gateway's own framed protocol. Pure functions: frame in, meaning out; event in, frame out.
// (openclaw-gateway.md §2)
#pragma once

#include "plugins/gateway/event.hpp"
#include "plugins/gateway/frames.hpp"
#include "plugins/gateway/settings.hpp"

#include <string>
#include <string_view>

namespace hookswitch::gateway::openclaw {

Incoming read(std::string_view frame);

/// The first frame of a connection, after the challenge. Holds the token: never log it.
std::string connectFrame(const Config& config, std::uint64_t id, std::string_view version, std::string_view instance);

/// Does this event start a turn of the agent? Only when that is configured and the gateway has a model: a turn
/// without one is accepted and then fails.
bool byAgent(const Config& config, const Hello& hello, const Event& event);

/// `wake`, or `agent` for byAgent(); never longer than hello.max_payload.
std::string eventFrame(const Config& config, const Hello& hello, std::uint64_t id, const Event& event);

}  // namespace hookswitch::gateway::openclaw
