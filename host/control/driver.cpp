#include "host/control/driver.hpp"

#include "host/base/barrier.hpp"
#include "host/base/log.hpp"
#include "host/control/component.hpp"
#include "host/test_points.hpp"

namespace hookswitch::control {

using call::Action;
using call::Call;
using call::Deed;
using call::What;

namespace {

#ifdef HOOKSWITCH_CUT_POINTS
/// "hangup:twilio", "dial": the detail of a cut point.
std::string describe(const Deed& deed) {
  static const char* const deeds[] = {"", "dial", "accept", "placed", "ask"};
  static const char* const actions[] = {"", "", "stop_media", "seal", "leave", "release", "line_up"};
  if (deed.kind != Deed::Kind::teardown) return deeds[std::size_t(deed.kind)];
  const Action& a = deed.action;
  return a.kind == Action::Kind::send_hook ? std::string(call::name(a.phase)) + ":" + a.plugin
                                           : actions[std::size_t(a.kind)];
}
#endif

}  // namespace

void Driver::run(Call& call, call::Effects effects, std::vector<store::Write> extra) {
  const base::Concerning concerning(call.id());
  for (auto& note : effects.notes) log::write(note.level, component::calls, call.id(), note.text);
  look(call);
  table_.index(call);
  hands_.lineUp(call, effects);
  if (effects.deeds.empty()) {
    ledger_.write(call, {}, std::move(extra));
    return schedule(call);
  }
  ledger_.write(
      call, [this, id = call.id(), deeds = std::move(effects.deeds)] { perform(id, deeds); }, std::move(extra));
}

void Driver::perform(const std::string& id, const std::vector<Deed>& deeds) {
  const base::Concerning concerning(id);
  for (auto& deed : deeds) {
    Call* call = table_.find(id);  // what a step leads to may forget older calls
    if (!call) return;
    HOOKSWITCH_CUT("act.before", describe(deed));
    act(*call, deed);
    HOOKSWITCH_CUT("act.after", describe(deed));
  }
  if (Call* call = table_.find(id)) schedule(*call);
}

void Driver::act(Call& call, const Deed& deed) {
  switch (deed.kind) {
    case Deed::Kind::dial: note(call, What::dialled); return hands_.dial(call);
    case Deed::Kind::accept: note(call, What::offered); return hands_.accept(call);
    case Deed::Kind::placed: return hands_.tellPlaced(call);
    case Deed::Kind::ask: note(call, What::carrier_asked); return hands_.ask(call);
    case Deed::Kind::teardown: return actOf(call, deed.action);
  }
}

void Driver::actOf(Call& call, const Action& action) {
  switch (action.kind) {
    case Action::Kind::send_hook:
      // Of a call that is over one may be tried for days: what came of it is enough.
      if (call.record.status != call::Status::ended)
        note(call, What::hook_given, std::string(call::name(action.phase)) + " to " + action.plugin, action.attempt);
      return hands_.giveHook(call, action);
    case Action::Kind::stop_media: return hands_.stopMedia(call);
    case Action::Kind::leave:
      note(call, What::left, action.hung_up ? std::string() : action.hung_up.error());
      return hands_.leave(call, action.hung_up);
    case Action::Kind::seal:            // the machine has done it before it was written down
    case Action::Kind::line_up: break;  // it has its place, and the ledger knows
    case Action::Kind::release:
      note(call, What::released);
      log::debug(component::calls, "released: nothing runs for this call any more", call.id());
      break;
  }
}

void Driver::schedule(Call& call) {
  const auto arm = [&](call::Alarm& alarm, std::optional<std::uint64_t> at, bool all) {
    if (alarm.timer && at && alarm.at == *at) return;
    control_.cancel(alarm.timer);
    alarm = {};
    if (!at) return;
    const std::uint64_t time = all ? control_.allMs() : control_.nowMs(), wait = *at > time ? *at - time : 0;
    auto ring = [this, id = call.id(), all] {
      Call* c = table_.find(id);
      if (!c) return;
      (all ? c->by_all : c->by_lived) = {};
      run(*c, c->life.tick(now()));
    };
    alarm.at = *at;
    alarm.timer = all ? control_.afterAll(wait, std::move(ring)) : control_.after(wait, std::move(ring));
  };
  arm(call.by_lived, call.life.nextTick(), false);
  arm(call.by_all, call.life.nextTickAll(), true);
}

}  // namespace hookswitch::control
