// How a transfer goes, as Twilio tells of it: by the callbacks of the leg that it rings, and by asking what to do next.
#pragma once

#include "plugins/twilio/children.hpp"
#include "plugins/twilio/webhook.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace hookswitch::twilio {

/// [control]
class Transfers {
 public:
  static constexpr std::size_t kRemembered = 8192;  ///< of calls whose transfer was declined

  explicit Transfers(Children& children) : children_(children) {}

  /// /twilio/after-dial: the answer, a document. Everything that is still told of the call is in `out`.
  std::string after(const hks_call& call, const Webhook& webhook, std::string_view status_url, hks::Out& out);
  /// /twilio/dial-status: of the leg that is rung.
  void status(const hks_call& call, const Webhook& webhook, hks::Out& out);

 private:
  static void tell(std::string_view call, std::uint32_t state, hks::Out& out);

  Children& children_;
  std::set<std::string> declined_;  // calls; what asks what to do next does not say so
};

}  // namespace hookswitch::twilio
