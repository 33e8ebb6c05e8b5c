// Who we are to a gateway: a key that the host keeps for us, and the token that a gateway gave to it.
#pragma once

#include "plugins/gateway/device.hpp"
#include "plugins/gateway/openclaw.hpp"

#include <hookswitch/plugin.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace hookswitch::gateway {

/// [control]
class Identity {
 public:
  /// Asks the host for what it keeps. False: nothing is waited for.
  bool recall(hks::Out& out);
  /// What the host keeps, or in one line why it does not. True once: nothing is waited for any more. The first
  /// connection waits for it: a gateway that once knew us would take us for a stranger.
  bool kept(const hks_keep& kept, const std::string& reason, hks::Out& out);

  /// What is shown to a gateway, but for its challenge. Borrows from this and from `shared_token`.
  openclaw::Proof proof(const std::string& shared_token) const;
  /// A gateway gives another token when it grants more; the old one is void then.
  void keepToken(const std::string& token, hks::Out& out);
  /// What was shown is refused. True: there is something else, which is shown from now on.
  bool refused(const std::string& code, hks::Out& out);
  /// `text` without our own token.
  std::string clean(std::string text) const;

 private:
  std::shared_ptr<const Device> device_;  // NULL: we have none
  std::string device_token_;              // what the gateway gave it; empty: nothing
  bool as_device_ = false;                // the shared token was refused: that one is shown instead
  std::uint32_t recalls_ = 0;             // answers that are still to come before the first connection
};

}  // namespace hookswitch::gateway
