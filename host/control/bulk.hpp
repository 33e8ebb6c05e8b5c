// Hooks that wait or are dead, all of a plugin at once.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "host/control/call_requests.hpp"
#include "host/control/ledger.hpp"

namespace hookswitch::control {

class Hooks;
class Lines;

/// Page by page from the store, so that nobody waits behind thousands. [control]
class Bulk {
 public:
  Bulk(base::Loop& control, Ledger& ledger, Hooks& hooks, Lines& lines)
      : control_(control), ledger_(ledger), hooks_(hooks), lines_(lines) {}

  /// Of one plugin, or, with an empty name, the notifications of all of them: those that wait, those that are dead.
  void act(HookAct act, const std::string& plugin, bool waiting, bool dead,
           std::function<void(const Changed& hooks)> over);

 private:
  struct Request;
  void nextPage(const std::shared_ptr<Request>& request);
  void finishOne(const std::shared_ptr<Request>& request, bool changed);

  base::Loop& control_;
  Ledger& ledger_;
  Hooks& hooks_;
  Lines& lines_;
};

}  // namespace hookswitch::control
