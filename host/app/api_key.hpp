// Who can reach the gateway, and the API key of one that was given none.
#pragma once

#include <string>

#include "host/api/access.hpp"
#include "host/app/options.hpp"
#include "host/base/result.hpp"

namespace hookswitch::app {

/// Why others than this machine may reach the gateway: "server.host is not a loopback address". Empty: it is private,
/// that is, it listens on loopback and names no other address to carriers. What proxies do cannot be seen from here.
std::string exposure(const Options& options);

/// Where the gateway keeps a key of its own, an absolute path: beside the store, mode 0600.
std::string apiKeyFile(const Options& options);

/// Does /api ask for the key in that file?
bool wantsOwnKey(const Options& options);

/// "export HOOKSWITCH_API_KEY=...", which reads the file when a shell runs it.
std::string exportLine(const Options& options);

struct OwnKey {
  std::string key;
  bool made = false;  ///< just now
};
/// The key in the file, which is made if it is missing or empty. Two gateways that start at once get the same one. Else
/// a sentence with the path: it cannot be read or made, or is none.
base::Result<OwnKey> ownApiKey(const std::string& file);

/// Who may use /api; makes the key where one is wanted and writes its file's path to the log. Fails as above. [main]
base::Result<api::AccessRule> accessRule(const Options& options);

}  // namespace hookswitch::app
