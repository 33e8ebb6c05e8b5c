// What the machines of a call ask of the control thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/base/result.hpp"
#include "host/call/types.hpp"

namespace hookswitch::call {

/// What the driver of a Teardown must do next, in order.
struct Action {
  enum class Kind : std::uint8_t {
    send_hook = 1,   ///< give `plugin` CALL_PHASE(phase, id, attempt, deadline_ms)
    stop_media = 2,  ///< stop the bridge, close the AI socket, then the media socket; answer mediaStopped()
    seal = 3,        ///< fix duration and transcript in the record
    leave = 4,       ///< the call leaves the list; whoever waits for the end hears `hung_up` now
    release = 5,     ///< nothing runs for this call any more
    line_up = 6,     ///< the hook takes its place in the line of `plugin`; when its turn comes, give() it
  };
  /// How a hook came into its line.
  enum class Came : std::uint8_t {
    fresh = 1,       ///< never given
    refused = 2,     ///< the plugin said RETRY
    unanswered = 3,  ///< no answer in time, or the plugin failed on it
    restored = 4,    ///< an earlier run of the gateway had it
    urged = 5,       ///< a person wants it tried now
    held = 6,        ///< it was not given: the plugin is held back there
  };
  Kind kind;
  std::uint64_t id = 0;
  std::string plugin{};
  Phase phase = Phase::hangup;
  std::uint32_t attempt = 0, deadline_ms = 0;
  base::Result<void> hung_up{};  ///< leave: whether the carrier took the hang-up, else its sentence for the 502
  // line_up
  Came came = Came::fresh;
  std::int64_t first_ms = 0;  ///< when the hook began: its place in the line
  std::uint64_t expires_ms = 0;
  std::uint64_t after_ms = 0;  ///< what the plugin demands, or what was left of it; 0: nothing
  bool apart = false, mend = false;
  std::string reason{};
};

/// One event: when it came, and what it leads to.
struct Step {
  std::uint64_t now_ms;
  std::vector<Action> actions{};
};

}  // namespace hookswitch::call
