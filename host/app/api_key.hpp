// Who can reach the gateway, and the API key of one that was given none.
#pragma once

#include <string>

#include "host/api/access.hpp"
#include "host/app/config.hpp"

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

/// The key in the file, which is made if it is missing or empty; `made` tells. Two gateways that start at once get the
/// same one. Throws std::runtime_error, one sentence with the path, when it cannot be read or made or is none.
std::string ownApiKey(const std::string& file, bool& made);

/// Who may use /api; makes the key where one is wanted and writes its file's path to the log. Throws as above. [main]
api::AccessRule accessRule(const Options& options);

}  // namespace hookswitch::app
