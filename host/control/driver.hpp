// What the machines of the calls ask for: written down first, done then, here and nowhere else.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/base/loop.hpp"
#include "host/call/table.hpp"
#include "host/control/ledger.hpp"

namespace hookswitch::control {

/// The parts of the control plane that do what a call's machine asks for. [control]
class Hands {
 public:
  virtual ~Hands() = default;
  /// Before it is written down: hooks that stand in a line find their place, or have their turn.
  virtual void lineUp(call::Call& call, call::Effects& effects) = 0;
  // When it is on disk.
  virtual void dial(call::Call& call) = 0;
  virtual void accept(call::Call& call) = 0;
  virtual void tellPlaced(call::Call& call) = 0;
  virtual void ask(call::Call& call) = 0;
  virtual void giveHook(call::Call& call, const call::Action& action) = 0;
  virtual void stopMedia(call::Call& call) = 0;
  /// The call leaves the list; `hung_up`: whether the carrier took the hang-up. It may be forgotten then.
  virtual void leave(call::Call& call, const base::Result<void>& hung_up) = 0;
};

/// Intent before act by construction: a deed is only ever done by perform(), and that only ever runs behind the
/// ledger's write of what led to it. [control]
class Driver {
 public:
  Driver(base::Loop& control, Ledger& ledger, call::Table& table, Hands& hands)
      : control_(control), ledger_(ledger), table_(table), hands_(hands) {}

  /// What an event of the call led to. `extra` is written in the same transaction. Whatever comes afterwards must look
  /// the call up again.
  void run(call::Call& call, call::Effects effects, std::vector<store::Write> extra = {});
  /// An event of a call that may not be there any more: `event` is given the call and returns its effects.
  template <class Event>
  void with(const std::string& id, Event event) {
    if (call::Call* call = table_.find(id)) run(*call, event(*call));
  }
  /// The same, when everything that is under way has come to rest.
  template <class Event>
  void later(const std::string& id, Event event) {
    control_.post([this, id, event = std::move(event)] { with(id, event); });
  }
  /// For the trace of the call: what its machine has come to, and what is not to be seen in the machine.
  void look(call::Call& call) const { call.course.look(call.life, now()); }
  void note(call::Call& call, call::What what, std::string_view text = {}, std::uint64_t value = 0) const {
    look(call);
    call.course.note(what, now(), text, value);
  }
  call::Now now() const { return {control_.nowMs(), control_.allMs(), control_.unixMs()}; }

 private:
  void perform(const std::string& id, const std::vector<call::Deed>& deeds);
  void act(call::Call& call, const call::Deed& deed);
  void actOf(call::Call& call, const call::Action& action);
  void schedule(call::Call& call);

  base::Loop& control_;
  Ledger& ledger_;
  call::Table& table_;
  Hands& hands_;
};

}  // namespace hookswitch::control
