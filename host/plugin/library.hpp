// One shared library on disk, and the sentence that says why it is not a plugin.
#pragma once

#include <hookswitch/abi.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/plugin/image.hpp"
#include "host/plugin/settings.hpp"

namespace hookswitch::plugin {

/// A loaded plugin. Immutable after loading, never unloaded: pointers into it are valid until the process ends. [any]
struct Library {
  std::string file;                    ///< as found in the directory; what runs is a private copy of it
  std::string id, name, version, abi;  ///< abi: "1.0"
  std::vector<Key> keys;
  const hks_role* control = nullptr;  ///< the control or the notifier role: a plugin has at most one of them
  const hks_role* carrier = nullptr;
  const hks_role* voice = nullptr;
  bool notifier = false;              ///< `control` is the notifier role
  std::vector<std::string> roles;     ///< "control", "notifier", "carrier", "voice"
  std::vector<std::uint32_t> drafts;  ///< messages of draft.h that it does something with
  bool listensTo(std::uint32_t draft) const;
};

/// Never NULL. The sentence of a failure has no subject, which is the file.
using Examined = base::Result<std::shared_ptr<const Library>>;

struct LoadedFile {
  Examined library;
  FileStamp stamp{};       ///< of the file as it was read
  std::size_t digest = 0;  ///< of its content; 0: it was not read
};

/// Check the file (regular, not writable by everybody, readable), read it once, load a private copy of what was read
/// with all symbols resolved at once, read the version before anything else, then its identity, roles and keys. What is
/// loaded already, byte for byte, is not loaded again. Never throws; waits for a file that is being written. [main]
LoadedFile load(const std::string& file);

/// The checks behind load() once the symbol is found; separate so that they can be tested without a file.
Examined examine(const hks_entry& entry, const std::string& file);

}  // namespace hookswitch::plugin
