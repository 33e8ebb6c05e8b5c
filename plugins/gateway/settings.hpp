// The section [gateway], checked.
#pragma once

#include <string>
#include <vector>

namespace hks {
class Settings;
}

namespace hookswitch::gateway {

struct Config {
  bool usable = false;
  bool jsonrpc = false;  ///< else the openclaw dialect
  std::string url, token;
  std::string session_key;     ///< of `session`: has a colon
  std::string agent_id;        ///< of `session`: has none; both empty: the gateway's main session
  std::string wake_mode;       ///< next-heartbeat | now
  bool ended_by_agent = true;  ///< call_ended starts a turn of the agent instead of waiting for the next one
  bool until_taken = true;     ///< call_ended is told when a turn has taken it; else when the gateway has queued it
};

/// `problems` gets a sentence for each thing that is wrong; unless `usable` the plugin must not run. [any]
Config readConfig(const hks::Settings& settings, std::vector<std::string>& problems);

}  // namespace hookswitch::gateway
