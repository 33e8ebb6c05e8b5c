// What a frame from the gateway means, in either dialect.
#pragma once

#include <cstdint>
#include <string>

namespace hookswitch::gateway {

/// Frames above this size are heard but not read: nothing this plugin waits for is longer (hello-ok has 16 KB).
constexpr std::size_t kMaxFrame = 1 << 20;

/// What the gateway said about itself. (openclaw-gateway.md §2.2)
struct Hello {
  std::int64_t protocol = 0;
  std::uint64_t tick_ms = 30000;             ///< 1000..300000
  std::uint64_t max_payload = 26214400;      ///< bytes of a frame; at least 4096
  bool model_configured = false;
  bool can_write = false;                    ///< operator.write or operator.admin was granted
  bool has_wake = true, has_agent = false;   ///< features.methods; a gateway without that list is taken at its word
  std::string main_session, scopes;
};

struct Incoming {
  enum class Kind {
    Ignored = 1,    ///< not for us
    Challenge = 2,  ///< openclaw: the handshake may begin
    Hello = 3,      ///< openclaw: the handshake is done
    Answer = 4,     ///< to request `id`
    Shutdown = 5,   ///< the gateway stops; after_ms: it expects to be back
    Garbage = 6,    ///< not a frame of this dialect
  };
  Kind kind = Kind::Ignored;
  std::uint64_t id = 0;
  bool ok = false;
  bool accepted = false;      ///< openclaw `agent`: taken; a second answer with the result follows
  bool passing = false;       ///< not ok, but a repetition may help
  std::uint64_t after_ms = 0; ///< Answer: before the repetition; Shutdown: until it is back; 0: not said
  std::string sentence;       ///< not ok: code and message, one line, at most 300 bytes
  Hello hello;
};

}  // namespace hookswitch::gateway
