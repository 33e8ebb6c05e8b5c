// The gateway's own framed protocol. Pure functions: frame in, meaning out; event in, frame out.
#pragma once

#include "plugins/gateway/device.hpp"
#include "plugins/gateway/event.hpp"
#include "plugins/gateway/frames.hpp"
#include "plugins/gateway/settings.hpp"

#include <string>
#include <string_view>

namespace hookswitch::gateway::openclaw {

Incoming read(std::string_view frame);

/// How we prove who we are.
struct Proof {
  std::string_view token;          ///< the shared one, or the one that was given to our device
  bool of_device = false;          ///< which of them
  const Device* device = nullptr;  ///< NULL: without an identity
  std::string_view nonce;          ///< of the challenge
  std::uint64_t challenge_ms = 0;  ///< likewise
};

/// The first frame of a connection, after the challenge. Holds a token: never log it.
std::string connectFrame(const Proof& proof, std::uint64_t id, std::string_view version, std::string_view instance);

/// How an event reaches the agent.
enum class Way {
  Agent = 1,  ///< `agent`: a turn of its own, whose outcome is told
  Queue = 2,  ///< `wake`: waits in the gateway's memory for the next turn of the main session
  Turn = 3,   ///< `wake` that starts a turn at once; only the event `heartbeat` tells how it ended
};
/// By agent only where that is configured and the gateway has a model: a turn without one is accepted and then fails.
Way wayOf(const Config& config, const Hello& hello, const Event& event);

/// Can the gateway be asked what waits there? It shows the main session of its default agent alone.
bool showsQueue(const Config& config, const Hello& hello);

/// `wake`, or `agent`; never longer than hello.max_payload. `round`: how many runs about this event came to nothing; a
/// key stands for one run and its outcome, so each gets a key of its own.
std::string eventFrame(const Config& config, const Hello& hello, std::uint64_t id, const Event& event,
                       std::uint32_t round);

std::string statusFrame(std::uint64_t id);

}  // namespace hookswitch::gateway::openclaw
