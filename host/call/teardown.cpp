#include "host/call/teardown.hpp"

#include <algorithm>

namespace hookswitch::call {

using State = HookRow::State;

const char* name(State s) {
  switch (s) {
    case State::pending: return "pending";
    case State::done: return "done";
    case State::skipped: return "skipped";
    case State::timed_out: return "timed-out";
    case State::fault: return "fault";
    case State::retrying: return "retrying";
    case State::failed: return "failed";
  }
  return "";
}

Teardown::Teardown(TeardownLimits limits, std::uint64_t first_id) : limits_(limits), next_id_(first_id) {}

std::uint32_t Teardown::limit(Phase phase) const {
  switch (phase) {
    case Phase::hangup: return limits_.hangup_ms;
    case Phase::disconnect: return limits_.disconnect_ms;
    case Phase::record: return limits_.record_ms;
    default: return limits_.notify_ms;
  }
}

bool Teardown::isHangup(std::size_t i) const {
  return hooks_[i].spec.phase == Phase::hangup && hooks_[i].spec.plugin == situation_.carrier;
}

std::size_t Teardown::add(HookSpec spec, bool host) {
  HookRow row;
  row.phase = spec.phase;
  row.plugin = spec.plugin;
  rows_view_.push_back(std::move(row));
  Hook hook;
  hook.spec = std::move(spec);
  hook.host = host;
  hooks_.push_back(std::move(hook));
  return hooks_.size() - 1;
}

std::vector<Action> Teardown::announce(const std::vector<HookSpec>& hooks, std::uint64_t now_ms) {
  std::vector<Action> out;
  if (announced_) return out;
  announced_ = true;
  for (auto spec : hooks) {
    if (spec.phase != Phase::started) continue;
    spec.deadline_ms = std::min(spec.deadline_ms, limits_.notify_ms);
    const std::size_t i = add(spec, false);
    hooks_[i].first_ms = now_ms;
    send(i, out, now_ms);
  }
  return out;
}

std::vector<Action> Teardown::begin(std::vector<HookSpec> hooks, const Situation& situation, std::uint64_t now_ms) {
  std::vector<Action> out;
  if (begun_) return out;
  begun_ = true;
  specs_ = std::move(hooks);
  situation_ = situation;
  enter(Phase::hangup, out, now_ms);
  advance(out, now_ms);
  return out;
}

void Teardown::send(std::size_t i, std::vector<Action>& out, std::uint64_t now_ms) {
  Hook& hook = hooks_[i];
  HookRow& row = rows_view_[i];
  row.id = next_id_++;
  row.state = State::pending;
  ++row.attempts;
  hook.retry_at = 0;
  hook.deadline = now_ms + hook.spec.deadline_ms;
  Action action{Action::Kind::send_hook};
  action.id = row.id;
  action.plugin = row.plugin;
  action.phase = row.phase;
  action.attempt = row.attempts;
  action.deadline_ms = hook.spec.deadline_ms;
  out.push_back(std::move(action));
}

void Teardown::enter(Phase phase, std::vector<Action>& out, std::uint64_t now_ms) {
  phase_ = phase;
  for (auto spec : specs_) {
    if (spec.phase != phase) continue;
    spec.deadline_ms = std::min(spec.deadline_ms, limit(phase));
    const std::size_t i = add(spec, false);
    hooks_[i].first_ms = now_ms;
    hooks_[i].awaiting = true;
    if (isHangup(i) && situation_.leg_over) {
      settle(i, State::skipped, "the carrier reported the leg over", now_ms);
    } else if (isHangup(i) && !situation_.leg_named) {
      // Tombstone: nothing to hang up yet. The carrier's answer to the create request brings the name.
      if (situation_.dialling) {
        hooks_[i].waits_for_name = true;
        hooks_[i].deadline = now_ms + limits_.naming_ms;
        rows_view_[i].error = "waiting for the carrier to name the leg";
      } else {
        settle(i, State::skipped, "the carrier never had this leg", now_ms);
      }
    } else {
      send(i, out, now_ms);
    }
  }
  if (phase == Phase::disconnect) {
    const std::size_t i = add({"host", phase, limits_.media_ms}, true);
    hooks_[i].first_ms = now_ms;
    if (situation_.has_media) {
      hooks_[i].awaiting = true;
      hooks_[i].deadline = now_ms + limits_.media_ms;
      rows_view_[i].attempts = 1;
      out.push_back(Action{Action::Kind::stop_media});
    } else {
      settle(i, State::skipped, "there was no media", now_ms);
    }
  }
  if (phase == Phase::record) {
    const std::size_t i = add({"host", phase, limits_.record_ms}, true);
    hooks_[i].first_ms = now_ms;
    rows_view_[i].attempts = 1;
    settle(i, State::done, {}, now_ms);
    out.push_back(Action{Action::Kind::seal});
  }
}

void Teardown::settle(std::size_t i, State state, const std::string& reason, std::uint64_t now_ms) {
  HookRow& row = rows_view_[i];
  row.state = state;
  row.ms = now_ms - hooks_[i].first_ms;
  row.error = state == State::done ? std::string() : reason;
  if (state == State::skipped && row.attempts > 0) row.error.clear();
  hooks_[i].awaiting = false;
  hooks_[i].deadline = 0;
  hooks_[i].retry_at = 0;
  hooks_[i].waits_for_name = false;
  if (!left_ && isHangup(i)) {
    const bool bad = state == State::failed || state == State::fault || state == State::retrying || state == State::timed_out;
    hangup_error_ = bad ? reason : std::string();
  }
}

void Teardown::retryLater(std::size_t i, std::uint64_t after_ms, const std::string& reason, std::uint64_t now_ms) {
  const std::uint32_t doublings = std::min<std::uint32_t>(rows_view_[i].attempts, 20) - 1;
  const std::uint64_t own = std::min<std::uint64_t>(std::uint64_t(limits_.first_retry_ms) << doublings, limits_.longest_retry_ms);
  const std::uint64_t wait = std::max(own, after_ms);
  const bool started = hooks_[i].spec.phase == Phase::started;
  if (now_ms + wait - hooks_[i].first_ms > (started ? limits_.started_give_up_ms : limits_.give_up_ms)) {
    settle(i, State::failed, reason, now_ms);
    return;
  }
  settle(i, State::retrying, reason, now_ms);
  hooks_[i].retry_at = now_ms + wait;
}

void Teardown::advance(std::vector<Action>& out, std::uint64_t now_ms) {
  if (!begun_) return;
  auto waiting = [&] { return std::any_of(hooks_.begin(), hooks_.end(), [](const Hook& h) { return h.awaiting; }); };
  while (!left_ && !waiting()) {
    switch (phase_) {
      case Phase::hangup: enter(Phase::disconnect, out, now_ms); break;
      case Phase::disconnect: enter(Phase::record, out, now_ms); break;
      case Phase::record:
        // Every notify hook is started before anybody hears that the call has ended; nobody waits for their answers.
        enter(Phase::notify, out, now_ms);
        for (auto& hook : hooks_) hook.awaiting = false;
        left_ = true;
        {
          Action leave{Action::Kind::leave};
          leave.answer = hangup_error_;
          out.push_back(std::move(leave));
        }
        break;
      default: break;
    }
  }
  if (left_ && !released_) {
    for (std::size_t i = 0; i < hooks_.size(); ++i)
      if (rows_view_[i].state == State::pending || hooks_[i].retry_at || hooks_[i].waits_for_name) return;
    released_ = true;
    out.push_back(Action{Action::Kind::release});
  }
}

std::vector<Action> Teardown::legNamed(std::uint64_t now_ms) {
  std::vector<Action> out;
  situation_.leg_named = true;
  situation_.leg_over = situation_.dialling = false;
  if (!begun_) return out;
  for (std::size_t i = 0; i < hooks_.size(); ++i)
    if (isHangup(i) && (hooks_[i].waits_for_name || (!rows_view_[i].attempts && rows_view_[i].state != State::pending))) {
      hooks_[i].waits_for_name = false;
      rows_view_[i].error.clear();
      released_ = false;
      send(i, out, now_ms);
    }
  advance(out, now_ms);
  return out;
}

std::vector<Action> Teardown::legOver(std::uint64_t now_ms) {
  std::vector<Action> out;
  situation_.leg_over = true;
  situation_.dialling = false;
  if (!begun_) return out;
  for (std::size_t i = 0; i < hooks_.size(); ++i)
    if (isHangup(i) && (rows_view_[i].state == State::pending || rows_view_[i].state == State::retrying ||
                        rows_view_[i].state == State::timed_out || rows_view_[i].state == State::failed)) {
      rows_view_[i].id = 0;  // an answer that is still on its way says nothing new
      settle(i, rows_view_[i].attempts ? State::done : State::skipped, "the carrier reported the leg over", now_ms);
    }
  advance(out, now_ms);
  return out;
}

std::vector<Action> Teardown::mediaStopped(std::uint64_t now_ms) {
  std::vector<Action> out;
  situation_.has_media = false;
  for (std::size_t i = 0; i < hooks_.size(); ++i)
    if (hooks_[i].host && hooks_[i].spec.phase == Phase::disconnect && rows_view_[i].state != State::skipped)
      settle(i, State::done, {}, now_ms);
  if (begun_) advance(out, now_ms);
  return out;
}

std::vector<Action> Teardown::hookDone(std::uint64_t id, State verdict, std::uint64_t after_ms, const std::string& reason,
                                       std::uint64_t now_ms) {
  std::vector<Action> out;
  if (!id) return out;
  for (std::size_t i = 0; i < hooks_.size(); ++i) {
    if (rows_view_[i].id != id) continue;
    const State before = rows_view_[i].state;
    // What was to be tried again has worked after all; a leg that is hung up late is still hung up; a notification that
    // asks for another try gets it. Any other late answer changes nothing, and says who was late.
    const bool good_news = verdict == State::done && (before == State::retrying || (before == State::timed_out && isHangup(i)));
    const bool late_retry = verdict == State::retrying && before == State::timed_out && left_ &&
                            (hooks_[i].spec.phase == Phase::notify || hooks_[i].spec.phase == Phase::started);
    if (before == State::timed_out && !good_news && !late_retry) {
      rows_view_[i].error = "no answer within " + std::to_string(hooks_[i].spec.deadline_ms) + " ms; it came after " +
                            std::to_string(now_ms - hooks_[i].first_ms) + " ms";
      rows_view_[i].id = 0;
      break;
    }
    if (before != State::pending && !good_news && !late_retry) break;
    if (verdict == State::retrying && (isHangup(i) || hooks_[i].spec.phase == Phase::notify || hooks_[i].spec.phase == Phase::started))
      retryLater(i, after_ms, reason, now_ms);
    else if (verdict == State::retrying)
      settle(i, State::failed, reason, now_ms);  // disconnect and record happen once
    else
      settle(i, verdict, reason, now_ms);
    // A time-out that asks for a retry after all: something runs for this call again.
    if (hooks_[i].retry_at) released_ = false;
    break;
  }
  advance(out, now_ms);
  return out;
}

std::vector<Action> Teardown::tick(std::uint64_t now_ms) {
  std::vector<Action> out;
  for (std::size_t i = 0; i < hooks_.size(); ++i) {
    Hook& hook = hooks_[i];
    if (hook.deadline && hook.deadline <= now_ms) {
      if (hook.waits_for_name) {
        // The phase goes on; the tombstone stays until the create request is answered one way or the other.
        if (hook.awaiting) {
          hook.awaiting = false;
          hook.deadline = hook.first_ms + std::max(limits_.unnamed_give_up_ms, limits_.naming_ms + 1);
        } else {
          settle(i, State::failed, "the carrier never said what became of the dial request", now_ms);
        }
        continue;
      }
      const std::string why = hook.host ? "the media loop did not answer within " + std::to_string(hook.spec.deadline_ms) + " ms"
                                        : "no answer within " + std::to_string(hook.spec.deadline_ms) + " ms";
      if (isHangup(i))
        retryLater(i, 0, why, now_ms);
      else
        settle(i, State::timed_out, why, now_ms);
    }
    if (hook.retry_at && hook.retry_at <= now_ms) send(i, out, now_ms);
  }
  advance(out, now_ms);
  return out;
}

std::optional<std::uint64_t> Teardown::nextTick() const {
  std::optional<std::uint64_t> next;
  for (auto& hook : hooks_)
    for (std::uint64_t at : {hook.deadline, hook.retry_at})
      if (at && (!next || at < *next)) next = at;
  return next;
}

}  // namespace hookswitch::call
