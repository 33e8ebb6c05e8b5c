// What a frame from the gateway means, in either dialect.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hookswitch::gateway {

/// Frames above this size are heard but not read: nothing this plugin waits for is longer (20 queued events of 32 KB).
constexpr std::size_t kMaxFrame = 4 << 20;
/// Events that the gateway keeps for a session; the oldest makes room for the newest.
constexpr std::size_t kGatewayQueue = 20;

/// What the gateway said about itself. (openclaw-gateway.md §2.2)
struct Hello {
  std::int64_t protocol = 0;
  std::uint64_t tick_ms = 30000;         ///< 1000..300000
  std::uint64_t max_payload = 26214400;  ///< bytes of a frame; at least 4096
  bool model_configured = false;
  bool can_write = false;                   ///< operator.write or operator.admin was granted
  bool has_wake = true, has_agent = false;  ///< features.methods; a gateway without that list is taken at its word
  bool has_status = false;
  std::string main_session, default_agent, scopes;
  std::string device_token;  ///< a secret; empty: none was given
};

struct Incoming {
  enum class Kind {
    Ignored = 1,    ///< not for us
    Challenge = 2,  ///< openclaw: the handshake may begin
    Hello = 3,      ///< openclaw: the handshake is done
    Answer = 4,     ///< to request `id`
    Shutdown = 5,   ///< the gateway stops; after_ms: it expects to be back
    Garbage = 6,    ///< not a frame of this dialect
    Turn = 7,       ///< openclaw: a turn that no `agent` request asked for is over (event heartbeat); not ok: it failed
  };
  Kind kind = Kind::Ignored;
  std::uint64_t id = 0;
  bool ok = false;
  bool accepted = false;       ///< openclaw `agent`: taken; a second answer with the result follows
  bool passing = false;        ///< not ok, but a repetition may help without anybody's doing
  bool retryable = false;      ///< not ok: the gateway itself asks for the same request again
  bool outcome = false;        ///< openclaw `agent`: what became of the run, after `accepted`
  bool idle = false;           ///< Turn: it was skipped before it began
  std::uint64_t after_ms = 0;  ///< Answer: before the repetition; Shutdown: until it is back; 0: not said
  std::string sentence;        ///< not ok: code and message, one line, at most 300 bytes
  std::string code;            ///< not ok: details.code of the error, else its code
  bool unpaired = false;       ///< not ok: the owner of the gateway has to approve our device
  bool has_queue = false;      ///< the answer to `status`, with `queue`: how each event that waits there begins
  std::vector<std::string> queue;
  std::string nonce;  ///< Challenge
  std::uint64_t challenge_ms = 0;
  Hello hello;
};

}  // namespace hookswitch::gateway
