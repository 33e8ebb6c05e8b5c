#include "host/control/calls.hpp"

#include "host/control/calls_parts.hpp"

namespace hookswitch::control {

Calls::Calls(base::Loop& control, Plugins& plugins, call::Table& table, Ledger& ledger, CallDefaults defaults,
             call::TeardownLimits limits)
    : parts_(std::make_unique<Parts>(control, plugins, table, ledger, std::move(defaults), limits)) {}
Calls::~Calls() = default;

void Calls::setPlane(media::Plane& plane) { parts_->streams.setPlane(plane); }
void Calls::setEndpoints(AskEndpoint ask) { parts_->tools.setEndpoints(std::move(ask)); }
media::MediaEvents& Calls::mediaEvents() { return parts_->media; }
void Calls::setDefaults(CallDefaults defaults) {
  parts_->defaults = std::move(defaults);
  parts_->configure();
}
const CallDefaults& Calls::defaults() const { return parts_->defaults; }

void Calls::recover(store::Unfinished unfinished) {
  parts_->recovery.run(std::move(unfinished));
  parts_->everySecond();
  parts_->sweep.start();
}

void Calls::place(PlaceRequest request, std::function<void(const Placed&)> done) {
  parts_->dialler.place(std::move(request), std::move(done));
}
bool Calls::end(const std::string& id, call::EndedBy by, const std::string& reason, call::EndWaiter waiter) {
  return parts_->ending.end(id, by, reason, std::move(waiter));
}
void Calls::endAll(call::EndedBy by, const std::string& reason,
                   std::function<void(std::size_t, std::vector<Failed>)> done) {
  parts_->ending.endAll(by, reason, std::move(done));
}

Acts& Calls::acts() { return parts_->acts; }
LegActs& Calls::legActs() { return parts_->leg_acts; }

void Calls::drain() {
  parts_->admission.close();
  parts_->drain.begin();
}
bool Calls::draining() const { return parts_->drain.begun(); }
std::size_t Calls::unfinished(std::uint64_t soon_ms) { return parts_->drain.unfinished(soon_ms); }
std::string Calls::waitsFor(std::uint64_t soon_ms) const { return parts_->drain.waitsFor(soon_ms); }
void Calls::sayLeft() const { parts_->drain.sayLeft(); }

void Calls::attach(const std::string& id, media::CarrierSocket socket) {
  parts_->streams.attach(id, std::move(socket));
}

void Calls::actOnHook(const std::string& hook_id, HookAct act, std::function<void(const Accepted&)> done) {
  parts_->hooks.act(hook_id, act, std::move(done));
}
void Calls::actOnHooks(HookAct act, const std::string& plugin, bool waiting, bool dead,
                       std::function<void(const Changed&)> over) {
  parts_->bulk.act(act, plugin, waiting, dead, std::move(over));
}
void Calls::retryHooksOf(const std::string& plugin) { parts_->hooks.retryOf(plugin); }
void Calls::sessionOpened(const std::string& plugin) { parts_->lines.sessionOpened(plugin); }
std::vector<LineState> Calls::lineStates() const { return parts_->lines.states(); }

std::size_t Calls::liveCount() const { return parts_->table.live().size(); }
std::vector<CallView> Calls::live() const { return parts_->report.live(); }
std::optional<CallView> Calls::view(const std::string& id) const { return parts_->report.view(id); }
void Calls::trace(const std::string& id, std::function<void(std::optional<CallTrace>)> done) {
  parts_->traces.read(id, std::move(done));
}
store::HistoryPage Calls::endedInMemory(const store::HistoryQuery& query) const { return parts_->report.ended(query); }
Idempotency& Calls::idempotency() { return parts_->idempotency; }
Ledger& Calls::ledger() { return parts_->ledger; }
CallCounts Calls::counts() const { return parts_->counts(); }
void Calls::onCallMessage(Session& session, const hks_msg& message) { parts_->take(session, message); }

}  // namespace hookswitch::control
