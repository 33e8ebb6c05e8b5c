// How a transfer goes, as Twilio tells of it: by the callbacks of the leg that it rings, and by asking what to do next.
#pragma once

#include "plugins/twilio/children.hpp"
#include "plugins/twilio/webhook.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace hookswitch::twilio {

/// [control]
class Transfers {
 public:
  static constexpr std::size_t kRemembered =
      8192;  ///< calls; beyond it the one whose transfer is the oldest is forgotten

  explicit Transfers(Children& children) : children_(children) {}

  /// The call is transferred, for the first time or once more.
  void begin(std::string_view call);
  /// The call is over.
  void forget(std::string_view call) { calls_.erase(std::string(call)); }
  /// /twilio/after-dial: the answer, a document. Everything that is still told of the call is in `out`.
  std::string after(const hks_call& call, const Webhook& webhook, std::string_view status_url, hks::Out& out);
  /// /twilio/dial-status: of the leg that is rung.
  void status(const hks_call& call, const Webhook& webhook, hks::Out& out);

 private:
  struct Transfer {
    std::string leg;     // that it rings; empty: not known yet
    std::string before;  // that the one before has rung: its callbacks may come late
    bool answered = false;
    bool declined = false;  // what asks what to do next does not say so
    std::uint64_t number = 0;
  };
  Transfer& of(std::string_view call);
  static void tell(std::string_view call, std::uint32_t state, hks::Out& out);

  Children& children_;
  std::unordered_map<std::string, Transfer> calls_;
  std::uint64_t last_ = 0;
};

}  // namespace hookswitch::twilio
