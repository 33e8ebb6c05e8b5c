// What it takes to open a session of a plugin.
#pragma once

#include <hookswitch/abi.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hookswitch::net {
class TlsContext;
}

namespace hookswitch::plugin {

using Settings = std::map<std::string, std::string>;

/// What a session's connections trust. Immutable. [any]
struct Trust {
  std::shared_ptr<const net::TlsContext> context;  ///< NULL: the process-wide one
};

/// Immutable. [any]
struct SessionSource {
  std::string plugin;                        ///< id
  const hks_role* role = nullptr;            ///< static storage of the plugin
  std::shared_ptr<const Settings> settings;  ///< complete
  Trust trust{};
  const char* kind = "";                   ///< "control", "notifier", "carrier", "voice"
  std::vector<std::uint32_t> drafts = {};  ///< messages of draft.h that it does something with
  bool listensTo(std::uint32_t draft) const { return std::find(drafts.begin(), drafts.end(), draft) != drafts.end(); }
};

}  // namespace hookswitch::plugin
