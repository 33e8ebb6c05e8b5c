// How a call comes to its end: who ends it, what the carrier says of its leg, what a restart has left.
#include <utility>

#include "host/call/life.hpp"

namespace hookswitch::call {

using log::Level;

Effects Life::end(EndedBy by, const std::string& reason, std::optional<Outcome> outcome, const Now& now) {
  Effects out;
  begin(out, by, reason, outcome, {}, now);
  return finish(std::move(out), now);
}

Effects Life::recover(const std::string& reason, std::optional<Outcome> outcome, const Now& now) {
  Effects out;
  if (!ending()) facts_.situation.recovery = true;
  begin(out, EndedBy::recovery, reason, outcome, {}, now);
  return finish(std::move(out), now);
}

Effects Life::resume(const Now& now) {
  return after(teardown_.resume(setting_.hooks(facts_.situation.carrier), now.lived_ms), now);
}

void Life::begin(Effects& out, EndedBy by, const std::string& reason, std::optional<Outcome> outcome,
                 const SaidTimes& said, const Now& now) {
  if (ending()) return;
  facts_.ring_due = facts_.connect_due = 0;
  facts_.ended_there = by == EndedBy::carrier;
  if (facts_.ended_there && talk_.burntFuse(said, now)) by = EndedBy::limit;
  // The first reason wins, also across a restart: an end that was under way keeps its own.
  if (record_.status != Status::ending) {
    record_.ended_by = by;
    record_.reason = reason;
    record_.outcome = outcome.value_or(outcomeOf(by));
    record_.status = Status::ending;
  }
  // Whoever is still rung for the far end is rung for nobody.
  if (record_.transfer.rings())
    record_.transfer.state = record_.ended_by == EndedBy::carrier ? TransferState::caller_left : TransferState::failed;
  note(out, record_.outcome == Outcome::failed ? Level::warning : Level::information,
       std::string("ending, by ") + name(record_.ended_by) + ": " + record_.reason);
  add(out, teardown_.begin(setting_.hooks(facts_.situation.carrier), now.lived_ms));
}

Outcome Life::outcomeOf(EndedBy by) const {
  if (record_.answered_unix_ms) return by == EndedBy::fault ? Outcome::failed : Outcome::completed;
  switch (by) {
    case EndedBy::limit: return Outcome::no_answer;
    case EndedBy::carrier:
    case EndedBy::fault: return Outcome::failed;
    default: return Outcome::canceled;
  }
}

Effects Life::over(const LegNews& news, const Now& now) {
  Effects out;
  if (record_.remote_id.empty()) record_.remote_id = news.remote_id;
  legIsOver(out, news, now);
  return finish(std::move(out), now);
}

void Life::legIsOver(Effects& out, const LegNews& news, const Now& now) {
  if (facts_.situation.leg == Leg::over) return;
  facts_.situation.leg = Leg::over;
  talk_.heardOfEnd(news.times, now);
  if (ending()) {
    correct(news, now);
    note(out, Level::information, "the carrier confirms that the leg is over");
    return add(out, teardown_.legOver(now.lived_ms));
  }
  const Outcome outcome = news.outcome.value_or(Outcome::completed);
  begin(out, EndedBy::carrier,
        news.reason.empty() ? std::string("the carrier reported the call ") + name(outcome) : news.reason, outcome,
        news.times, now);
}

/// What was not known when the end began, and the carrier knows; once the record is sealed it stays as it is.
void Life::correct(const LegNews& news, const Now& now) {
  if (record_.ended_unix_ms) return;
  if (news.outcome && record_.ended_by == EndedBy::recovery) record_.outcome = *news.outcome;
  // The end of its stream was seen before the carrier has said how long the leg was up.
  if (facts_.ended_there && news.times.duration_ms)
    record_.ended_by = talk_.burntFuse(news.times, now) ? EndedBy::limit : EndedBy::carrier;
}

Effects Life::unknownThere(const Now& now) {
  Effects out;
  if (std::exchange(facts_.witness.unknown_there, true)) return out;
  note(out, Level::warning, "the account at " + record_.terms->carrier + " does not know the leg " + record_.remote_id);
  witnessed(out, now);
  return finish(std::move(out), now);
}

Effects Life::streamStopped(const Now& now) {
  Effects out;
  if (!std::exchange(facts_.witness.stream_stopped, true)) witnessed(out, now);
  return finish(std::move(out), now);
}

/// One witness is written down, for a start that hears of the other; two are as good as the carrier's word.
void Life::witnessed(Effects& out, const Now& now) {
  LegNews news;
  news.reason = "the carrier's stream has stopped, and its account does not know the leg any more";
  if (facts_.witness.agree()) legIsOver(out, news, now);
}

void Life::seal(Effects& out, const Now& now) {
  if (record_.ended_unix_ms) return;  // by an earlier run of the gateway
  talk_.seal(now);
  note(out, Level::information,
       std::string("over: ") + name(record_.outcome) + ", by " + name(record_.ended_by) + ", " +
           std::to_string(record_.durationMs(0) / 1000) + " s, " + std::to_string(record_.transcript.size()) +
           " lines");
}

}  // namespace hookswitch::call
