// Our identity to gateways that are not on this machine: an Ed25519 key. (README.md, "Who we are")
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace hookswitch::gateway {

/// Immutable. [any]
class Device {
 public:
  static constexpr std::size_t kSeed = 32;
  /// 32 random bytes, which are the private key; empty: the system has no randomness.
  static std::string newSeed();
  /// NULL when `seed` is none.
  static std::shared_ptr<const Device> fromSeed(std::string_view seed);

  const std::string& id() const { return id_; }                 ///< SHA-256 of the public key, lower-case hex
  const std::string& publicKey() const { return public_key_; }  ///< base64url
  /// base64url; empty: it could not be made.
  std::string sign(std::string_view text) const;

 private:
  Device() = default;
  std::string seed_, id_, public_key_;
};

}  // namespace hookswitch::gateway
