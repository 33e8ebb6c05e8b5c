#include "host/control/ledger.hpp"

#include <algorithm>
#include <utility>

#include "host/base/log.hpp"
#include "host/control/component.hpp"
#include "host/test_points.hpp"

namespace hookswitch::control {

namespace {
constexpr std::uint64_t longest_wait_ms = 72ull * 3600 * 1000, say_again_ms = 60'000;
#ifdef HOOKSWITCH_CUT_POINTS
/// "call:ending+hangup:twilio:pending": the detail of a cut point.
std::string describe(const std::vector<store::Write>& writes) {
  struct Name {
    std::string operator()(const store::SaveCall& w) const {
      return std::string("call:") + call::name(w.record.status);
    }
    std::string operator()(const store::SaveHook& w) const {
      return std::string(call::name(w.hook.phase)) + ":" + w.hook.plugin + ":" + call::name(w.hook.state);
    }
    std::string operator()(const store::SaveLine&) const { return "line"; }
    std::string operator()(const store::SaveKey& w) const { return w.status ? "key:answer" : "key"; }
    std::string operator()(const store::DropKey&) const { return "key:dropped"; }
    std::string operator()(const store::SaveLeg&) const { return "leg"; }
  };
  std::string text;
  for (auto& write : writes) text += (text.empty() ? "" : "+") + std::visit(Name{}, write);
  return text;
}
#endif

}  // namespace

store::Hook toStored(const std::string& call, const call::HookRow& row, const call::HookTimes& times,
                     std::uint64_t now_ms, std::uint64_t unix_ms) {
  store::Hook h;
  h.call = call;
  h.phase = row.phase;
  h.plugin = row.plugin;
  h.state = row.state;
  h.attempts = row.attempts;
  h.deadline_ms = times.deadline_ms;
  h.first_unix_ms = std::uint64_t(std::int64_t(unix_ms) - (std::int64_t(now_ms) - times.first_ms));
  h.next_unix_ms = times.retry_at ? unix_ms + (times.retry_at > now_ms ? times.retry_at - now_ms : 0) : 0;
  h.ms = row.ms;
  h.error = row.error;
  h.memo = row.memo;
  h.apart = row.apart;
  return h;
}

call::HookRow rowOf(const store::Hook& hook) {
  call::HookRow row;
  row.phase = hook.phase;
  row.plugin = hook.plugin;
  row.state = hook.state;
  row.attempts = hook.attempts;
  row.ms = hook.ms;
  row.error = hook.error;
  row.memo = hook.memo;
  row.apart = hook.apart;
  return row;
}

call::StoredRow fromStored(const store::Hook& hook, std::uint64_t now_ms, std::uint64_t unix_ms) {
  call::StoredRow out;
  out.row = rowOf(hook);
  out.times.deadline_ms = hook.deadline_ms;
  out.times.first_ms = std::int64_t(now_ms) - (std::int64_t(unix_ms) - std::int64_t(hook.first_unix_ms));
  // A wall clock that was set back must not postpone anything; a wait that a receiver has demanded stands.
  const bool set_back = unix_ms < hook.first_unix_ms;
  const std::uint64_t wait = hook.next_unix_ms > unix_ms && !set_back ? hook.next_unix_ms - unix_ms : 0;
  out.times.retry_at = hook.next_unix_ms ? now_ms + std::min(wait, longest_wait_ms) : 0;
  return out;
}

std::vector<call::StoredRow> rowsOf(const store::StoredCall& stored, std::uint64_t now_ms, std::uint64_t unix_ms) {
  std::vector<call::StoredRow> rows;
  for (auto& hook : stored.hooks) rows.push_back(fromStored(hook, now_ms, unix_ms));
  // The table of a teardown reads in the order of the phases.
  auto rank = [](const call::StoredRow& r) { return r.row.phase == call::Phase::settle ? 0 : int(r.row.phase); };
  std::stable_sort(rows.begin(), rows.end(), [&](auto& a, auto& b) { return rank(a) < rank(b); });
  return rows;
}

void Ledger::write(call::Call& call, std::function<void()> act, std::vector<store::Write> extra) {
  const call::Record& r = call.record;
  call::Teardown& teardown = call.life.teardown();
  const bool released = teardown.released();
  const auto status = teardown.left() ? call::Status::ended : r.status;
  const call::Saved now{status,       r.remote_id,         r.answered_unix_ms, r.ended_unix_ms,     r.outcome,
                        r.ended_by,   call.life.legOver(), released,           call.life.witness(), r.transfer,
                        r.terms.get()};
  if (!(now == call.saved)) {
    call.saved = now;
    store::SaveCall save;
    save.record.terms = r.terms;
    save.record.remote_id = r.remote_id;
    save.record.status = status;
    save.record.started_unix_ms = r.started_unix_ms;
    save.record.started_ms = r.started_ms;
    save.record.boot = r.boot;
    save.record.answered_unix_ms = r.answered_unix_ms;
    save.record.ended_unix_ms = r.ended_unix_ms;
    save.record.outcome = r.outcome;
    save.record.ended_by = r.ended_by;
    save.record.reason = r.reason;
    save.record.transfer = r.transfer;
    save.record.transcript_cut = r.transcript_cut;
    save.record.last_line = r.last_line;
    save.leg_over = now.leg_over;
    save.witness = now.witness;
    save.released = released;
    extra.insert(extra.begin(), std::move(save));
  }
  const std::uint64_t now_ms = control_.nowMs(), unix_ms = control_.unixMs();
  for (auto i : teardown.takeChanged())
    extra.push_back(store::SaveHook{toStored(call.id(), teardown.rows()[i], teardown.times(i), now_ms, unix_ms)});
  const bool any = !extra.empty();
  write(std::move(extra), std::move(act));
  if (any) call.written = last_;
}

void Ledger::write(std::vector<store::Write> writes, std::function<void()> act) {
  if (writes.empty() && waiting_.empty()) {
    if (act) act();
    return;
  }
  put(std::move(writes), std::move(act));
}

void Ledger::put(std::vector<store::Write> writes, std::function<void()> act) {
  HOOKSWITCH_CUT("intent.before", describe(writes));
  const std::uint64_t number = ++last_;
  if (act) waiting_[number] = {std::move(act), control_.nowMs()};
  // A callback for every write: that is how the ledger knows when a slow store has caught up.
  store_.put(std::move(writes), [this, number, given = control_.nowMs()](bool) { acknowledged(number, given); });
  if (behind_)
    control_.post([this] { impatient(); });
  else
    watch();
}

void Ledger::acknowledged(std::uint64_t number, std::uint64_t given_ms) {
  answered_ = number;
  // Under load something is always under way: a write that came back in time is what tells.
  if (behind_ && (answered_ == last_ || control_.nowMs() - given_ms < patience_ms / 2)) {
    behind_ = false;
    if (std::exchange(said_, false)) log::notice(component::ledger, "the store has caught up");
  }
  while (!waiting_.empty() && waiting_.begin()->first <= number) {
    auto act = std::move(waiting_.begin()->second.act);
    waiting_.erase(waiting_.begin());
    act();
  }
}

void Ledger::watch() {
  if (timer_ || waiting_.empty()) return;
  const std::uint64_t now = control_.nowMs(), due = waiting_.begin()->second.since + patience_ms;
  timer_ = control_.after(due > now ? due - now : 0, [this] {
    timer_ = 0;
    if (waiting_.empty()) return;
    if (waiting_.begin()->second.since + patience_ms > control_.nowMs()) return watch();
    // A disk that is slow now and then is said once a minute.
    if (!std::exchange(behind_, true) && (!said_ms_ || control_.nowMs() - said_ms_ >= say_again_ms)) {
      said_ = true;
      said_ms_ = control_.nowMs();
      log::error(component::ledger,
                 "the store is slow: calls go on without waiting for it; what happens until it has caught up is lost "
                 "if the gateway dies now");
    }
    impatient();
  });
}

void Ledger::impatient() {
  while (behind_ && !waiting_.empty()) {
    auto act = std::move(waiting_.begin()->second.act);
    waiting_.erase(waiting_.begin());
    act();
  }
  watch();
}

}  // namespace hookswitch::control
