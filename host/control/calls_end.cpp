// The end of calls, and what their media report. See host/call/README.md for who ends what in which order.
#include <malloc.h>

#include <algorithm>

#include "host/base/log.hpp"
#include "host/control/calls.hpp"
#include "host/test_points.hpp"

namespace hookswitch::control {

using call::Action;
using call::Call;
using call::EndedBy;
using call::HookRow;
using call::Outcome;
using call::Status;

namespace {

constexpr const char* component = "calls";
constexpr std::uint64_t trim_ms = 2'000;

Outcome outcomeOf(const Call& call, EndedBy by) {
  const bool answered = call.record.answered_unix_ms != 0;
  if (answered) return by == EndedBy::fault ? Outcome::failed : Outcome::completed;
  switch (by) {
    case EndedBy::limit: return Outcome::no_answer;
    case EndedBy::carrier:
    case EndedBy::fault: return Outcome::failed;
    default: return Outcome::canceled;
  }
}

#ifdef HOOKSWITCH_CUT_POINTS
/// "hangup:twilio+hangup:witness", "seal+leave": the detail of a cut point.
std::string describe(const std::vector<Action>& actions) {
  static const char* const names[] = {"", "", "stop_media", "seal", "leave", "release", "line_up"};
  std::string text;
  for (auto& a : actions)
    text += (text.empty() ? "" : "+") + (a.kind == Action::Kind::send_hook
                                             ? std::string(call::name(a.phase)) + ":" + a.plugin
                                             : names[std::size_t(a.kind)]);
  return text;
}
#endif

/// Our own limit and the carrier's fuse are the same number of seconds: whichever burns first, it was the limit.
bool atLimit(const Call& call) {
  if (!call.answered_ms) return false;
  const std::uint64_t limit_ms = call.record.terms->max_duration_s * 1000ull;
  return Thread::allMs() - call.answered_ms + std::min<std::uint64_t>(1500, limit_ms / 10) >= limit_ms;
}

}  // namespace

bool Calls::end(const std::string& id, EndedBy by, const std::string& reason,
                std::function<void(const std::string&)> waiter) {
  Call* call = table_.find(id);
  if (!call || call->record.status == Status::ended) return false;
  if (waiter) call->waiters.push_back(std::move(waiter));
  begin(*call, by, reason, std::nullopt);
  return true;
}

void Calls::begin(Call& call, EndedBy by, const std::string& reason, std::optional<Outcome> outcome, bool recovery) {
  if (call.teardown->begun()) return;
  HOOKSWITCH_CUT("end.before_intent", "");
  for (auto* timer : {&call.limit_timer, &call.connect_timer}) {
    control_.cancel(*timer);
    *timer = 0;
  }
  if (by == EndedBy::carrier && atLimit(call)) by = EndedBy::limit;
  // The first reason wins, also across a restart: an end that was under way keeps its own.
  if (call.record.status != Status::ending) {
    call.record.ended_by = by;
    call.record.reason = reason;
    call.record.outcome = outcome.value_or(outcomeOf(call, by));
    call.record.status = Status::ending;
  }
  const std::string ending = std::string("ending, by ") + call::name(call.record.ended_by) + ": " + call.record.reason;
  if (call.record.outcome == Outcome::failed)
    log::warn(component, ending, call.id());
  else
    log::info(component, ending, call.id());
  call::Situation situation;
  situation.carrier = call.record.terms->carrier;
  situation.leg_named = !call.record.remote_id.empty();
  situation.leg_over = call.leg_over;
  situation.dialling = call.dialling;
  situation.has_media = call.has_media;
  situation.recovery = recovery;
  run(call, call.teardown->begin(plugins_.hooks(call.record.terms->carrier), situation, Thread::nowMs()));
}

void Calls::run(Call& call, std::vector<Action> actions) {
  lineUp(call, actions);
  // Sealing is part of what is written down, so it comes before; everything else after.
  for (auto& action : actions)
    if (action.kind == Action::Kind::seal) seal(call);
  if (!call.teardown->legUnconfirmed())
    call.unconfirmed_since = 0;
  else if (!call.unconfirmed_since)
    call.unconfirmed_since = Thread::nowMs();
  if (actions.empty()) {
    ledger_.write(call);
    return schedule(call);
  }
  HOOKSWITCH_CUT("intent.before", describe(actions));
  const std::string id = call.id();
  ledger_.write(call, [this, id, actions = std::move(actions)] { perform(id, actions); });
}

void Calls::perform(const std::string& id, const std::vector<Action>& actions) {
  for (auto& action : actions) {
    Call* call = table_.find(id);  // what a step leads to may forget older calls
    if (!call) return;
    HOOKSWITCH_CUT("act.before", describe({action}));
    switch (action.kind) {
      case Action::Kind::send_hook: sendHook(*call, action); break;
      case Action::Kind::stop_media: plane_->stopCall(id, call->record.reason); break;
      case Action::Kind::seal: break;
      case Action::Kind::leave: leave(*call, action.answer); break;
      case Action::Kind::line_up: break;  // it has its place, and the ledger knows
      case Action::Kind::release: log::debug(component, "released: nothing runs for this call any more", id); break;
    }
    HOOKSWITCH_CUT("act.after", describe({action}));
  }
  if (Call* call = table_.find(id)) schedule(*call);
}

void Calls::schedule(Call& call) {
  control_.cancel(call.timer);
  call.timer = 0;
  const auto next = call.teardown->nextTick();
  if (!next) return;
  const std::uint64_t now = Thread::nowMs();
  call.timer = control_.after(*next > now ? *next - now : 0, [this, id = call.id()] {
    Call* c = table_.find(id);
    if (!c) return;
    c->timer = 0;
    run(*c, c->teardown->tick(Thread::nowMs()));
  });
}

void Calls::seal(Call& call) {
  if (call.record.ended_unix_ms) return;  // by an earlier run of the gateway
  call.record.ended_unix_ms = clockOf(call);
  // The carrier knows better than a gateway that was away, or asleep, how long the two have talked.
  if (call.talked_ms && call.record.answered_unix_ms)
    call.record.ended_unix_ms = call.record.answered_unix_ms + call.talked_ms;
  log::info(component,
            std::string("over: ") + call::name(call.record.outcome) + ", by " + call::name(call.record.ended_by) +
                ", " + std::to_string(call.record.durationMs(0) / 1000) + " s, " +
                std::to_string(call.record.transcript.size()) + " lines",
            call.id());
}

void Calls::leave(Call& call, const std::string& error) {
  call.record.status = Status::ended;
  for (auto& row : call.teardown->rows())
    if (row.state == HookRow::State::timed_out || row.state == HookRow::State::fault)
      log::warn(component, std::string("hook ") + call::name(row.phase) + " of " + row.plugin + ": " + row.error,
                call.id());
  auto waiters = std::move(call.waiters);
  call.waiters.clear();
  ++ended_;
  const std::string key = std::move(call.key);
  if (!key.empty()) {
    // Its request was cut by a restart; whoever repeats it hears what became of it.
    const bool taken = !call.record.remote_id.empty();
    idempotency_.finish(
        key, taken ? 201 : 502,
        taken ? placedJson(*call.record.terms)
              : failedJson("The gateway was restarted before the carrier took the call; it was ended", call.id()),
        {});
  }
  table_.leave(call);  // may forget older calls
  for (auto& waiter : waiters) waiter(error);
  // After a busy hour the allocator keeps what it had; when nobody is on the phone it is given back.
  if (table_.live().empty() && !trimming_) {
    trimming_ = true;
    control_.after(trim_ms, [this] {
      trimming_ = false;
      if (table_.live().empty()) ::malloc_trim(0);
    });
  }
}

void Calls::endAll(EndedBy by, const std::string& reason, std::function<void(std::size_t, std::vector<Failed>)> done) {
  struct Gather {
    std::size_t open = 1, ended = 0;
    std::vector<Failed> failed;
    std::function<void(std::size_t, std::vector<Failed>)> done;
  };
  auto gather = std::make_shared<Gather>();
  gather->done = std::move(done);
  auto finish = [gather] {
    if (--gather->open == 0 && gather->done) gather->done(gather->ended, std::move(gather->failed));
  };
  std::vector<std::string> ids;
  for (auto* call : table_.live()) ids.push_back(call->id());
  for (auto& id : ids) {
    ++gather->open;
    const bool known = end(id, by, reason, [gather, id, finish](const std::string& error) {
      if (error.empty())
        ++gather->ended;
      else
        gather->failed.push_back({id, error});
      finish();
    });
    if (!known) finish();
  }
  finish();
}

}  // namespace hookswitch::control
