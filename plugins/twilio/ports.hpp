// What the parts of the control session need of it: requests, timers, chance, time. [control]
#pragma once

#include "plugins/twilio/rest.hpp"

#include <hookswitch/plugin.hpp>

#include <cstdint>
#include <functional>

namespace hookswitch::twilio {

/// Why `perform` took nothing, as a sentence for a receipt.
inline constexpr const char* kTooBusy = "the gateway has too many requests under way";

class Ports {
 public:
  using Then = std::function<void(const hks_http&, hks::Out&)>;

  virtual ~Ports() = default;
  /// False: the host refused the request and `then` is never called. Else exactly one call, status 0 for no answer.
  virtual bool perform(hks::Out& out, const Request& request, Then then) = 0;
  /// False: no timer could be set and `then` is never called.
  virtual bool after(hks::Out& out, std::uint64_t ms, std::function<void(hks::Out&)> then) = 0;
  /// Uniform in [0, below); 0 when `below` is 0. For jitter, not for secrets.
  virtual std::uint64_t random(std::uint64_t below) = 0;
  virtual const Config& config() const = 0;
};

/// Full jitter over the second half: half the wait is certain, the rest is chance.
inline std::uint64_t backoffMs(Ports& ports, std::uint64_t first_ms, std::uint64_t most_ms, unsigned attempt) {
  std::uint64_t wait = first_ms;
  for (unsigned i = 1; i < attempt && wait < most_ms; ++i) wait *= 2;
  wait = wait < most_ms ? wait : most_ms;
  return wait / 2 + ports.random(wait / 2 + 1);
}

}  // namespace hookswitch::twilio
