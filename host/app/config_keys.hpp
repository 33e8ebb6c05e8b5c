// The host's own keys. Each is declared once, in config_keys.cpp: what is checked, printed, held at a reload and filled
// into the options follows from that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "host/app/options.hpp"
#include "host/base/result.hpp"
#include "host/plugin/settings.hpp"

namespace hookswitch::app {

/// A key of one of the host's own sections.
struct HostKey {
  enum class Names : std::uint8_t { nothing = 0, carrier = 1, voice = 2, voice_or_none = 3 };

  plugin::Key key;                ///< name, default, meaning, kind; HKS_REQUIRED: it is not to be empty
  std::int64_t min = 0, max = 0;  ///< HKS_INTEGER
  bool restart = false;           ///< a change takes effect at the next start; it is printed and said at a reload
  Names names = Names::nothing;   ///< the value is the id of a plugin in this role
  std::function<base::Result<void>(const std::string& value)> check = {};  ///< what more there is to ask of a value
  std::function<void(Options&, const std::string& value)> fill = {};       ///< with a value that has been checked
  /// Of a section with a name, such as [number.+E164]: `name` is the part behind the dot.
  std::function<void(Options&, const std::string& name, const std::string& value)> fill_named = {};
};

/// A key that is checked for its kind (HKS_TEXT...) and filled nowhere yet. [any]
HostKey key(const char* name, const char* fallback, const char* meaning, std::uint32_t kind);

/// section name to its keys, in the order of the documentation.
const std::vector<std::pair<std::string, std::vector<HostKey>>>& hostSections();

/// NULL: there is no such key.
const HostKey* hostKey(const std::string& section, const std::string& name);

/// What is wrong with a value whose kind is right: its range, its scheme, what the key itself asks.
base::Result<void> checkHostValue(const HostKey& key, const std::string& value);

}  // namespace hookswitch::app
