#include "host/control/hooks.hpp"

#include <algorithm>

#include "host/base/log.hpp"
#include "host/control/component.hpp"
#include "host/control/driver.hpp"
#include "host/control/lines.hpp"
#include "host/control/parking.hpp"
#include "host/control/plugins.hpp"

namespace hookswitch::control {

using call::Action;
using call::Call;
using call::HookRow;
using call::Phase;

std::string hookId(const std::string& call, Phase phase, const std::string& plugin) {
  return call + ":" + call::name(phase) + ":" + plugin;
}

/// What is answered in the same step must find the machine at rest, so verdicts are posted.
void Hooks::refuse(const Call& call, const Action& action, HookRow::State state, const std::string& why) {
  driver_.later(call.id(), [this, hook = action.id, state, why](Call& c) {
    const call::Now now = driver_.now();
    return c.life.after(c.life.teardown().hookDone(hook, state, 0, why, now.lived_ms), now);
  });
}

/// A hook that has killed the process is put off; its attempts are those that it was given.
bool Hooks::putOff(const Call& call, const Action& action) {
  const bool once = action.phase == Phase::disconnect || action.phase == Phase::record ||
                    (action.phase == Phase::hangup && action.plugin != call.record.terms->carrier);
  const auto wait = plugins_.suspects().hook(action.plugin, action.phase, call.id(), once, control_.nowMs(),
                                             [this, &action] { return othersBusy(action.plugin); });
  if (!wait) return false;
  driver_.later(call.id(), [this, hook = action.id, wait](Call& c) {
    const call::Now now = driver_.now();
    return c.life.after(c.life.teardown().postpone(hook, wait.ms, wait.why, now.lived_ms, wait.apart), now);
  });
  return true;
}

void Hooks::give(Call& call, const Action& action) {
  // The hook was concluded while its record was written, such as the hang-up of a leg that ended meanwhile: there is
  // nothing to send any more.
  const auto& rows = call.life.teardown().rows();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const HookRow& r) { return r.id == action.id; });
  if (row == rows.end()) return;
  if (putOff(call, action)) return;
  Session* session = plugins_.session(action.plugin);
  if (!session) return refuse(call, action, HookRow::State::retrying, "the plugin " + action.plugin + " is not active");
  // Planned while the carrier was away; now it says what it takes part in.
  if ((action.phase == Phase::settle || action.phase == Phase::confirm) &&
      !plugins_.takesPart(action.plugin, action.phase))
    return refuse(call, action, HookRow::State::skipped, "the plugin takes no part in it");
  HookGift gift;
  gift.id = action.id;
  gift.phase = action.phase;
  gift.deadline_ms = action.deadline_ms;
  gift.attempt = action.attempt;
  gift.event_id = hookId(call.id(), action.phase, action.plugin);
  gift.memo = row->memo;
  if (apologises(call, action)) gift.say = defaults_.apology;
  gift.unix_ms = control_.unixMs();
  gift.call_unix_ms = call.life.clockMs(driver_.now());
  log::debug(component::calls,
             std::string("hook ") + call::name(action.phase) + " to " + action.plugin + ", attempt " +
                 std::to_string(action.attempt),
             call.id());
  const std::string id = call.id();  // a step may end the call's time in memory
  const hks_status status = sendPhase(*session, call.record, gift);
  plugins_.suspects().worked(action.plugin, hookScope(action.phase), id);
  if (status >= 0) return;
  if (const Call* still = table_.find(id))
    refuse(*still, action, HookRow::State::fault, "the plugin failed on the hook; see its log lines");
}

/// A caller whom a fault has left in silence is told so, once: a repetition only has to end the leg.
bool Hooks::apologises(const Call& call, const Action& action) const {
  return action.phase == Phase::hangup && action.plugin == call.record.terms->carrier && action.attempt == 1 &&
         call.record.ended_by == call::EndedBy::fault && call.record.answered_unix_ms != 0;
}

/// Is a hook of another plugin under way? Then a hook that may kill the process can wait.
bool Hooks::othersBusy(const std::string& plugin) const {
  auto busy = [&](const Call* call) {
    const auto& rows = call->life.teardown().rows();
    return std::any_of(rows.begin(), rows.end(), [&](const HookRow& row) {
      return row.plugin != plugin && row.plugin != "host" && row.state == HookRow::State::pending;
    });
  };
  return std::any_of(table_.live().begin(), table_.live().end(), busy) ||
         std::any_of(table_.ended().begin(), table_.ended().end(), busy);
}

void Hooks::answered(Session& session, HookVerdict verdict) {
  if (verdict.memo_too_long)
    log::warn(session.component(), "a memo of " + std::to_string(verdict.memo_too_long) +
                                       " bytes is not kept; at most " + std::to_string(max_memo_bytes) + " are");
  control_.post([this, verdict = std::move(verdict), plugin = session.id()] {
    Call* call = table_.findAttempt(verdict.id);
    if (!call) return;
    const auto& rows = call->life.teardown().rows();
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const HookRow& r) { return r.id == verdict.id && r.plugin == plugin; });
    if (row == rows.end()) return;
    using State = HookRow::State;
    // A leg that still runs is tried again as a matter of course; the alarm tells when it takes long.
    const bool again = row->phase == Phase::confirm || (row->phase == Phase::hangup && row->attempts > 1);
    const bool loud = row->phase != Phase::settle && (!again || row->attempts % 10 == 0);
    if (loud && (verdict.state == State::retrying || verdict.state == State::failed))
      log::warn(component::calls,
                std::string("hook ") + call::name(row->phase) + " of " + plugin +
                    (verdict.state == State::failed ? " was given up: " : " will be tried again: ") + verdict.reason,
                call->id());
    if (call::standsInLine(row->phase) && verdict.state != State::retrying)
      lines_.reached(plugin, {call->id(), row->phase});
    const call::Now now = driver_.now();
    driver_.run(*call, call->life.after(call->life.teardown().hookDone(verdict.id, verdict.state, verdict.after_ms,
                                                                       verdict.reason, now.lived_ms, verdict.wish),
                                        now));
  });
}

void Hooks::act(const std::string& hook_id, HookAct act, std::function<void(const Accepted&)> done, bool in_turn) {
  const std::size_t first = hook_id.find(':'),
                    second = first == std::string::npos ? first : hook_id.find(':', first + 1);
  if (second == std::string::npos) return done(refused(Why::unknown, "There is no such hook"));
  const std::string phase = hook_id.substr(first + 1, second - first - 1), plugin = hook_id.substr(second + 1);
  parking_.fetch(hook_id.substr(0, first), [this, phase, plugin, act, done, in_turn](Call* call, bool readable) {
    if (!readable) return done(refused(Why::unavailable, store_unreadable));
    if (!call) return done(refused(Why::unknown, "There is no such hook"));
    done(actOn(*call, phase, plugin, act, in_turn));
  });
}

Accepted Hooks::actOn(Call& call, const std::string& phase, const std::string& plugin, HookAct act, bool in_turn) {
  call::Teardown& hooks = call.life.teardown();
  const auto& rows = hooks.rows();
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const HookRow& r) { return call::name(r.phase) == phase && r.plugin == plugin; });
  if (row == rows.end()) return refused(Why::unknown, "There is no such hook");
  const Phase which = row->phase;
  const std::string state = call::name(row->state);
  const call::Now now = driver_.now();
  const bool retry = act == HookAct::retry;
  const auto came = in_turn ? Action::Came::fresh : Action::Came::urged;
  auto actions = retry ? hooks.retryNow(which, plugin, now.lived_ms, came) : hooks.discard(which, plugin, now.lived_ms);
  if (!actions)
    return refused(Why::conflict, "The hook is " + state + "; only background hooks that wait or are dead can be " +
                                      (retry ? "retried" : "discarded"));
  if (!in_turn)
    log::notice(
        component::calls,
        "hook " + phase + " of " + plugin + (retry ? " is tried again, by the API" : " is discarded, by the API"),
        call.id());
  driver_.run(call, call.life.after(*std::move(actions), now));
  return {};
}

void Hooks::retryOf(const std::string& plugin) {
  lines_.tryAgain(plugin);
  std::vector<std::string> waiting;  // legs: they never leave memory before they are over
  const auto look = [&](const Call* call) {
    for (auto& row : call->life.teardown().rows())
      if (row.plugin == plugin && row.state == HookRow::State::retrying && !call::standsInLine(row.phase))
        waiting.push_back(hookId(call->id(), row.phase, plugin));
  };
  for (auto* call : table_.live()) look(call);
  for (auto* call : table_.ended()) look(call);
  for (auto& hook : waiting) act(hook, HookAct::retry, [](const Accepted&) {});
}

}  // namespace hookswitch::control
