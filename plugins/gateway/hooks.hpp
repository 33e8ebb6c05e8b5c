// The hooks that wait for their answer, each with its event.
#pragma once

#include "plugins/gateway/outbox.hpp"

#include <hookswitch/backoff.hpp>
#include <hookswitch/plugin.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::gateway {

/// [control] The numbers are those of the outbox; an event with this number is there.
class Hooks {
 public:
  explicit Hooks(hks::Chance& chance) : chance_(chance) {}

  Outbox outbox;

  /// Room for one event more? A call_ended may push out a call_started that still waits; the other way round never.
  bool makeRoom(const Event& event, hks::Out& out);
  /// The host hears of the hook, if it waits for it; the event stays.
  void answer(Item& item, std::uint32_t state, std::string_view reason, std::uint64_t after_ms, hks::Out& out,
              std::uint32_t flags = 0);
  /// The same, and there is nothing more to do for the event.
  void settle(std::uint64_t number, std::uint32_t state, const std::string& reason, hks::Out& out);
  /// The event is sent again after a while.
  void comeAgain(std::uint64_t number, const std::string& why, std::uint64_t after_ms, hks::Out& out);

 private:
  hks::Chance& chance_;
};

}  // namespace hookswitch::gateway
