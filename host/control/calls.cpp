#include "host/control/calls.hpp"

#include "host/control/calls_parts.hpp"
#include "host/plugin/flood.hpp"
#include "host/plugin/message.hpp"

namespace hookswitch::control {

using call::Call;

Calls::Calls(base::Loop& control, Plugins& plugins, call::Table& table, Ledger& ledger, CallDefaults defaults,
             call::TeardownLimits limits)
    : parts_(std::make_unique<Parts>(control, plugins, table, ledger, std::move(defaults), limits)) {}
Calls::~Calls() = default;

void Calls::setPlane(media::Plane& plane) { parts_->streams.setPlane(plane); }
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
bool Calls::end(const std::string& id, call::EndedBy by, const std::string& reason,
                std::function<void(const std::string&)> waiter) {
  return parts_->ending.end(id, by, reason, std::move(waiter));
}
void Calls::endAll(call::EndedBy by, const std::string& reason,
                   std::function<void(std::size_t, std::vector<Failed>)> done) {
  parts_->ending.endAll(by, reason, std::move(done));
}

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
store::HistoryPage Calls::endedInMemory(const store::HistoryQuery& query) const { return parts_->report.ended(query); }
Idempotency& Calls::idempotency() { return parts_->idempotency; }
Ledger& Calls::ledger() { return parts_->ledger; }

CallCounts Calls::counts() const {
  const Parts& p = *parts_;
  CallCounts c;
  p.report.count(c);
  p.admission.count(c);
  c.parked = p.parking.size();
  c.hooks_pending += p.lines.size();
  c.placing = p.dialler.size();
  c.tool_runs = p.tools.size();
  c.keys = p.idempotency.size();
  c.timers = p.control.timers();
  c.sweeps = p.sweep.size();
  c.placed = p.dialler.placedCount();
  c.ended = p.ending.endedCount();
  c.recovered = p.recovery.recovered() + p.orphans.adopted();
  return c;
}

void Calls::onCallMessage(Session& session, const hks_msg& message) {
  Parts& p = *parts_;
  switch (message.type) {
    case HKS_CALL_OFFER: return p.offers.offered(session, readLeg(message));
    case HKS_CALL_PLACED: return p.dialler.placed(session, readLeg(message));
    case HKS_CALL_FAILED: return p.dialler.failed(session, readFailure(message));
    case HKS_CALL_STATE: return p.follower.state(session, readState(message));
    case HKS_CALL_END: return p.follower.endWished(session, readEnd(message));
    case HKS_CALL_FOUND: return p.follower.found(session, readLeg(message));
    case HKS_SWEPT: return p.sweep.over(session, readSwept(message));
    case HKS_TOOL_RESULT: return p.tools.over(readTool(message));
    case HKS_HOOK_DONE:
      if (!p.questions.answered(message.id)) p.hooks.answered(session, readVerdict(message));
      return;
    case HKS_NOTICE: {
      Words words = readWords(message);
      std::string text;
      if (!plugin::FloodGate::of(session.id()).notice(words.text, text)) return;
      words.text = std::move(text);
      return p.media.noticed(session.id(), words);
    }
    case HKS_SAY: {
      const Words words = readWords(message);
      if (const Call* call = p.follower.named(session, words.call)) p.streams.say(*call, words.text);
      return;
    }
    default:
      session.say(log::Level::debug,
                  std::string("sent ") + plugin::typeName(message.type) + ", which is not for a control session");
  }
}

}  // namespace hookswitch::control
