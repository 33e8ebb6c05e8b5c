// What is going on when the gateway dies: one life of a call each, told so that it may break off at any instant.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/system/world.hpp"

namespace crash_test {

using system_test::Json;
using system_test::World;

/// One run of a scenario: the far number is nobody else's, so that everything which belongs to the run can be found.
struct Run {
  World& world;
  std::string number;
  std::string key;                    ///< Idempotency-Key of its POST /api/call
  std::function<void()> arm = [] {};  ///< from here on the cut counts
  int crashes = 0;                    ///< kills that the scenario itself does

  bool alive() const { return world.gateway().running(); }
  /// Waits for it, or for the gateway's death: false.
  bool until(const std::function<bool()>& holds, int timeout_ms = system_test::patience_ms) const;
  system_test::Answer place() const;  ///< status 0: the gateway died
  Json leg() const;                   ///< at the carrier; null: none
  /// Our id, as soon as somebody knows it; empty: the gateway died.
  std::string placed() const;
  bool answered(const std::string& id) const;
};

struct Scenario {
  const char* name;
  void (*play)(Run&);
};
const std::vector<Scenario>& scenarios();

}  // namespace crash_test
