// Verdicts, deadlines and what goes on in the background, also after a restart.
#include <algorithm>

#include "host/call/teardown.hpp"

namespace hookswitch::call {

using State = HookRow::State;

std::vector<Action> Teardown::hookDone(std::uint64_t id, State verdict, std::uint64_t after_ms,
                                       const std::string& reason, std::uint64_t now_ms, const Wish& wish) {
  std::vector<Action> out;
  if (!id) return out;
  for (std::size_t i = 0; i < hooks_.size(); ++i) {
    if (rows_view_[i].id != id) continue;
    const State before = rows_view_[i].state;
    if (!wish.memo.empty() && isOpen(before)) rows_view_[i].memo = wish.memo;
    // What was to be tried again has worked after all, late. Any other late answer changes nothing, and says who was
    // late.
    if (before == State::timed_out) {
      rows_view_[i].error = "no answer within " + std::to_string(hooks_[i].spec.deadline_ms) + " ms; it came after " +
                            std::to_string(std::int64_t(now_ms) - hooks_[i].first_ms) + " ms";
      rows_view_[i].id = 0;
      hooks_[i].changed = true;
      break;
    }
    const bool late = before == State::retrying;
    if (late && verdict == State::retrying) {  // what a receiver demands is obeyed, however late it says so
      rows_view_[i].error = reason;
      hooks_[i].changed = true;
      const std::uint64_t wait = std::min(after_ms, limits_.give_up_ms);
      if (hooks_[i].queued) {
        rows_view_[i].apart = wish.apart;
        start(i, out, now_ms, Action::Came::refused, wait);
        out.back().mend = wish.mend;
      } else {
        hooks_[i].retry_at = std::max(hooks_[i].retry_at, now_ms + wait);
      }
      break;
    }
    if (before != State::pending && !(late && (verdict == State::done || verdict == State::skipped))) break;
    const bool again = verdict == State::retrying || verdict == State::fault;
    if (again && inBackground(i))
      retryLater(i, after_ms, reason, now_ms, out,
                 verdict == State::retrying ? Action::Came::refused : Action::Came::unanswered, wish);
    else if (verdict == State::retrying)
      settle(i, State::failed, reason, now_ms);  // disconnect and record happen once
    else if (verdict == State::failed && inBackground(i) && !isHangup(i))
      settle(i, State::dead, reason, now_ms);
    else
      settle(i, verdict, reason, now_ms);
    break;
  }
  advance(out, now_ms);
  return out;
}

std::vector<Action> Teardown::postpone(std::uint64_t id, std::uint64_t after_ms, const std::string& reason,
                                       std::uint64_t now_ms, bool apart) {
  std::vector<Action> out;
  for (std::size_t i = 0; id && i < hooks_.size(); ++i) {
    if (rows_view_[i].id != id || rows_view_[i].state != State::pending) continue;
    const bool background = inBackground(i);
    if (rows_view_[i].attempts) --rows_view_[i].attempts;
    settle(i, background ? State::retrying : State::failed, reason, now_ms);
    if (background && standsInLine(hooks_[i].spec.phase)) {
      start(i, out, now_ms, Action::Came::held, std::max<std::uint64_t>(after_ms, 1));
      out.back().apart = apart;
    } else if (background) {
      hooks_[i].retry_at = now_ms + std::max<std::uint64_t>(after_ms, 1);
    }
    break;
  }
  advance(out, now_ms);
  return out;
}

std::vector<Action> Teardown::tick(std::uint64_t now_ms) {
  std::vector<Action> out;
  for (std::size_t i = 0; i < hooks_.size(); ++i) {
    if (hooks_[i].deadline && hooks_[i].deadline <= now_ms) {
      Hook& hook = hooks_[i];
      if (hook.waits_for_name) {
        // The phase goes on; the tombstone stays until the create request is answered one way or the other.
        if (hook.awaiting) {
          hook.awaiting = false;
          hook.deadline = std::uint64_t(hook.first_ms) + std::max(limits_.unnamed_give_up_ms, limits_.naming_ms + 1);
        } else {
          settle(i, State::failed, "the carrier never said what became of the dial request", now_ms);
        }
        continue;
      }
      const std::string why =
          hook.host ? "the media loop did not answer within " + std::to_string(hook.spec.deadline_ms) + " ms"
                    : "no answer within " + std::to_string(hook.spec.deadline_ms) + " ms";
      if (inBackground(i))
        retryLater(i, 0, why, now_ms, out, Action::Came::unanswered);
      else
        settle(i, State::timed_out, why, now_ms);
    }
    // Not the reference from above: settling a hang-up may add a row.
    if (hooks_[i].retry_at && hooks_[i].retry_at <= now_ms) send(i, out, now_ms);
  }
  advance(out, now_ms);
  return out;
}

void Teardown::restore(std::vector<StoredRow> rows) {
  for (auto& [row, times] : rows) {
    const std::size_t i = add({row.plugin, row.phase, times.deadline_ms}, row.plugin == "host");
    hooks_[i].first_ms = times.first_ms;
    hooks_[i].changed = false;
    const std::uint64_t next = times.retry_at;
    rows_view_[i] = std::move(row);
    rows_view_[i].id = 0;
    if (rows_view_[i].phase == Phase::started) announced_ = true;
    if (rows_view_[i].state == State::retrying || rows_view_[i].phase == Phase::confirm)
      hooks_[i].retry_at = next;
    else
      rows_view_[i].apart = false;
  }
}

std::vector<Action> Teardown::resume(std::vector<HookSpec> hooks, const Situation& situation, std::uint64_t now_ms) {
  std::vector<Action> out;
  begun_ = left_ = true;
  phase_ = Phase::notify;
  specs_ = std::move(hooks);
  situation_ = situation;
  bool leg_open = false;
  for (std::size_t i = 0, n = hooks_.size(); i < n; ++i) {
    HookRow& row = rows_view_[i];
    if (isHangup(i) && unsent(i) && situation_.leg_named && !situation_.leg_over) {
      hooks_[i].retry_at =
          std::max<std::uint64_t>(1, now_ms);  // named after it was skipped, by a run that went no further
      continue;
    }
    if (row.state != State::pending && row.state != State::retrying) continue;
    if (!inBackground(i)) {
      settle(i, State::failed, "the gateway was restarted meanwhile", now_ms);
    } else if (isHangup(i) && !situation_.leg_named) {
      settle(i, State::skipped, "the carrier had not named the leg before the restart", now_ms);
      leg_open = true;
    } else {
      leg_open = leg_open || isLeg(i);
      if (standsInLine(row.phase)) {
        const std::uint64_t at = hooks_[i].retry_at;
        start(i, out, now_ms, Action::Came::restored, at > now_ms ? at - now_ms : 0);
        continue;
      }
      hooks_[i].retry_at = std::max<std::uint64_t>(1, isLeg(i) ? now_ms : hooks_[i].retry_at);
    }
  }
  // Whoever started a hang-up before the restart has to know how the leg fared since.
  if (leg_open && !situation_.leg_over && !situation_.leg_named) {
    for (auto spec : specs_) {
      if (spec.phase != Phase::settle || spec.plugin != situation_.carrier) continue;
      spec.deadline_ms = std::min(spec.deadline_ms, limits_.settle_ms);
      const auto known = find(Phase::settle, spec.plugin);
      const std::size_t i = known ? *known : add(spec, false);
      if (!known) hooks_[i].first_ms = std::int64_t(now_ms);
      send(i, out, now_ms);
    }
  }
  auto due = tick(now_ms);
  out.insert(out.end(), due.begin(), due.end());
  return out;
}

bool Teardown::retryNow(Phase phase, const std::string& plugin, std::uint64_t now_ms, std::vector<Action>& out,
                        Action::Came came) {
  const auto i = find(phase, plugin);
  if (!i || !inBackground(*i)) return false;
  const State s = rows_view_[*i].state;
  if (s != State::retrying && s != State::dead && s != State::discarded && !hooks_[*i].queued) return false;
  const std::int64_t place = hooks_[*i].first_ms;
  hooks_[*i].first_ms = std::int64_t(now_ms);  // its 72 hours begin anew
  released_ = false;
  rows_view_[*i].apart = false;
  start(*i, out, now_ms, came);
  out.back().first_ms = place;
  return true;
}

bool Teardown::discard(Phase phase, const std::string& plugin, std::uint64_t now_ms, std::vector<Action>& out) {
  const auto i = find(phase, plugin);
  if (!i || !inBackground(*i)) return false;
  const State s = rows_view_[*i].state;
  if (s != State::retrying && s != State::dead && !hooks_[*i].queued) return false;
  const std::string reason = rows_view_[*i].error;
  settle(*i, State::discarded, reason, now_ms);
  advance(out, now_ms);
  return true;
}

bool Teardown::legUnconfirmed() const {
  if (!begun_ || situation_.leg_over) return false;
  for (std::size_t i = 0; i < hooks_.size(); ++i) {
    const State s = rows_view_[i].state;
    const bool open =
        s == State::pending || s == State::retrying || s == State::dead || s == State::failed || s == State::fault;
    if (isLeg(i) && open && !(isHangup(i) && find(Phase::confirm, situation_.carrier))) return true;
  }
  return false;
}

bool Teardown::onlyInLine() const {
  if (!left_ || released_ || legUnconfirmed()) return false;
  for (std::size_t i = 0; i < hooks_.size(); ++i)
    if (hooks_[i].deadline || hooks_[i].retry_at || (rows_view_[i].state == State::pending && !hooks_[i].queued))
      return false;
  return true;
}

bool Teardown::busyWithin(std::uint64_t now_ms, std::uint64_t soon_ms) const {
  if (begun_ && !left_) return true;
  for (std::size_t i = 0; i < hooks_.size(); ++i)
    if (!standsInLine(rows_view_[i].phase) &&
        ((rows_view_[i].state == State::pending && hooks_[i].deadline) ||
         (hooks_[i].retry_at && hooks_[i].retry_at <= now_ms + soon_ms && rows_view_[i].attempts < hopeless_attempts)))
      return true;
  return false;
}

std::vector<Action> Teardown::give(Phase phase, const std::string& plugin, std::uint64_t now_ms) {
  std::vector<Action> out;
  if (const auto i = find(phase, plugin); i && hooks_[*i].queued) send(*i, out, now_ms);
  return out;
}

void Teardown::planned(Phase phase, const std::string& plugin, std::uint64_t at_ms) {
  if (const auto i = find(phase, plugin); i && hooks_[*i].queued) hooks_[*i].planned = at_ms;
}

std::vector<Action> Teardown::expire(Phase phase, const std::string& plugin, std::uint64_t now_ms) {
  std::vector<Action> out;
  const auto i = find(phase, plugin);
  if (!i || !hooks_[*i].queued || expiry(*i) > now_ms) return out;
  const std::string reason = rows_view_[*i].error.empty() ? "its turn did not come in time" : rows_view_[*i].error;
  settle(*i, State::dead, reason, now_ms);
  advance(out, now_ms);
  return out;
}

}  // namespace hookswitch::call
