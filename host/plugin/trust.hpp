// What the TLS connections trust that a plugin asks for: three keys that the host adds to every plugin's section.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/net/tls.hpp"
#include "host/plugin/settings.hpp"

namespace hookswitch::plugin {

/// Appends tls_ca_file, tls_pin_sha256 and tls_server_name. A plugin that declares one of them itself keeps its text;
/// what it means is the host's all the same.
void addTrustKeys(std::vector<Key>& keys);

/// What the section says, the CA file read. Throws std::runtime_error, a sentence that begins with the key's name.
/// [any, blocking]
net::TlsTrust trustOf(const std::map<std::string, std::string>& settings);

/// For the section's connections; NULL: it says nothing, and the process-wide context serves. Throws as above.
std::shared_ptr<const net::TlsContext> tlsOf(const std::map<std::string, std::string>& settings);

/// What is wrong with each of the three: the key, and the sentence without it.
struct TrustProblem {
  std::string key, sentence;
};
std::vector<TrustProblem> trustProblems(const std::map<std::string, std::string>& settings);

/// Do both trust the same? NULL is the process-wide context.
bool sameTrust(const std::shared_ptr<const net::TlsContext>& a, const std::shared_ptr<const net::TlsContext>& b);

}  // namespace hookswitch::plugin
