// Which devices the OpenClaw gateway fake knows, and whether a client proves to be one
// (openclaw-gateway.md §2.4, §2.5).
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace fakes {

/// Survives restarts of the fake, as the gateway's state directory does.
class OpenClawDevices {
 public:
  /// What is wrong with the proof in the params of `connect`: details.code of the refusal; empty: nothing.
  static std::string objection(const nlohmann::json& params, const std::string& nonce, std::uint64_t now_ms);

  bool paired(const std::string& id) const { return paired_.count(id) != 0; }
  const std::string& token(const std::string& id) const { return paired_.at(id); }
  /// The request that waits for the owner's approval: the same one as long as it waits.
  std::string ask(const std::string& id, const nlohmann::json& params);
  /// `request` empty: all that wait. How many it were.
  std::size_t approve(const std::string& request);
  void remove() { paired_.clear(); }
  /// Ids and requests; tokens are only counted.
  nlohmann::json dump() const;

 private:
  std::map<std::string, std::string> paired_;      // device to its token
  std::map<std::string, nlohmann::json> pending_;  // request to {device, display_name, scopes}
  std::uint64_t asked_ = 0, given_ = 0;
};

}  // namespace fakes
