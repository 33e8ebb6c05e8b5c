#include "host/control/follower.hpp"

#include "host/base/ids.hpp"
#include "host/control/driver.hpp"
#include "host/control/offers.hpp"
#include "host/control/orphans.hpp"
#include "host/control/session.hpp"

namespace hookswitch::control {

using call::Call;
using Kind = LegState::Kind;

Call* Follower::named(Session& session, const std::string& id_or_remote) {
  Call* call = table_.find(id_or_remote);
  return call ? call : table_.findRemote(session.id(), id_or_remote);
}

void Follower::state(Session& session, const LegState& state) {
  Call* call = state.call.empty() ? nullptr : table_.find(state.call);
  if (!call) call = table_.findRemote(session.id(), state.news.remote_id);
  if (!call) return stateOfNobody(session, state);
  if (call->record.terms->carrier != session.id()) return;
  const call::Now now = driver_.now();
  switch (state.kind) {
    case Kind::ringing: return driver_.run(*call, call->life.ringing(state.news, now));
    case Kind::answered: return driver_.run(*call, call->life.answered(state.news, now));
    case Kind::over: return driver_.run(*call, call->life.over(state.news, now));
    case Kind::unknown_there: return driver_.run(*call, call->life.unknownThere(now));
    case Kind::other:
      if (call->record.remote_id.empty() && !state.news.remote_id.empty())
        driver_.run(*call, call->life.named(state.news.remote_id, now));
  }
}

void Follower::stateOfNobody(Session& session, const LegState& state) {
  const std::string& remote_id = state.news.remote_id;
  if (state.kind == Kind::over) offers_.legOver(session.id(), remote_id);
  // A leg that carries our mark and runs, though nobody knows it, is ended.
  const bool runs = state.kind == Kind::ringing || state.kind == Kind::answered;
  if (runs && base::isId(state.call) && !remote_id.empty())
    return orphans_.found(session.id(), {0, state.call, remote_id, {}, {}, {}, call::Direction::outbound});
  session.say(log::Level::debug, "reported a call that is not ours: " + remote_id);
}

void Follower::endWished(Session& session, const EndWish& wish) {
  Call* call = named(session, wish.call);
  if (!call) return session.say(log::Level::warning, "asked for the end of a call that is unknown or over");
  driver_.run(*call, call->life.end(wish.by, wish.reason, std::nullopt, driver_.now()));
}

void Follower::found(Session& session, const CarrierLeg& leg) {
  if (!base::isId(leg.call) || leg.remote_id.empty()) return;
  if (Call* call = table_.find(leg.call)) {
    if (call->record.remote_id.empty() && call->record.terms->carrier == session.id())
      driver_.run(*call, call->life.named(leg.remote_id, driver_.now()));
    // One that was rung for a transfer, and whose call is over.
    if (call->record.status == call::Status::ended && call->record.remote_id != leg.remote_id)
      orphans_.beside(session.id(), leg);
    return;
  }
  if (!table_.findRemote(session.id(), leg.remote_id)) orphans_.found(session.id(), leg);
}

}  // namespace hookswitch::control
