#include "host/call/teardown.hpp"

#include <algorithm>
#include <utility>

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
    case State::dead: return "dead";
    case State::discarded: return "discarded";
  }
  return "";
}

Teardown::Teardown(TeardownLimits limits, std::uint64_t first_id)
    : limits_(limits), next_id_(first_id), chance_(first_id * 0x9e3779b97f4a7c15u | 1) {}

/// splitmix64: good enough to keep calls that failed together from being retried together.
std::uint64_t Teardown::chance(std::uint64_t below) {
  std::uint64_t z = chance_ += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return below ? (z ^ (z >> 31)) % below : 0;
}

std::uint32_t Teardown::limit(Phase phase) const {
  switch (phase) {
    case Phase::hangup: return limits_.hangup_ms;
    case Phase::disconnect: return limits_.disconnect_ms;
    case Phase::record: return limits_.record_ms;
    case Phase::settle: return limits_.settle_ms;
    case Phase::confirm: return limits_.leg_deadline_ms;
    default: return limits_.notify_ms;
  }
}

bool Teardown::isHangup(std::size_t i) const {
  return hooks_[i].spec.phase == Phase::hangup && hooks_[i].spec.plugin == situation_.carrier;
}

bool Teardown::isLeg(std::size_t i) const {
  return isHangup(i) || hooks_[i].spec.phase == Phase::settle || hooks_[i].spec.phase == Phase::confirm;
}

/// Settled without ever having been sent: there was no leg, as far as anybody knew.
bool Teardown::unsent(std::size_t i) const { return !rows_view_[i].attempts && rows_view_[i].state != State::pending; }

bool Teardown::inBackground(std::size_t i) const {
  return isLeg(i) || hooks_[i].spec.phase == Phase::notify || hooks_[i].spec.phase == Phase::started;
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

std::optional<std::size_t> Teardown::find(Phase phase, const std::string& plugin) const {
  for (std::size_t i = 0; i < rows_view_.size(); ++i)
    if (rows_view_[i].phase == phase && rows_view_[i].plugin == plugin) return i;
  return std::nullopt;
}

std::vector<std::size_t> Teardown::takeChanged() {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < hooks_.size(); ++i)
    if (std::exchange(hooks_[i].changed, false)) out.push_back(i);
  return out;
}

std::vector<Action> Teardown::announce(const std::vector<HookSpec>& hooks, std::uint64_t now_ms) {
  std::vector<Action> out;
  if (announced_) return out;
  announced_ = true;
  for (auto spec : hooks) {
    if (spec.phase != Phase::started || find(spec.phase, spec.plugin)) continue;
    spec.deadline_ms = std::min(spec.deadline_ms, limits_.notify_ms);
    const std::size_t i = add(spec, false);
    hooks_[i].first_ms = std::int64_t(now_ms);
    start(i, out, now_ms, Action::Came::fresh);
  }
  return out;
}

std::vector<Action> Teardown::begin(std::vector<HookSpec> hooks, const Situation& situation, std::uint64_t now_ms) {
  std::vector<Action> out;
  if (begun_) return out;
  begun_ = true;
  specs_ = std::move(hooks);
  situation_ = situation;
  for (std::size_t i = 0; i < hooks_.size(); ++i)
    if (rows_view_[i].phase == Phase::started && isOpen(rows_view_[i].state) && !hooks_[i].deadline &&
        !hooks_[i].queued) {
      // Of an earlier run.
      const std::uint64_t at = std::exchange(hooks_[i].retry_at, 0);
      start(i, out, now_ms, Action::Came::restored, at > now_ms ? at - now_ms : 0);
    }
  // Of an earlier run: what a plugin was asked that takes no part in it any more has nobody to answer.
  for (std::size_t i = 0; i < hooks_.size(); ++i) {
    const bool open = rows_view_[i].state == State::pending || rows_view_[i].state == State::retrying;
    const bool hooked = std::any_of(specs_.begin(), specs_.end(), [&](auto& s) {
      return s.phase == rows_view_[i].phase && s.plugin == rows_view_[i].plugin;
    });
    if (!open || hooked || hooks_[i].host || rows_view_[i].phase == Phase::started) continue;
    // A carrier that cannot be asked has said all it will when it takes the hang-up.
    const bool question = rows_view_[i].phase == Phase::settle || rows_view_[i].phase == Phase::confirm;
    settle(i, question ? State::skipped : State::failed, "the plugin takes no part in it any more", now_ms);
  }
  // Likewise: whoever asked did not live to hear the answer.
  if (const auto confirm = find(Phase::confirm, situation_.carrier))
    if (rows_view_[*confirm].state == State::pending && !hooks_[*confirm].retry_at)
      hooks_[*confirm].retry_at = now_ms + limits_.confirm_after_ms;
  enter(situation_.recovery && !situation_.leg_over ? Phase::settle : Phase::hangup, out, now_ms);
  advance(out, now_ms);
  return out;
}

void Teardown::send(std::size_t i, std::vector<Action>& out, std::uint64_t now_ms) {
  Hook& hook = hooks_[i];
  HookRow& row = rows_view_[i];
  row.id = next_id_++;
  row.state = State::pending;
  ++row.attempts;
  if (isLeg(i) && row.attempts > 1) hook.spec.deadline_ms = std::min(hook.spec.deadline_ms, limits_.leg_deadline_ms);
  row.apart = false;
  hook.retry_at = 0;
  hook.queued = false;
  hook.sent_ms = now_ms;
  hook.deadline = now_ms + hook.spec.deadline_ms;
  hook.changed = true;
  Action action{Action::Kind::send_hook};
  action.id = row.id;
  action.plugin = row.plugin;
  action.phase = row.phase;
  action.attempt = row.attempts;
  action.deadline_ms = hook.spec.deadline_ms;
  out.push_back(std::move(action));
}

std::uint64_t Teardown::expiry(std::size_t i) const {
  const std::uint64_t life = hooks_[i].spec.phase == Phase::started ? limits_.started_give_up_ms : limits_.give_up_ms;
  return std::uint64_t(std::max<std::int64_t>(0, hooks_[i].first_ms + std::int64_t(life)));
}

void Teardown::start(std::size_t i, std::vector<Action>& out, std::uint64_t now_ms, Action::Came came,
                     std::uint64_t after_ms) {
  Hook& hook = hooks_[i];
  if (!standsInLine(hook.spec.phase)) return send(i, out, now_ms);
  hook.queued = true;
  hook.planned = after_ms ? now_ms + after_ms : 0;
  hook.retry_at = hook.deadline = 0;
  hook.changed = true;
  HookRow& row = rows_view_[i];
  if (!isOpen(row.state)) row.state = row.attempts ? State::retrying : State::pending;  // revived
  Action action{Action::Kind::line_up};
  action.plugin = row.plugin;
  action.phase = row.phase;
  action.attempt = row.attempts;
  action.came = came;
  action.first_ms = hook.first_ms;
  action.expires_ms = expiry(i);
  action.after_ms = after_ms;
  action.apart = row.apart;
  action.reason = row.error;
  out.push_back(std::move(action));
}

void Teardown::enter(Phase phase, std::vector<Action>& out, std::uint64_t now_ms) {
  phase_ = phase;
  for (auto spec : specs_) {
    if (spec.phase != phase || (phase == Phase::settle && spec.plugin != situation_.carrier)) continue;
    spec.deadline_ms = std::min(spec.deadline_ms, limit(phase));
    auto known = find(phase, spec.plugin);
    // What an earlier run of the gateway has settled is not done twice; settle is about this start alone. A hang-up
    // that was skipped for want of a name has one now.
    const bool named_since =
        known && isHangup(*known) && unsent(*known) && situation_.leg_named && !situation_.leg_over;
    if (known && !named_since && phase != Phase::settle && rows_view_[*known].state != State::pending &&
        rows_view_[*known].state != State::retrying) {
      if (isHangup(*known) && !situation_.leg_over && rows_view_[*known].attempts) confirmLater(now_ms);
      continue;
    }
    const std::size_t i = known ? *known : add(spec, false);
    hooks_[i].spec = spec;
    if (!known) hooks_[i].first_ms = std::int64_t(now_ms);
    hooks_[i].awaiting = true;
    if (isHangup(i) && situation_.leg_over) {
      settle(i, rows_view_[i].attempts ? State::done : State::skipped, "the carrier reported the leg over", now_ms);
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
      const std::uint64_t at = known && standsInLine(phase) ? hooks_[i].retry_at : 0;
      start(i, out, now_ms, known ? Action::Came::restored : Action::Came::fresh, at > now_ms ? at - now_ms : 0);
    }
  }
  if (phase == Phase::disconnect) {
    const auto known = find(phase, "host");
    const std::size_t i = known ? *known : add({"host", phase, limits_.media_ms}, true);
    hooks_[i].host = true;
    if (!known) hooks_[i].first_ms = std::int64_t(now_ms);
    if (situation_.has_media) {
      hooks_[i].awaiting = true;
      hooks_[i].deadline = now_ms + limits_.media_ms;
      rows_view_[i].attempts = 1;
      out.push_back(Action{Action::Kind::stop_media});
    } else if (rows_view_[i].state == State::pending) {
      // After a restart the media went with the process.
      settle(i, rows_view_[i].attempts ? State::done : State::skipped, "there was no media", now_ms);
    }
  }
  if (phase == Phase::record) {
    const auto known = find(phase, "host");
    const std::size_t i = known ? *known : add({"host", phase, limits_.record_ms}, true);
    hooks_[i].host = true;
    if (!known) hooks_[i].first_ms = std::int64_t(now_ms);
    rows_view_[i].attempts = 1;
    settle(i, State::done, {}, now_ms);
    out.push_back(Action{Action::Kind::seal});
  }
}

void Teardown::settle(std::size_t i, State state, const std::string& reason, std::uint64_t now_ms) {
  HookRow& row = rows_view_[i];
  row.state = state;
  row.ms = std::uint64_t(std::max<std::int64_t>(0, std::int64_t(now_ms) - hooks_[i].first_ms));
  // What it took to end a leg stays in the record: a hang-up that failed and was confirmed later keeps why it failed.
  // Of a notification it is the receipt.
  if (state != State::done || standsInLine(row.phase))
    row.error = reason;
  else if (!isHangup(i) || !row.attempts)
    row.error.clear();
  if (state == State::skipped && row.attempts > 0) row.error.clear();
  hooks_[i].awaiting = false;
  hooks_[i].deadline = 0;
  hooks_[i].retry_at = 0;
  hooks_[i].queued = false;
  hooks_[i].waits_for_name = false;
  hooks_[i].changed = true;
  if (!isHangup(i)) return;
  const bool bad = state == State::failed || state == State::fault || state == State::retrying ||
                   state == State::timed_out || state == State::dead;
  if (!left_) hangup_error_ = bad ? reason : std::string();
  // Accepted is not over; and a leg whose hang-up was refused may be running. Either way the carrier is asked.
  if (!situation_.leg_over &&
      (state == State::done || state == State::failed || state == State::fault || state == State::dead))
    confirmLater(now_ms);
}

void Teardown::confirmLater(std::uint64_t now_ms) {
  const std::string& carrier = situation_.carrier;
  const auto spec = std::find_if(specs_.begin(), specs_.end(),
                                 [&](const HookSpec& s) { return s.phase == Phase::confirm && s.plugin == carrier; });
  if (spec == specs_.end() || find(Phase::confirm, carrier)) return;
  HookSpec own = *spec;
  own.deadline_ms = std::min(own.deadline_ms, limit(Phase::confirm));
  const std::size_t i = add(std::move(own), false);
  hooks_[i].first_ms = std::int64_t(now_ms);
  const auto hangup = find(Phase::hangup, carrier);
  const bool late = hangup && rows_view_[*hangup].attempts > 1;
  hooks_[i].retry_at =
      now_ms + (late ? std::min(limits_.confirm_soon_ms, limits_.confirm_after_ms) : limits_.confirm_after_ms);
  released_ = false;
}

void Teardown::retryLater(std::size_t i, std::uint64_t after_ms, const std::string& reason, std::uint64_t now_ms,
                          std::vector<Action>& out, Action::Came came, const Wish& wish) {
  if (standsInLine(hooks_[i].spec.phase)) {
    // When it is tried again is for its line to say: those behind it want to know, too.
    const std::uint64_t demanded = std::min(after_ms, limits_.give_up_ms + 1);
    if (now_ms + demanded > expiry(i)) return settle(i, State::dead, reason, now_ms);
    settle(i, State::retrying, reason, now_ms);
    rows_view_[i].apart = wish.apart;
    start(i, out, now_ms, came, demanded);
    out.back().mend = wish.mend;
    return;
  }
  const std::uint32_t doublings = std::min<std::uint32_t>(std::max<std::uint32_t>(rows_view_[i].attempts, 1), 20) - 1;
  const std::uint64_t longest = isLeg(i) ? limits_.leg_retry_ms : limits_.longest_retry_ms;
  std::uint64_t own = std::min<std::uint64_t>(std::uint64_t(limits_.first_retry_ms) << doublings, longest);
  own += chance(own * limits_.jitter_percent / 100 + 1);
  // A leg costs money while it is up: its tries are so far apart from start to start, not from time-out to start.
  if (isLeg(i)) own -= std::min(own, now_ms - std::min(now_ms, hooks_[i].sent_ms));
  const std::uint64_t wait = std::max(own, std::min(after_ms, limits_.give_up_ms + 1));
  if (now_ms + wait > expiry(i)) return settle(i, State::dead, reason, now_ms);
  settle(i, State::retrying, reason, now_ms);
  hooks_[i].retry_at = now_ms + wait;
}

void Teardown::advance(std::vector<Action>& out, std::uint64_t now_ms) {
  if (!begun_) return;
  auto waiting = [&] { return std::any_of(hooks_.begin(), hooks_.end(), [](const Hook& h) { return h.awaiting; }); };
  while (!left_ && !waiting()) {
    switch (phase_) {
      case Phase::settle: enter(Phase::hangup, out, now_ms); break;
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
      if (rows_view_[i].state == State::pending || hooks_[i].retry_at || hooks_[i].queued || hooks_[i].waits_for_name)
        return;
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
    if (isHangup(i) && (hooks_[i].waits_for_name || unsent(i))) {
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
  for (std::size_t i = 0; i < hooks_.size(); ++i) {
    const State s = rows_view_[i].state;
    if (!isLeg(i) || s == State::done || s == State::skipped || s == State::discarded ||
        (s == State::fault && !isHangup(i)))
      continue;
    rows_view_[i].id = 0;  // an answer that is still on its way says nothing new
    // Who asked for the end hears what became of the request; that closing the media has ended the leg as well is luck.
    const std::string refusal = hangup_error_;
    settle(i, rows_view_[i].attempts || rows_view_[i].phase == Phase::confirm ? State::done : State::skipped,
           "the carrier reported the leg over", now_ms);
    hangup_error_ = refusal;
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

std::optional<std::uint64_t> Teardown::nextTick() const {
  std::optional<std::uint64_t> next;
  for (auto& hook : hooks_)
    for (std::uint64_t at : {hook.deadline, hook.retry_at})
      if (at && (!next || at < *next)) next = at;
  return next;
}

}  // namespace hookswitch::call
