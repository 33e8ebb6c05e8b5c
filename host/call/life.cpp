#include "host/call/life.hpp"

#include <algorithm>
#include <utility>

namespace hookswitch::call {

using log::Level;

Life::Life(Record record, Leg leg, const Setting& setting, std::uint64_t first_hook_id)
    : setting_(setting), record_(std::move(record)), teardown_(setting.teardown, first_hook_id, facts_.situation) {
  facts_.situation.carrier = record_.terms->carrier;
  facts_.situation.leg = leg;
}

void Life::restore(std::vector<StoredRow> rows, bool leg_over, LegWitness witness) {
  if (leg_over) facts_.situation.leg = Leg::over;
  facts_.witness = witness;
  teardown_.restore(std::move(rows));
}

void Life::add(Effects& out, std::vector<Action> actions) {
  for (auto& action : actions) out.deeds.push_back({Deed::Kind::teardown, std::move(action)});
}

/// What every event ends with. Sealing is part of what is written down, so it comes before; all else comes after.
Effects Life::finish(Effects out, const Now& now) {
  for (auto& deed : out.deeds)
    if (deed.kind == Deed::Kind::teardown && deed.action.kind == Action::Kind::seal) {
      seal(out, now);
      break;
    }
  if (!teardown_.legUnconfirmed())
    facts_.unconfirmed_since = 0;
  else if (!facts_.unconfirmed_since)
    facts_.unconfirmed_since = now.lived_ms;
  return out;
}

Effects Life::after(std::vector<Action> actions, const Now& now) {
  Effects out;
  add(out, std::move(actions));
  return finish(std::move(out), now);
}

Effects Life::place() { return {{}, {Deed{Deed::Kind::dial}}}; }
Effects Life::offer() { return {{}, {Deed{Deed::Kind::accept}}}; }

/// The answer to the request may take its time; placed() counts anew.
void Life::dialled(const Now& now) { armRing(setting_.create_answer_ms / 2, now); }

Effects Life::accepted(const Now& now) {
  if (ending()) return {};
  armConnect(now);
  return after(teardown_.announce(setting_.hooks(record_.terms->carrier), now.lived_ms), now);
}

void Life::armRing(std::uint64_t more_ms, const Now& now) {
  facts_.ring_due = now.lived_ms + record_.terms->ring_timeout_s * 1000ull + setting_.ring_grace_ms + more_ms;
}

/// Answered, or about to be; the carrier has yet to open the media stream.
void Life::armConnect(const Now& now) {
  facts_.connect_s = setting_.connect_ms / 1000;
  facts_.connect_due = now.lived_ms + setting_.connect_ms;
}

/// A name is never taken away. Of a call that is ending it makes the hang-up possible.
void Life::learnName(Effects& out, const std::string& remote_id, const Now& now) {
  if (!remote_id.empty()) record_.remote_id = remote_id;
  if (facts_.situation.leg == Leg::over) return;
  facts_.situation.leg = Leg::named;
  if (ending()) add(out, teardown_.legNamed(now.lived_ms));
}

Effects Life::named(const std::string& remote_id, const Now& now) {
  Effects out;
  learnName(out, remote_id, now);
  return finish(std::move(out), now);
}

Effects Life::placed(const std::string& remote_id, const Now& now) {
  Effects out;
  note(out, Level::information, record_.terms->carrier + " took the call as " + remote_id);
  learnName(out, remote_id, now);
  // Whoever asked hears of it before anything else happens.
  out.deeds.insert(out.deeds.begin(), Deed{Deed::Kind::placed});
  if (!ending()) {
    if (record_.status < Status::in_progress) armRing(0, now);
    add(out, teardown_.announce(setting_.hooks(record_.terms->carrier), now.lived_ms));
  }
  return finish(std::move(out), now);
}

Effects Life::failed(const std::string& reason, const Now& now) {
  Effects out;
  note(out, Level::warning, "the call could not be placed: " + reason);
  // A leg that was named exists, whatever became of the answer to the request.
  if (!ending()) {
    if (facts_.situation.leg == Leg::dialling) facts_.situation.leg = Leg::none;
    begin(out, EndedBy::carrier, reason, Outcome::failed, false, now);
  } else if (facts_.situation.leg == Leg::dialling || facts_.situation.leg == Leg::none) {
    facts_.situation.leg = Leg::failed;
    add(out, teardown_.legOver(now.lived_ms));
  }
  return finish(std::move(out), now);
}

Effects Life::unanswered(const Now& now) {
  return end(EndedBy::fault, "the carrier plugin did not answer the dial request", Outcome::failed, now);
}

Effects Life::ringing(const LegNews& news, const Now& now) {
  Effects out;
  if (record_.remote_id.empty() && !news.remote_id.empty()) learnName(out, news.remote_id, now);
  facts_.witness.unknown_there = false;  // it has been seen alive
  if (record_.status == Status::initiating) {
    record_.status = Status::ringing;
    note(out, Level::information, "ringing");
  }
  return finish(std::move(out), now);
}

Effects Life::answered(const LegNews& news, const Now& now) {
  Effects out;
  if (record_.remote_id.empty() && !news.remote_id.empty()) learnName(out, news.remote_id, now);
  facts_.witness.unknown_there = false;
  if (record_.status < Status::ending) {
    facts_.missing = news.reason;
    becomeAnswered(out, &news, now);
  }
  return finish(std::move(out), now);
}

Effects Life::streamStarted(const Now& now) {
  Effects out;
  if (record_.status < Status::ending) becomeAnswered(out, nullptr, now);
  return finish(std::move(out), now);
}

void Life::becomeAnswered(Effects& out, const LegNews* news, const Now& now) {
  if (record_.status == Status::in_progress) {
    // Whoever said it first may not have known when; the carrier's own word may come later.
    if (news) noteAnswer(news->times);
    return;
  }
  record_.status = Status::in_progress;
  record_.answered_unix_ms = clockMs(now);
  facts_.answered_ms = now.all_ms;
  note(out, Level::information, "in progress");
  if (news) noteAnswer(news->times);
  if (facts_.situation.media == Media::awaited && !facts_.connect_due) armConnect(now);
  facts_.ring_due = 0;
  facts_.duration_due = facts_.answered_ms + record_.terms->max_duration_s * 1000ull;
}

/// The answer was seen before, or just now: it may have been earlier.
void Life::noteAnswer(const SaidTimes& said) {
  const std::uint64_t seen = record_.answered_unix_ms;
  const std::uint64_t at = plausibleAnswer(said, record_.started_unix_ms, seen);
  if (at == seen) return;
  record_.answered_unix_ms = at;
  if (facts_.answered_ms) facts_.answered_ms -= std::min(facts_.answered_ms - 1, seen - at);  // 0 means: not answered
}

/// The leg is over; once the record is sealed it says what was known by then.
void Life::noteTalk(const SaidTimes& said, const Now& now) {
  Record& r = record_;
  if (r.ended_unix_ms || !said.duration_ms) return;
  const std::uint64_t clock = clockMs(now), life_ms = clock > r.started_unix_ms ? clock - r.started_unix_ms : 0;
  if (!r.answered_unix_ms)
    r.answered_unix_ms = said.answered_unix_ms ? plausibleAnswer(said, r.started_unix_ms, clock)
                                               : clock - std::min(said.duration_ms, life_ms);
  std::optional<std::uint64_t> own_ms;
  if (facts_.answered_ms) own_ms = now.all_ms - facts_.answered_ms;
  facts_.talked_ms = plausibleTalk(said, own_ms, std::max(life_ms, own_ms.value_or(0)));
  // They talked longer than we saw: the answer was earlier than we saw it.
  const std::uint64_t seen_ms = own_ms ? *own_ms : clock > r.answered_unix_ms ? clock - r.answered_unix_ms : 0;
  if (facts_.talked_ms > seen_ms)
    r.answered_unix_ms -=
        std::min(facts_.talked_ms - seen_ms, r.answered_unix_ms - std::min(r.answered_unix_ms, r.started_unix_ms));
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
  noteTalk(news.times, now);
  if (ending()) {
    // What a restart could not know the carrier does.
    if (news.outcome && record_.ended_by == EndedBy::recovery && !record_.ended_unix_ms)
      record_.outcome = *news.outcome;
    note(out, Level::information, "the carrier confirms that the leg is over");
    return add(out, teardown_.legOver(now.lived_ms));
  }
  const Outcome outcome = news.outcome.value_or(Outcome::completed);
  begin(out, EndedBy::carrier,
        news.reason.empty() ? std::string("the carrier reported the call ") + name(outcome) : news.reason, outcome,
        false, now);
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

/// A callback may have been lost: what the carrier said counts, not our timer.
Effects Life::asked(const Now& now) {
  if (ending() || record_.status >= Status::in_progress) return {};
  return end(EndedBy::limit,
             "ring timeout: nobody answered within " + std::to_string(record_.terms->ring_timeout_s) + " s",
             Outcome::no_answer, now);
}

void Life::mediaUp() {
  facts_.situation.media = Media::up;
  facts_.connect_due = 0;
}

Effects Life::mediaDown(const Now& now) {
  facts_.situation.media = Media::gone;
  return after(teardown_.mediaStopped(now.lived_ms), now);
}

void Life::voiceIs(const std::string& voice) {
  if (record_.terms->voice == voice) return;
  auto terms = std::make_shared<Terms>(*record_.terms);
  terms->voice = voice;
  record_.terms = std::move(terms);
}

bool Life::hear(Line line, std::optional<Line>& changed, std::vector<Note>& notes) {
  changed.reset();
  if (record_.ended_unix_ms) return false;  // sealed
  std::uint32_t number = 0;
  const bool kept = record_.addLine(line, number);
  if (number) {
    // As the record has it now: a correction keeps the time of its line, and an empty text removes it.
    auto& lines = record_.transcript;
    const auto now = std::find_if(lines.rbegin(), lines.rend(), [&](const Line& l) { return l.number == number; });
    changed = now != lines.rend() ? *now : Line{line.speaker, line.at_unix_ms, {}, line.item, number};
  }
  if (!kept && !std::exchange(record_.transcript_cut, true))
    notes.push_back({Level::warning, "the transcript has reached its bound; further lines are not kept"});
  return true;
}

Effects Life::end(EndedBy by, const std::string& reason, std::optional<Outcome> outcome, const Now& now) {
  Effects out;
  begin(out, by, reason, outcome, false, now);
  return finish(std::move(out), now);
}

Effects Life::recover(const std::string& reason, std::optional<Outcome> outcome, const Now& now) {
  Effects out;
  begin(out, EndedBy::recovery, reason, outcome, true, now);
  return finish(std::move(out), now);
}

Effects Life::resume(const Now& now) {
  return after(teardown_.resume(setting_.hooks(facts_.situation.carrier), now.lived_ms), now);
}

void Life::begin(Effects& out, EndedBy by, const std::string& reason, std::optional<Outcome> outcome, bool recovery,
                 const Now& now) {
  if (ending()) return;
  facts_.ring_due = facts_.connect_due = facts_.duration_due = 0;
  if (by == EndedBy::carrier && atLimit(now)) by = EndedBy::limit;
  // The first reason wins, also across a restart: an end that was under way keeps its own.
  if (record_.status != Status::ending) {
    record_.ended_by = by;
    record_.reason = reason;
    record_.outcome = outcome.value_or(outcomeOf(by));
    record_.status = Status::ending;
  }
  note(out, record_.outcome == Outcome::failed ? Level::warning : Level::information,
       std::string("ending, by ") + name(record_.ended_by) + ": " + record_.reason);
  facts_.situation.recovery = recovery;
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

/// Our own limit and the carrier's fuse are the same number of seconds: whichever burns first, it was the limit.
bool Life::atLimit(const Now& now) const {
  if (!facts_.answered_ms) return false;
  const std::uint64_t limit_ms = record_.terms->max_duration_s * 1000ull;
  return now.all_ms - facts_.answered_ms + std::min<std::uint64_t>(1500, limit_ms / 10) >= limit_ms;
}

void Life::seal(Effects& out, const Now& now) {
  if (record_.ended_unix_ms) return;  // by an earlier run of the gateway
  record_.ended_unix_ms = clockMs(now);
  // The carrier knows better than a gateway that was away, or asleep, how long the two have talked.
  if (facts_.talked_ms && record_.answered_unix_ms) record_.ended_unix_ms = record_.answered_unix_ms + facts_.talked_ms;
  note(out, Level::information,
       std::string("over: ") + name(record_.outcome) + ", by " + name(record_.ended_by) + ", " +
           std::to_string(record_.durationMs(0) / 1000) + " s, " + std::to_string(record_.transcript.size()) +
           " lines");
}

Effects Life::tick(const Now& now) {
  Effects out;
  const auto due = [](std::uint64_t at, std::uint64_t time) { return at && at <= time; };
  if (due(facts_.duration_due, now.all_ms))
    begin(out, EndedBy::limit,
          "the maximum duration of " + std::to_string(record_.terms->max_duration_s) + " s is reached", std::nullopt,
          false, now);
  if (due(facts_.connect_due, now.lived_ms))
    begin(out, EndedBy::limit,
          "never connected within " + std::to_string(facts_.connect_s) +
              " s: " + (facts_.missing.empty() ? "the carrier did not open the media stream" : facts_.missing),
          Outcome::failed, false, now);
  if (due(facts_.ring_due, now.lived_ms)) {
    facts_.ring_due = 0;
    out.deeds.push_back(Deed{Deed::Kind::ask});
  }
  add(out, teardown_.tick(now.lived_ms));
  return finish(std::move(out), now);
}

std::optional<std::uint64_t> Life::nextTick() const {
  auto next = teardown_.nextTick();
  for (const std::uint64_t at : {facts_.ring_due, facts_.connect_due})
    if (at && (!next || at < *next)) next = at;
  return next;
}

std::optional<std::uint64_t> Life::nextTickAll() const {
  if (!facts_.duration_due) return std::nullopt;
  return facts_.duration_due;
}

}  // namespace hookswitch::call
