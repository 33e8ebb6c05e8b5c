// Whatever comes in whatever order, a call is what a model of five rules says it is, and it ends.
#include <gtest/gtest.h>

#include <random>

#include "host/call/life.hpp"

namespace call_test {
namespace {

using namespace hookswitch::call;
using State = HookRow::State;

/// What a call must be, by the events alone: the status only goes forward, the first reason for an end wins, a leg is
/// over by the carrier's word or by two witnesses, and the carrier's measure tells whether it has burnt its fuse.
struct Model {
  Status status = Status::initiating;
  bool dialling = false, named = false, leg_over = false, answered = false, ever_answered = false, media = false;
  bool stream_stopped = false, unknown_there = false;
  EndedBy by = EndedBy::fault;
  std::string reason;
  Outcome outcome = Outcome::failed;
  std::uint64_t answered_at = 0;
  std::uint32_t limit_s = 0;
  bool ended_there = false, sealed = false;

  bool ending() const { return status >= Status::ending; }
  bool atLimit(std::uint64_t now, std::uint64_t said_ms) const {
    const std::uint64_t limit = limit_s * 1000ull;
    if (said_ms) return said_ms + 250 >= limit;
    return answered && now - answered_at + std::min<std::uint64_t>(1500, limit / 10) >= limit;
  }
  void end(EndedBy who, const std::string& why, std::optional<Outcome> what, std::uint64_t now,
           std::uint64_t said_ms = 0) {
    if (ending()) return;
    status = Status::ending;
    ended_there = who == EndedBy::carrier;
    by = ended_there && atLimit(now, said_ms) ? EndedBy::limit : who;
    reason = why;
    if (what)
      outcome = *what;
    else if (ever_answered)
      outcome = by == EndedBy::fault ? Outcome::failed : Outcome::completed;
    else
      outcome = by == EndedBy::limit                             ? Outcome::no_answer
                : by == EndedBy::carrier || by == EndedBy::fault ? Outcome::failed
                                                                 : Outcome::canceled;
  }
  void name() {
    named = true;
    if (!leg_over) dialling = false;
  }
  void over(Outcome what, const std::string& why, std::uint64_t now, std::uint64_t said_ms = 0) {
    if (std::exchange(leg_over, true)) return;
    if (said_ms && !sealed) {
      ever_answered = true;
      if (ending() && ended_there) by = atLimit(now, said_ms) ? EndedBy::limit : EndedBy::carrier;
    }
    end(EndedBy::carrier, why, what, now, said_ms);
  }
  void answer(std::uint64_t now) {
    if (ending() || status == Status::in_progress) return;
    status = Status::in_progress;
    answered = ever_answered = true;
    answered_at = now;
  }
  void witness(std::uint64_t now) {
    if (stream_stopped && unknown_there)
      over(Outcome::completed, "the carrier's stream has stopped, and its account does not know the leg any more", now);
  }
};

class Chaos {
 public:
  explicit Chaos(unsigned seed) : random_(seed) { prepare(); }

  void run() {
    take(incoming_ ? life_->offer() : life_->place());
    for (int i = 0; i < 80; ++i) {
      somethingHappens();
      check();
      if (testing::Test::HasFatalFailure()) return;
    }
    // Whoever waits long enough sees the end of it: somebody ends it, or a limit does.
    if (!model_.ending()) {
      model_.end(EndedBy::api, "enough", std::nullopt, now_.all_ms);
      take(life_->end(EndedBy::api, "enough", std::nullopt, now_));
    }
    pass(bound());
    ASSERT_EQ(leaves_, 1u) << "no order of events keeps a call from ending";
    check();
    settleAll();
    ASSERT_EQ(releases_ > 0, true);
    ASSERT_TRUE(life_->teardown().released());
    ASSERT_FALSE(life_->nextTick());
    ASSERT_FALSE(life_->nextTickAll());
    ASSERT_EQ(life_->unconfirmedSince(), 0u);
    ASSERT_LE(stops_, model_.media ? 1u : 0u);
    ASSERT_NE(life_->record().ended_unix_ms, 0u);
    ASSERT_GE(life_->record().ended_unix_ms, life_->record().started_unix_ms);
  }

 private:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }

  void prepare() {
    for (auto plugin : {"carrier", "a", "b"})
      for (unsigned phase = 1; phase <= 7; ++phase)
        if (chance(2)) hooks_.push_back({plugin, static_cast<Phase>(phase), std::uint32_t(1 + below(20'000))});
    setting_.teardown.jitter_percent = 0;
    setting_.hooks = [this](const std::string&) { return hooks_; };
    incoming_ = chance(3);
    auto terms = std::make_shared<Terms>();
    terms->id = "id";
    terms->carrier = "carrier";
    terms->voice = "voice";
    terms->max_duration_s = model_.limit_s = std::uint32_t(1 + below(60));
    terms->ring_timeout_s = std::uint32_t(1 + below(30));
    Record record;
    record.terms = terms;
    record.started_unix_ms = now_.unix_ms;
    record.started_ms = now_.all_ms;
    if (incoming_) {
      record.remote_id = "CA1";
      record.status = model_.status = Status::ringing;
      model_.named = true;
    } else {
      model_.dialling = true;
    }
    life_ = std::make_unique<Life>(std::move(record), incoming_ ? Leg::named : Leg::dialling, setting_, 1000);
  }

  std::uint64_t bound() const {
    const TeardownLimits l;
    return std::uint64_t(l.settle_ms) + l.naming_ms + l.hangup_ms + std::max(l.disconnect_ms, l.media_ms) + l.record_ms;
  }

  void somethingHappens() {
    const std::uint64_t now = now_.all_ms;
    LegNews news;
    if (chance(2)) news.remote_id = "CA1";
    const bool names = !news.remote_id.empty();
    switch (below(16)) {
      case 0:
        if (!incoming_) placed();
        break;
      case 1:
        if (!incoming_ && chance(3)) failed();
        break;
      case 2:
        if (names) model_.name();
        if (model_.status == Status::initiating) model_.status = Status::ringing;
        model_.unknown_there = false;
        return take(life_->ringing(news, now_));
      case 3:
        if (names) model_.name();
        model_.unknown_there = false;
        model_.answer(now);
        return take(life_->answered(news, now_));
      case 4:
        if (!chance(4)) return;
        news.outcome = static_cast<Outcome>(1 + below(5));
        news.reason = "the carrier's word";
        if (names) model_.named = true;
        if (chance(2)) news.times = {0, 1000 * below(61), 1000};
        model_.over(*news.outcome, news.reason, now, news.times.duration_ms);
        return take(life_->over(news, now_));
      case 5:
        if (!chance(3)) return;
        model_.unknown_there = true;
        if (!life_->witness().unknown_there) model_.witness(now);
        return take(life_->unknownThere(now_));
      case 6:
        if (!chance(3)) return;
        if (!std::exchange(model_.stream_stopped, true)) model_.witness(now);
        return take(life_->streamStopped(now_));
      case 7: model_.answer(now); return take(life_->streamStarted(now_));
      case 8:
        if (model_.ending()) return;
        model_.media = true;
        return life_->mediaUp();
      case 9: return take(life_->mediaDown(now_));
      case 10:
        if (!chance(4)) return;
        {
          const auto by = static_cast<EndedBy>(1 + below(6));
          model_.end(by, "somebody", std::nullopt, now);
          return take(life_->end(by, "somebody", std::nullopt, now_));
        }
      case 11:
      case 12: {
        const auto& rows = life_->teardown().rows();
        const std::uint64_t id = chance(8) || !rows.size() ? 990 + below(60) : rows[below(rows.size())].id;
        const State verdicts[] = {State::done, State::skipped, State::fault, State::failed, State::retrying};
        return take(life_->after(
            life_->teardown().hookDone(id, verdicts[below(5)], chance(2) ? 0 : below(40'000), "reason", now_.lived_ms),
            now_));
      }
      default: return pass(below(6000));
    }
  }

  void placed() {
    model_.name();
    const std::size_t before = told_;
    take(life_->placed("CA1", now_));
    ASSERT_EQ(told_, before + 1) << "whoever asked hears of it once";
  }

  void failed() {
    model_.dialling = false;
    model_.end(EndedBy::carrier, "busy here", Outcome::failed, now_.all_ms);
    take(life_->failed("busy here", now_));
  }

  /// Moves all clocks; the process may stand still for a part of it.
  void pass(std::uint64_t ms) {
    if (chance(5)) now_.all_ms += 500, now_.unix_ms += 500;
    const std::uint64_t until = now_.lived_ms + ms;
    for (;;) {
      const auto lived = life_->nextTick();
      const auto all = life_->nextTickAll();
      std::uint64_t step = until - now_.lived_ms;
      if (lived) step = std::min(step, *lived > now_.lived_ms ? *lived - now_.lived_ms : 0);
      if (all) step = std::min(step, *all > now_.all_ms ? *all - now_.all_ms : 0);
      now_.lived_ms += step, now_.all_ms += step, now_.unix_ms += step;
      const bool due = (lived && *lived <= now_.lived_ms) || (all && *all <= now_.all_ms);
      if (!due) return;
      expectLimits();
      take(life_->tick(now_));
      giveTurns();
    }
  }

  /// The limits of a call, as the model knows them: what the machine does at its tick is checked against this.
  void expectLimits() {
    const Terms& terms = *life_->record().terms;
    if (model_.answered && now_.all_ms - model_.answered_at >= terms.max_duration_s * 1000ull)
      model_.end(EndedBy::limit, "the maximum duration of " + std::to_string(terms.max_duration_s) + " s is reached",
                 std::nullopt, now_.all_ms);
    if (connect_at_ && now_.lived_ms >= connect_at_ && !model_.media)
      model_.end(EndedBy::limit, "never connected within 15 s: the carrier did not open the media stream",
                 Outcome::failed, now_.all_ms);
  }

  void giveTurns() {
    auto turns = std::move(turns_);
    turns_.clear();
    for (auto& a : turns) {
      if (a.expires_ms <= now_.lived_ms)
        take(life_->after(life_->teardown().expire(a.phase, a.plugin, now_.lived_ms), now_));
      else
        take(life_->after(life_->teardown().give(a.phase, a.plugin, now_.lived_ms), now_));
    }
  }

  void take(Effects effects) {
    if (model_.status == Status::in_progress && !connect_at_ && !model_.media) connect_at_ = now_.lived_ms + 15'000;
    for (auto& deed : effects.deeds) perform(deed);
  }

  void perform(const Deed& deed) {
    switch (deed.kind) {
      case Deed::Kind::dial: ASSERT_FALSE(std::exchange(begun_, true)); return life_->dialled(now_);
      case Deed::Kind::accept:
        ASSERT_FALSE(std::exchange(begun_, true));
        connect_at_ = now_.lived_ms + 15'000;
        return take(life_->accepted(now_));
      case Deed::Kind::placed: ++told_; return;
      case Deed::Kind::ask:
        ASSERT_LT(life_->record().status, Status::in_progress) << "nobody asks whether an answered call still rings";
        if (chance(2)) {
          LegNews news;
          news.remote_id = "CA1";
          model_.name();
          model_.unknown_there = false;
          model_.answer(now_.all_ms);
          take(life_->answered(news, now_));
        }
        if (model_.status < Status::in_progress)
          model_.end(
              EndedBy::limit,
              "ring timeout: nobody answered within " + std::to_string(life_->record().terms->ring_timeout_s) + " s",
              Outcome::no_answer, now_.all_ms);
        return take(life_->asked(now_));
      case Deed::Kind::teardown: return performOf(deed.action);
    }
  }

  void performOf(const Action& a) {
    switch (a.kind) {
      case Action::Kind::stop_media:
        ++stops_;
        ASSERT_TRUE(model_.ending());
        break;
      case Action::Kind::seal:
        ++seals_;
        model_.sealed = true;
        ASSERT_NE(life_->record().ended_unix_ms, 0u) << "what is written down before the act is sealed";
        break;
      case Action::Kind::leave:
        ++leaves_;
        ASSERT_EQ(seals_, 1u);
        life_->leave();
        model_.status = Status::ended;
        break;
      case Action::Kind::release:
        ++releases_;
        ASSERT_EQ(leaves_, 1u);
        break;
      case Action::Kind::line_up: turns_.push_back(a); break;
      case Action::Kind::send_hook:
        ASSERT_TRUE(a.phase == Phase::started || model_.ending()) << "a hook of the end before the end";
        ASSERT_TRUE(a.phase != Phase::hangup || a.plugin != "carrier" || (model_.named && !model_.leg_over))
            << "nothing is hung up that has no name, or is over";
        break;
    }
  }

  void check() {
    const Record& r = life_->record();
    ASSERT_EQ(r.status, model_.status);
    ASSERT_EQ(life_->legOver(), model_.leg_over);
    ASSERT_EQ(!r.remote_id.empty(), model_.named);
    ASSERT_EQ(life_->ending(), model_.ending());
    ASSERT_EQ(r.answered_unix_ms != 0, model_.ever_answered);
    if (!model_.ending()) return;
    ASSERT_EQ(r.ended_by, model_.by);
    ASSERT_EQ(r.reason, model_.reason);
    ASSERT_EQ(r.outcome, model_.outcome);
    const auto next = life_->nextTick();
    ASSERT_TRUE(!next || *next >= now_.lived_ms) << "a tick that was due has been forgotten";
  }

  /// The carrier confirms, the media answer, every hook says done.
  void settleAll() {
    LegNews news;
    news.remote_id = "CA1";
    model_.leg_over = true;
    take(life_->over(news, now_));
    take(life_->mediaDown(now_));
    for (int i = 0; i < 3; ++i) {
      giveTurns();
      const auto now = life_->teardown().rows();
      const std::vector<HookRow> rows(now.begin(), now.end());
      for (auto& row : rows)
        if (isOpen(row.state))
          take(life_->after(life_->teardown().hookDone(row.id, State::done, 0, {}, now_.lived_ms), now_));
    }
  }

  std::mt19937 random_;
  Setting setting_;
  std::vector<HookSpec> hooks_;
  std::unique_ptr<Life> life_;
  Model model_;
  Now now_{50'000, 90'000, 1'700'000'000'000};
  bool incoming_ = false, begun_ = false;
  std::uint64_t connect_at_ = 0;
  std::vector<Action> turns_;
  std::size_t told_ = 0, stops_ = 0, seals_ = 0, leaves_ = 0, releases_ = 0;
};

TEST(LifeRandom, AnyOrderOfEventsMakesOfACallWhatTheModelSays) {
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chaos(seed).run();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace call_test
