#include "host/call/life.hpp"

#include <algorithm>
#include <utility>

namespace hookswitch::call {

using log::Level;

Life::Life(Record record, Leg leg, const Setting& setting, std::uint64_t first_attempt_id)
    : setting_(setting), record_(std::move(record)), teardown_(setting.teardown, first_attempt_id, facts_.situation) {
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
    begin(out, EndedBy::carrier, reason, Outcome::failed, {}, now);
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
    if (news) talk_.heardOfAnswer(news->times);
    return;
  }
  record_.status = Status::in_progress;
  talk_.sawAnswer(now);
  note(out, Level::information, "in progress");
  if (news) talk_.heardOfAnswer(news->times);
  if (facts_.situation.media == Media::awaited && !facts_.connect_due) armConnect(now);
  facts_.ring_due = 0;
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

/// Media loops share the terms: they are replaced as a whole.
template <class Change>
void Life::amend(Change change) {
  auto terms = std::make_shared<Terms>(*record_.terms);
  change(*terms);
  record_.terms = std::move(terms);
}

void Life::voiceIs(const std::string& voice) {
  if (record_.terms->voice != voice) amend([&](Terms& terms) { terms.voice = voice; });
}

void Life::promptIs(const std::string& prompt) {
  amend([&](Terms& terms) { terms.prompt = prompt; });
}

void Life::mediaUrlIs(const std::string& url) {
  amend([&](Terms& terms) { terms.media_url = url; });
}

Effects Life::tick(const Now& now) {
  Effects out;
  const auto due = [](std::uint64_t at, std::uint64_t time) { return at && at <= time; };
  if (const auto limit = nextTickAll(); limit && *limit <= now.all_ms)
    begin(out, EndedBy::limit,
          "the maximum duration of " + std::to_string(record_.terms->max_duration_s) + " s is reached", std::nullopt,
          {}, now);
  if (due(facts_.connect_due, now.lived_ms))
    begin(out, EndedBy::limit,
          "never connected within " + std::to_string(facts_.connect_s) +
              " s: " + (facts_.missing.empty() ? "the carrier did not open the media stream" : facts_.missing),
          Outcome::failed, {}, now);
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
  if (ending()) return std::nullopt;
  return talk_.limitDue();
}

}  // namespace hookswitch::call
