// Hooks on their way to plugins and back: given, answered, and what people want done with those that wait.
#pragma once

#include <functional>
#include <string>

#include "host/base/loop.hpp"
#include "host/call/table.hpp"
#include "host/control/call_messages.hpp"
#include "host/control/call_requests.hpp"

namespace hookswitch::control {

class Driver;
class Lines;
class Parking;
class Plugins;
class Session;

/// [control]
class Hooks {
 public:
  Hooks(base::Loop& control, Driver& driver, Plugins& plugins, call::Table& table, Lines& lines, Parking& parking,
        const CallDefaults& defaults)
      : control_(control),
        driver_(driver),
        plugins_(plugins),
        table_(table),
        lines_(lines),
        parking_(parking),
        defaults_(defaults) {}

  /// The plugin is given its hook, or the call hears why not.
  void give(call::Call& call, const call::Action& action);
  void answered(Session& session, HookVerdict verdict);
  /// Of one hook, by its id. `in_turn`: it takes its place in its line, and the log has no word about it.
  void act(const std::string& hook_id, HookAct act, std::function<void(const Accepted&)> done, bool in_turn = false);
  /// Hooks of the plugin that wait for their next attempt have it now.
  void retryOf(const std::string& plugin);

 private:
  bool othersBusy(const std::string& plugin) const;
  bool apologises(const call::Call& call, const call::Action& action) const;
  void refuse(const call::Call& call, const call::Action& action, call::HookRow::State state, const std::string& why);
  bool putOff(const call::Call& call, const call::Action& action);
  Accepted actOn(call::Call& call, const std::string& phase, const std::string& plugin, HookAct act, bool in_turn);

  base::Loop& control_;
  Driver& driver_;
  Plugins& plugins_;
  call::Table& table_;
  Lines& lines_;
  Parking& parking_;
  const CallDefaults& defaults_;
};

}  // namespace hookswitch::control
