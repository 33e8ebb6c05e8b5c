// What the TLS connections trust that a plugin asks for: three keys that the host adds to every plugin's section.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/base/result.hpp"
#include "host/net/tls.hpp"
#include "host/plugin/session_source.hpp"
#include "host/plugin/settings.hpp"

namespace hookswitch::plugin {

/// Appends tls_ca_file, tls_pin_sha256 and tls_server_name. A plugin that declares one of them itself keeps its text;
/// what it means is the host's all the same.
void addTrustKeys(std::vector<Key>& keys);

/// What the section says, the CA file read. What is wrong with it is said in a sentence that begins with the key's
/// name. [any, blocking]
base::Result<net::TlsTrust> trustOf(const Settings& settings);

/// For the section's connections. What is wrong is said as above.
base::Result<Trust> tlsOf(const Settings& settings);

/// What is wrong with each of the three: the key, and the sentence without it.
struct TrustProblem {
  std::string key, sentence;
};
std::vector<TrustProblem> trustProblems(const Settings& settings);

/// Do both trust the same?
bool sameTrust(const Trust& a, const Trust& b);

}  // namespace hookswitch::plugin
