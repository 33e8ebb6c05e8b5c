#include "host/call/hook.hpp"

#include <algorithm>
#include <utility>

namespace hookswitch::call {

using State = HookRow::State;

Hook::Hook(const HookSpec& spec, const std::string& carrier, std::uint64_t now_ms)
    : first_ms_(std::int64_t(now_ms)), deadline_ms_(spec.deadline_ms) {
  row_.phase = spec.phase;
  row_.plugin = spec.plugin;
  learnCarrier(carrier);
}

Hook::Hook(StoredRow stored)
    : row_(std::move(stored.row)),
      first_ms_(stored.times.first_ms),
      deadline_ms_(stored.times.deadline_ms),
      changed_(false) {
  row_.id = 0;  // whoever was asked by an earlier run cannot answer this one
  learnCarrier({});
  if (row_.state == State::retrying || row_.phase == Phase::confirm)
    rest(stored.times.retry_at ? Waits::time : Waits::nothing, stored.times.retry_at);
  else
    row_.apart = false;
}

void Hook::learnCarrier(const std::string& carrier) {
  switch (row_.phase) {
    case Phase::notify:
    case Phase::started: kind_ = Kind::news; break;
    case Phase::settle:
    case Phase::confirm: kind_ = Kind::leg; break;
    case Phase::hangup: kind_ = row_.plugin == carrier ? Kind::leg : Kind::once; break;
    default: kind_ = Kind::once; break;
  }
}

HookTimes Hook::times() const {
  const bool planned = waits_ == Waits::time || waits_ == Waits::turn;
  return {first_ms_, planned ? until_ : 0, deadline_ms_};
}

bool Hook::working() const { return row_.state == State::pending || waits_ != Waits::nothing; }

bool Hook::onlyInLine() const { return inLine() || (waits_ == Waits::nothing && row_.state != State::pending); }

bool Hook::isUnderWay() const {
  return row_.state == State::pending && (waits_ == Waits::answer || waits_ == Waits::name);
}

bool Hook::isUnplanned() const { return isOpen(row_.state) && (waits_ == Waits::nothing || waits_ == Waits::time); }

bool Hook::mayBeDiscarded() const {
  return inBackground() && (row_.state == State::retrying || row_.state == State::dead || inLine());
}

std::optional<std::uint64_t> Hook::due() const {
  if (waits_ == Waits::nothing || waits_ == Waits::turn) return std::nullopt;
  return until_;
}

bool Hook::isOverdue(std::uint64_t now_ms) const {
  return (waits_ == Waits::answer || waits_ == Waits::name) && until_ <= now_ms;
}

bool Hook::isRetryDue(std::uint64_t now_ms) const { return waits_ == Waits::time && until_ <= now_ms; }

std::uint64_t Hook::remaining(std::uint64_t now_ms) const {
  return waits_ == Waits::time && until_ > now_ms ? until_ - now_ms : 0;
}

bool Hook::takeChanged() { return std::exchange(changed_, false); }

void Hook::rest(Waits waits, std::uint64_t until_ms) {
  waits_ = waits;
  until_ = until_ms;
}

void Hook::join(std::uint32_t deadline_ms) {
  deadline_ms_ = deadline_ms;
  awaited_ = true;
}

void Hook::send(std::uint64_t id, const Repetition& repetition, Step& step) {
  row_.id = id;
  row_.state = State::pending;
  row_.apart = false;
  ++row_.attempts;
  if (kind_ == Kind::leg) deadline_ms_ = repetition.legDeadline(row_.attempts, deadline_ms_);
  sent_ms_ = step.now_ms;
  rest(Waits::answer, step.now_ms + deadline_ms_);
  changed_ = true;
  Action action{Action::Kind::send_hook};
  action.id = row_.id;
  action.plugin = row_.plugin;
  action.phase = row_.phase;
  action.attempt = row_.attempts;
  action.deadline_ms = deadline_ms_;
  step.actions.push_back(std::move(action));
}

void Hook::work(std::uint32_t deadline_ms, std::uint64_t now_ms) {
  join(deadline_ms);
  row_.attempts = 1;
  rest(Waits::answer, now_ms + deadline_ms);
  changed_ = true;
}

void Hook::awaitName(std::uint64_t until_ms) {
  rest(Waits::name, until_ms);
  row_.error = "waiting for the carrier to name the leg";
}

void Hook::nameStillMissing(std::uint64_t until_ms) {
  awaited_ = false;
  until_ = until_ms;
}

void Hook::named() { row_.error.clear(); }

void Hook::tryAt(std::uint64_t at_ms) { rest(Waits::time, std::max<std::uint64_t>(1, at_ms)); }

void Hook::lineUp(Action::Came came, std::uint64_t after_ms, const Repetition& repetition, Step& step) {
  rest(Waits::turn, after_ms ? step.now_ms + after_ms : 0);
  changed_ = true;
  if (!isOpen(row_.state)) row_.state = row_.attempts ? State::retrying : State::pending;
  Action action{Action::Kind::line_up};
  action.plugin = row_.plugin;
  action.phase = row_.phase;
  action.attempt = row_.attempts;
  action.came = came;
  action.first_ms = first_ms_;
  action.expires_ms = repetition.expiry(row_.phase, first_ms_);
  action.after_ms = after_ms;
  action.apart = row_.apart;
  action.reason = row_.error;
  step.actions.push_back(std::move(action));
}

std::int64_t Hook::revive(std::uint64_t now_ms) {
  row_.apart = false;
  return std::exchange(first_ms_, std::int64_t(now_ms));
}

void Hook::plan(std::uint64_t at_ms) {
  if (inLine()) until_ = at_ms;
}

bool Hook::answered(const Answer& answer, Repetition& repetition, Step& step) {
  if (isOpen(row_.state) && !answer.wish.memo.empty()) row_.memo = answer.wish.memo;
  switch (row_.state) {
    case State::pending: judge(answer, repetition, step); return true;
    case State::retrying:  // late: it has worked after all, or a receiver demands something, which is obeyed
      if (answer.verdict == State::retrying) demand(answer, repetition, step);
      if (answer.verdict != State::done && answer.verdict != State::skipped) return false;
      conclude(answer.verdict, answer.reason, step.now_ms);
      return true;
    case State::timed_out:
      row_.error = "no answer within " + std::to_string(deadline_ms_) + " ms; it came after " +
                   std::to_string(std::int64_t(step.now_ms) - first_ms_) + " ms";
      row_.id = 0;
      changed_ = true;
      return false;
    default: return false;
  }
}

void Hook::judge(const Answer& answer, Repetition& repetition, Step& step) {
  const bool again = answer.verdict == State::retrying || answer.verdict == State::fault;
  if (again && inBackground())
    return repeat(answer, answer.verdict == State::retrying ? Action::Came::refused : Action::Came::unanswered,
                  repetition, step);
  State state = answer.verdict;
  if (state == State::retrying) state = State::failed;                                  // it happens once
  if (state == State::failed && inBackground() && !isLegHangup()) state = State::dead;  // a person may revive it
  conclude(state, answer.reason, step.now_ms);
}

void Hook::demand(const Answer& answer, const Repetition& repetition, Step& step) {
  const std::uint64_t wait = repetition.obeyed(answer.after_ms);
  row_.error = answer.reason;
  changed_ = true;
  if (inLine()) {
    row_.apart = answer.wish.apart;
    lineUp(Action::Came::refused, wait, repetition, step);
    step.actions.back().mend = answer.wish.mend;
  } else {
    tryAt(std::max(waits_ == Waits::time ? until_ : 0, step.now_ms + wait));
  }
}

void Hook::repeat(const Answer& answer, Action::Came came, Repetition& repetition, Step& step) {
  const std::uint64_t now = step.now_ms;
  const std::uint64_t wait = kind_ == Kind::leg
                                 ? repetition.legWait(row_.attempts, now - std::min(now, sent_ms_), answer.after_ms)
                                 : repetition.obeyed(answer.after_ms);
  if (now + wait > repetition.expiry(row_.phase, first_ms_)) return conclude(State::dead, answer.reason, now);
  conclude(State::retrying, answer.reason, now);
  if (kind_ == Kind::leg) return tryAt(now + wait);
  row_.apart = answer.wish.apart;
  lineUp(came, wait, repetition, step);
  step.actions.back().mend = answer.wish.mend;
}

void Hook::unanswered(Repetition& repetition, Step& step) {
  const std::string why = std::string(isHost() ? "the media loop did not answer" : "no answer") + " within " +
                          std::to_string(deadline_ms_) + " ms";
  if (inBackground())
    repeat({State::retrying, 0, why}, Action::Came::unanswered, repetition, step);
  else
    conclude(State::timed_out, why, step.now_ms);
}

bool Hook::postponed(std::uint64_t after_ms, const std::string& reason, bool apart, const Repetition& repetition,
                     Step& step) {
  if (row_.state != State::pending) return false;
  if (row_.attempts) --row_.attempts;
  conclude(inBackground() ? State::retrying : State::failed, reason, step.now_ms);
  const std::uint64_t wait = std::max<std::uint64_t>(after_ms, 1);
  if (kind_ == Kind::leg) tryAt(step.now_ms + wait);
  if (kind_ == Kind::news) {
    lineUp(Action::Came::held, wait, repetition, step);
    step.actions.back().apart = apart;
  }
  return true;
}

void Hook::conclude(State state, const std::string& reason, std::uint64_t now_ms) {
  say(state, reason);
  row_.state = state;
  row_.ms = std::uint64_t(std::max<std::int64_t>(0, std::int64_t(now_ms) - first_ms_));
  awaited_ = false;
  rest(Waits::nothing);
  changed_ = true;
}

/// What it took to end a leg stays in the record: a hang-up that failed and was confirmed later keeps why it failed. Of
/// a notification that is done, the reason is the receipt.
void Hook::say(State state, const std::string& reason) {
  const bool keeps = state == State::done && isLegHangup() && row_.attempts;
  if (state == State::skipped && row_.attempts)
    row_.error.clear();
  else if (state != State::done || kind_ == Kind::news)
    row_.error = reason;
  else if (!keeps)
    row_.error.clear();
}

void Hook::close(State state, const std::string& reason, std::uint64_t now_ms) {
  row_.id = 0;
  conclude(state, reason, now_ms);
}

}  // namespace hookswitch::call
