// The parts of the calls, and which of them does what a call's machine asks for.
#pragma once

#include <malloc.h>

#include <utility>

#include "host/control/acts.hpp"
#include "host/control/admission.hpp"
#include "host/control/alarm.hpp"
#include "host/control/bulk.hpp"
#include "host/control/calls.hpp"
#include "host/control/dialler.hpp"
#include "host/control/driver.hpp"
#include "host/control/follower.hpp"
#include "host/control/hooks.hpp"
#include "host/control/idempotency.hpp"
#include "host/control/leg_acts.hpp"
#include "host/control/lines.hpp"
#include "host/control/media_health.hpp"
#include "host/control/media_reports.hpp"
#include "host/control/offers.hpp"
#include "host/control/orphans.hpp"
#include "host/control/parking.hpp"
#include "host/control/plugins.hpp"
#include "host/control/questions.hpp"
#include "host/control/recovery.hpp"
#include "host/control/report.hpp"
#include "host/control/slack.hpp"
#include "host/control/streams.hpp"
#include "host/control/sweep.hpp"
#include "host/control/tool_runs.hpp"
#include "host/control/traces.hpp"

namespace hookswitch::control {

/// [control] In the order in which they need each other.
struct Calls::Parts final : Hands {
  Parts(base::Loop& control_thread, Plugins& all, call::Table& calls, Ledger& written, CallDefaults now,
        call::TeardownLimits limits)
      : control(control_thread), plugins(all), table(calls), ledger(written), defaults(std::move(now)) {
    setting.teardown = limits;
    setting.hooks = [this](const std::string& carrier) { return plugins.hooks(carrier); };
    configure();
  }
  void configure() {
    setting.connect_ms = defaults.connect_timeout_s * 1000ull;
    admission.configure();
    health.configure();
  }
  /// A message of a plugin goes to the part that it is about.
  void take(Session& session, const hks_msg& message);
  CallCounts counts() const;
  void everySecond() {
    control.after(1'000, [this] { everySecond(); });
    // Asks the store how it is, which is also what notices a disk that hangs.
    parking.park(lines.nearCalls(worth_it_ms));
    drain.say();
    alarm.look(control.nowMs());
    if (slack.due({table.live().size(), ending.endedCount(), ledger.store().health().backlog})) ::malloc_trim(0);
  }

  void lineUp(call::Call& call, call::Effects& effects) override { lines.lineUp(call, effects); }
  void dial(call::Call& call) override { dialler.dial(call); }
  void accept(call::Call& call) override { offers.accept(call); }
  void tellPlaced(call::Call& call) override { dialler.tellPlaced(call); }
  void ask(call::Call& call) override { questions.ask(call); }
  void giveHook(call::Call& call, const call::Action& action) override { hooks.give(call, action); }
  void stopMedia(call::Call& call) override {
    leg_acts.drop(call.id());
    streams.stop(call);
  }
  void leave(call::Call& call, const base::Result<void>& hung_up) override {
    if (call.record.ended_by == call::EndedBy::fault) traces.dump(call);
    ending.leave(call, hung_up);
  }

  static constexpr std::uint64_t worth_it_ms = 60'000;  ///< whose turn comes sooner stays in memory

  base::Loop& control;
  Plugins& plugins;
  call::Table& table;
  Ledger& ledger;
  CallDefaults defaults;
  call::Setting setting;
  MessageIds ids;
  Idempotency idempotency{ledger};
  Driver driver{control, ledger, table, *this};
  MediaHealth health{defaults};
  Admission admission{control, plugins, table, defaults, health};
  Parking parking{control, driver, ledger, table, setting};
  Lines lines{control, driver, parking, setting.teardown};
  Drain drain{control, ledger, table, lines};
  Hooks hooks{control, driver, plugins, table, lines, parking, defaults};
  Bulk bulk{control, ledger, hooks, lines};
  Orphans orphans{driver, ledger, table, parking, defaults, setting};
  Toolbox toolbox{plugins, defaults};
  Dialler dialler{control, driver, plugins, table, admission, idempotency, orphans, toolbox, defaults, setting};
  Offers offers{control, driver, plugins, table, ledger, admission, toolbox, defaults, setting};
  Follower follower{driver, table, offers, orphans};
  Questions questions{control, driver, plugins, ids};
  Streams streams{driver, plugins, table, toolbox, defaults};
  Acts acts{driver, plugins, table, streams};
  LegActs leg_acts{control, driver, plugins, table, streams, ids, ledger, admission, defaults};
  ToolRuns tools{control, plugins, table, toolbox, OwnTools(leg_acts), defaults, ids, [this](auto&&... result) {
                   streams.toolResult(result...);
                 }};
  MediaReports media{control, driver, plugins, table, ledger, tools, leg_acts, health};
  Ending ending{driver, table, idempotency};
  Recovery recovery{control, driver, ledger, table, lines, parking, idempotency, setting};
  Sweep sweep{control, plugins, ids};
  Alarm alarm{table};
  Report report{control, table, ledger};
  Traces traces{control, table, streams};
  Slack slack;
};

}  // namespace hookswitch::control
