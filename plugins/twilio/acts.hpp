// What is done with a leg that runs: keys, a transfer. Its document is replaced, so its stream ends and a new one
// follows.
#pragma once

#include "plugins/twilio/ports.hpp"

#include <hookswitch/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace hookswitch::twilio {

/// An update is not idempotent here: keys would be pressed twice. It is repeated only where it was certainly not
/// carried out. [control]
class Acts {
 public:
  explicit Acts(Ports& ports) : ports_(ports) {}

  /// HKS_DRAFT_KEYS: exactly one HKS_DRAFT_ACT_DONE follows.
  void keys(const hks_draft_act& act, hks::Out& out);
  /// HKS_DRAFT_TRANSFER: the same.
  void transfer(const hks_draft_act& act, hks::Out& out);

  static constexpr std::uint32_t kUpdate_ms = 10'000, kTries = 3;
  static constexpr std::size_t kMaxDocument = 4'000;  ///< Twilio takes no longer one in an update

 private:
  struct Update {
    std::uint64_t id = 0;
    std::string sid, document;
    std::uint32_t tries = 0;
  };
  void send(Update update, hks::Out& out);

  Ports& ports_;
};

}  // namespace hookswitch::twilio
