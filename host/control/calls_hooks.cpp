// Hooks: given to plugins, their verdicts, and what the API does with those that wait.
#include <algorithm>

#include "host/base/log.hpp"
#include "host/control/calls.hpp"
#include "host/plugin/start_record.hpp"
#include "host/plugin/wire.hpp"
#include "host/test_points.hpp"

namespace hookswitch::control {

using call::Action;
using call::Call;
using call::EndedBy;
using call::HookRow;
using call::Status;
using plugin::str;
using plugin::view;

namespace {
constexpr const char* component = "calls";
constexpr std::size_t max_memo_bytes = 1024;
}  // namespace

void Calls::sendHook(Call& call, const Action& action) {
  // Settled while its record was written, such as the hang-up of a leg that ended meanwhile: nothing to send any more.
  const auto& rows = call.teardown->rows();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const HookRow& r) { return r.id == action.id; });
  if (row == rows.end()) return;
  const std::string memo = row->memo;
  Session* session = plugins_.session(action.plugin);
  // What a plugin answers in the same step must find the machine at rest, so the verdict is posted.
  auto verdict = [this, id = call.id(), hook = action.id](HookRow::State state, const std::string& why) {
    control_.post([this, id, hook, state, why] {
      if (Call* c = table_.find(id)) run(*c, c->teardown->hookDone(hook, state, 0, why, Thread::nowMs()));
    });
  };
  // A hook that has killed the process is put off; its attempts are those that it was given.
  std::string held;
  const bool once = action.phase == call::Phase::disconnect || action.phase == call::Phase::record ||
                    (action.phase == call::Phase::hangup && action.plugin != call.record.terms->carrier);
  bool apart = false;  // it is this call's own affair: others pass it by
  if (const std::uint64_t wait = plugins_.hookWaitMs(
          action.plugin, action.phase, call.id(), once, [this, &action] { return othersBusy(action.plugin); }, held,
          apart))
    return control_.post([this, id = call.id(), hook = action.id, wait, held, apart] {
      if (Call* c = table_.find(id)) run(*c, c->teardown->postpone(hook, wait, held, Thread::nowMs(), apart));
    });
  if (!session) return verdict(HookRow::State::retrying, "the plugin " + action.plugin + " is not active");
  if (action.phase == call::Phase::settle || action.phase == call::Phase::confirm) {
    // Planned while the carrier was away; now it says what it takes part in.
    const auto hooks = plugins_.hooks();
    if (std::none_of(hooks.begin(), hooks.end(),
                     [&](auto& h) { return h.plugin == action.plugin && h.phase == action.phase; }))
      return verdict(HookRow::State::skipped, "the plugin takes no part in it");
  }

  const call::Record& r = call.record;
  const hks_call terms = plugin::callRecord(*r.terms, r.remote_id);
  std::vector<hks_line> lines;
  if (action.phase == call::Phase::notify)
    for (auto& line : r.transcript) lines.push_back({sizeof(hks_line), line.speaker, line.at_unix_ms, str(line.text)});
  hks_record record{};
  record.size = sizeof record;
  record.outcome = std::uint32_t(r.outcome);
  record.ended_by = std::uint32_t(r.ended_by);
  record.line_size = sizeof(hks_line);
  record.call = &terms;
  record.reason = str(r.reason);
  record.started_unix_ms = r.started_unix_ms;
  record.answered_unix_ms = r.answered_unix_ms;
  record.ended_unix_ms = r.ended_unix_ms;
  record.duration_ms = r.durationMs(clockOf(call));
  record.lines = lines.empty() ? nullptr : lines.data();
  record.line_count = lines.size();
  const std::string event_id = hookId(call.id(), action.phase, action.plugin);
  hks_phase phase{};
  phase.msg = {sizeof phase, HKS_CALL_PHASE, action.id};
  phase.phase = std::uint32_t(action.phase);
  phase.deadline_ms = action.deadline_ms;
  phase.attempt = action.attempt;
  phase.event_id = str(event_id);
  phase.record = &record;
  phase.unix_ms = Thread::unixMs();
  phase.memo = str(memo);
  const std::string call_id = call.id();  // a step may end the call's time in memory
  log::debug(component,
             std::string("hook ") + call::name(action.phase) + " to " + action.plugin + ", attempt " +
                 std::to_string(action.attempt),
             call.id());
  const hks_status status = session->step(phase.msg);
  plugins_.worked(action.plugin, hookScope(action.phase), call_id);
  if (status < 0) verdict(HookRow::State::fault, "the plugin failed on the hook; see its log lines");
}

/// Somebody else is being told of something, so what may kill the process can wait.
bool Calls::othersBusy(const std::string& plugin) const {
  auto busy = [&](const Call* call) {
    return std::any_of(call->teardown->rows().begin(), call->teardown->rows().end(), [&](const HookRow& row) {
      return row.plugin != plugin && row.plugin != "host" && row.state == HookRow::State::pending;
    });
  };
  return std::any_of(table_.live().begin(), table_.live().end(), busy) ||
         std::any_of(table_.ended().begin(), table_.ended().end(), busy);
}

void Calls::retryHooksOf(const std::string& plugin) {
  tryAgain(plugin);
  std::vector<std::pair<std::string, call::Phase>> waiting;  // legs: they never leave memory before they are over
  const auto look = [&](const Call* call) {
    for (auto& row : call->teardown->rows())
      if (row.plugin == plugin && row.state == HookRow::State::retrying && !call::standsInLine(row.phase))
        waiting.emplace_back(call->id(), row.phase);
  };
  for (auto* call : table_.live()) look(call);
  for (auto* call : table_.ended()) look(call);
  for (auto& [id, phase] : waiting) actOnHook(hookId(id, phase, plugin), HookAct::retry, [](const Refusal&) {});
}

void Calls::hookDone(Session& session, const hks_hook_done& done) {
  const std::uint64_t id = done.msg.id;
  if (auto question = questions_.find(id); question != questions_.end()) {
    auto over = question->second.over;
    return control_.post(std::move(over));  // what the same step said of the leg comes first
  }
  HookRow::State state = HookRow::State::done;
  switch (done.state) {
    case HKS_HOOK_RETRY: state = HookRow::State::retrying; break;
    case HKS_HOOK_GIVE_UP: state = HookRow::State::failed; break;
    case HKS_HOOK_SKIP: state = HookRow::State::skipped; break;
    default: break;
  }
  call::Wish wish;
  if (state == HookRow::State::retrying) {
    wish.apart = done.flags & HKS_HOOK_APART;
    wish.mend = done.flags & HKS_HOOK_MEND;
    if (done.memo.size <= max_memo_bytes)
      wish.memo = view(done.memo);
    else
      log::warn(session.component(), "a memo of " + std::to_string(done.memo.size) + " bytes is not kept; at most " +
                                         std::to_string(max_memo_bytes) + " are");
  }
  control_.post([this, id, state, plugin = session.id(), after_ms = done.after_ms,
                 reason = std::string(view(done.reason)), wish] {
    auto seq = by_seq_.find((id & ~(std::uint64_t(1) << 63)) >> hook_id_bits);
    Call* call = seq == by_seq_.end() ? nullptr : table_.find(seq->second);
    if (!call) return;
    for (auto& row : call->teardown->rows()) {
      if (row.id != id || row.plugin != plugin) continue;
      // A leg that still runs is tried again as a matter of course; the alarm tells when it takes long.
      const bool again = row.phase == call::Phase::confirm || (row.phase == call::Phase::hangup && row.attempts > 1);
      const bool loud = row.phase != call::Phase::settle && (!again || row.attempts % 10 == 0);
      if (loud && (state == HookRow::State::retrying || state == HookRow::State::failed))
        log::warn(component,
                  std::string("hook ") + call::name(row.phase) + " of " + plugin +
                      (state == HookRow::State::failed ? " was given up: " : " will be tried again: ") + reason,
                  call->id());
      // A copy of the row's phase is all that is needed from here on: the rows may move.
      HOOKSWITCH_CUT("verdict.before", std::string(call::name(row.phase)) + ":" + plugin);
      if (call::standsInLine(row.phase) && state != HookRow::State::retrying)
        line(plugin).reached({call->id(), row.phase}, Thread::nowMs());
      return run(*call, call->teardown->hookDone(id, state, after_ms, reason, Thread::nowMs(), wish));
    }
  });
}

void Calls::actOnHook(const std::string& hook_id, HookAct act, std::function<void(const Refusal&)> done, bool in_turn) {
  const std::size_t first = hook_id.find(':'),
                    second = first == std::string::npos ? first : hook_id.find(':', first + 1);
  if (second == std::string::npos) return done({404, "There is no such hook"});
  const std::string id = hook_id.substr(0, first), phase = hook_id.substr(first + 1, second - first - 1),
                    plugin = hook_id.substr(second + 1);
  auto on = [this, phase, plugin, act, done, in_turn](Call& call) {
    const auto& rows = call.teardown->rows();
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const HookRow& r) { return call::name(r.phase) == phase && r.plugin == plugin; });
    if (row == rows.end()) return done({404, "There is no such hook"});
    const call::Phase which = row->phase;
    const std::string state = call::name(row->state);
    std::vector<Action> actions;
    const std::uint64_t now = Thread::nowMs();
    const auto came = in_turn ? Action::Came::fresh : Action::Came::urged;
    const bool good = act == HookAct::retry ? call.teardown->retryNow(which, plugin, now, actions, came)
                                            : call.teardown->discard(which, plugin, now, actions);
    if (!good)
      return done({409, "The hook is " + state + "; only background hooks that wait or are dead can be " +
                            (act == HookAct::retry ? "retried" : "discarded")});
    if (!in_turn)
      log::notice(component,
                  std::string("hook ") + phase + " of " + plugin +
                      (act == HookAct::retry ? " is tried again, by the API" : " is discarded, by the API"),
                  call.id());
    run(call, std::move(actions));
    done({});
  };
  if (Call* call = table_.find(id)) return on(*call);
  ledger_.store().find(id, [this, id, on, done](store::Answer<std::optional<store::StoredCall>> stored) {
    if (Call* call = table_.find(id)) return on(*call);
    if (!stored.readable) return done({503, store_unreadable});
    if (!stored.value || stored.value->record.status != Status::ended) return done({404, "There is no such hook"});
    on(adoptEnded(std::move(*stored.value)));
  });
}

}  // namespace hookswitch::control
