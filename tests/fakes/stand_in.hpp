// What every stand-in of a provider offers to the control API (control.hpp), the program and tests.
#pragma once

#include "tests/fakes/net.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace fakes {

/// [loop] One listening server and what it saw. Lives and is used on the loop's thread.
class StandIn {
 public:
  virtual ~StandIn() = default;
  StandIn() = default;
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;

  virtual std::uint16_t port() const = 0;
  /// Do `name` with `args` (an object; see README.md). Returns what happened as an object.
  /// Throws std::invalid_argument with a sentence when the command or an argument is not known.
  virtual nlohmann::json command(const std::string& name, const nlohmann::json& args) = 0;
  /// Tell `handler` what happens, as it happens: a kind (README.md) and an object. One handler, called on the loop.
  virtual void onEvent(std::function<void(const std::string& kind, nlohmann::json what)> handler) = 0;
  /// What has been seen so far: connections, counters, sessions or messages, protocol_errors, settings.
  virtual nlohmann::json state() const = 0;
  /// Cut every connection, forget what was seen, take the settings of the start again.
  virtual void reset() = 0;
};

}  // namespace fakes
