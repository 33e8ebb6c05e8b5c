// The calls, as the rest of the gateway sees them: every question and every event goes to the part that it is about.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/call/table.hpp"
#include "host/control/call_requests.hpp"
#include "host/control/drain.hpp"
#include "host/control/ending.hpp"
#include "host/control/idempotency.hpp"
#include "host/control/ledger.hpp"
#include "host/media/plane.hpp"

namespace hookswitch::control {

class Acts;
class LegActs;
class Plugins;
class Session;
struct CallTrace;

/// [control] What one call does is decided by its machine (host/call/life.hpp); what that asks for is done by the
/// Driver, behind the ledger. Everything that keeps something of its own is a class of its own in this folder.
class Calls final {
 public:
  using HookAct = control::HookAct;
  using LineState = control::LineState;
  using Failed = Ending::Failed;

  Calls(base::Loop& control, Plugins& plugins, call::Table& table, Ledger& ledger, CallDefaults defaults,
        call::TeardownLimits limits = {});
  ~Calls();
  void setPlane(media::Plane& plane);
  void setEndpoints(AskEndpoint ask);  ///< before the first call; without it the tools of [tool.NAME] do not exist
  media::MediaEvents& mediaEvents();   ///< for the loops [any]
  void setDefaults(CallDefaults defaults);
  const CallDefaults& defaults() const;

  /// Take up what an earlier run left: calls that were live are settled with the carrier and ended, what was under way
  /// goes on. Then every carrier is asked for legs that nobody knows. Once, when the plugins are there.
  void recover(store::Unfinished unfinished);

  /// Dial. `done` comes once: after the carrier took the call, or with the refusal.
  void place(PlaceRequest request, std::function<void(const Placed&)> done);

  /// The one door. The first reason wins, everybody else joins. `waiter`, if any, hears of the hang-up when the call
  /// has left the list. False: unknown or already over.
  bool end(const std::string& id, call::EndedBy by, const std::string& reason, call::EndWaiter waiter = {});
  void endAll(call::EndedBy by, const std::string& reason,
              std::function<void(std::size_t ended, std::vector<Failed> failed)> done);

  /// What may be asked of a call that runs; see Acts and LegActs.
  Acts& acts();
  LegActs& legActs();

  /// No new calls from now on.
  void drain();
  bool draining() const;
  /// What a drain waits for: see Drain.
  std::size_t unfinished(std::uint64_t soon_ms = Drain::soon_ms);
  std::string waitsFor(std::uint64_t soon_ms = Drain::soon_ms) const;
  void sayLeft() const;

  /// The carrier's socket for a call whose token was accepted; the token is used up now.
  void attach(const std::string& id, media::CarrierSocket socket);
  void onCallMessage(Session& session, const hks_msg& message);

  /// Of one hook that waits or is dead, by its id.
  void actOnHook(const std::string& hook_id, HookAct act, std::function<void(const Accepted&)> done);
  /// Of one plugin, or, with an empty name, the notifications of all of them: those that wait, those that are dead.
  void actOnHooks(HookAct act, const std::string& plugin, bool waiting, bool dead,
                  std::function<void(const Changed& hooks)> over);
  /// Hooks of the plugin that wait for their next attempt have it now.
  void retryHooksOf(const std::string& plugin);
  /// The plugin has a session, of a new configuration perhaps: what waits for it is tried again.
  void sessionOpened(const std::string& plugin);
  /// Plugins whose notifications wait.
  std::vector<LineState> lineStates() const;

  std::size_t liveCount() const;
  std::vector<CallView> live() const;
  /// Of a call that is in memory; others are in the store.
  std::optional<CallView> view(const std::string& id) const;
  /// What happened to a call that is in memory, see Traces::read().
  void trace(const std::string& id, std::function<void(std::optional<CallTrace>)> done);
  /// Ended calls that are in memory, for while the store cannot be asked.
  store::HistoryPage endedInMemory(const store::HistoryQuery& query) const;
  CallCounts counts() const;
  Idempotency& idempotency();
  Ledger& ledger();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace hookswitch::control
