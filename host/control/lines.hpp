// The lines in which notifications wait for their turn, one per plugin, and how they are given.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "host/base/loop.hpp"
#include "host/call/table.hpp"
#include "host/control/call_requests.hpp"
#include "host/control/hook_line.hpp"

namespace hookswitch::control {

class Driver;
class Parking;

/// A hook that waits long is in the store alone; memory has only its name. [control]
class Lines {
 public:
  Lines(base::Loop& control, Driver& driver, Parking& parking, call::TeardownLimits limits)
      : control_(control), driver_(driver), parking_(parking), limits_(limits) {}

  /// Hooks of the call that have something to do with a line find their place there, or leave it; one whose turn it is
  /// at once is given within the same write.
  void lineUp(call::Call& call, call::Effects& effects);
  /// The plugin has answered OK, SKIP or GIVE_UP: whatever it talks to can be reached.
  void reached(const std::string& plugin, const HookLine::Key& key);
  /// The plugin has a session, of a new configuration perhaps: what waits for it is tried again.
  void sessionOpened(const std::string& plugin);
  /// The hooks of the plugin, or of all plugins with an empty name, are tried now. Returns how many there are.
  std::size_t tryAgain(const std::string& plugin);

  /// Nothing is given until everybody stands in line.
  void hold() { held_ = true; }
  void letGo();
  /// From then on (lived time) nothing is given any more; 0: never.
  void closeAt(std::uint64_t ms) { close_at_ = ms; }

  std::vector<LineState> states() const;
  std::size_t size() const;  ///< hooks in all lines
  /// How many of each plugin's hooks a drain should wait for, those due within `soon_ms` among them.
  std::map<std::string, std::size_t> awaited(std::uint64_t soon_ms) const;
  std::map<std::string, std::size_t> left() const;
  /// Calls whose turn comes within `ms`, or late but at a time that is near.
  std::unordered_set<std::string> nearCalls(std::uint64_t ms) const;

 private:
  HookLine& line(const std::string& plugin);
  bool mayGive() const;
  void concludeOf(const call::Call& call);
  void pumpSoon();
  void pump();
  void give(const std::string& plugin, const HookLine::Next& next);

  base::Loop& control_;
  Driver& driver_;
  Parking& parking_;
  const call::TeardownLimits limits_;
  std::map<std::string, HookLine> lines_;
  base::Loop::TimerId timer_ = 0;
  std::uint64_t close_at_ = 0;
  bool held_ = false, posted_ = false;
};

}  // namespace hookswitch::control
