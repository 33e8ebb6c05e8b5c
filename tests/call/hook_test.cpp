// One hook as a machine: what an answer, its absence and a delay make of its row, and what is waited for next.
#include "host/call/hook.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace hookswitch::call;
using State = HookRow::State;

struct Bench {
  Bench(Phase phase, const std::string& plugin, std::uint32_t deadline_ms = 5000)
      : repetition(exact(), 1), hook({plugin, phase, deadline_ms}, "carrier", 1000) {}
  static TeardownLimits exact() {
    TeardownLimits limits;
    limits.jitter_percent = 0;
    return limits;
  }
  void send(std::uint64_t id, std::uint64_t now_ms) {
    Step step{now_ms};
    hook.send(id, repetition, step);
    take(step);
  }
  bool answer(State verdict, std::uint64_t now_ms, std::uint64_t after_ms = 0, const std::string& reason = {},
              Wish wish = {}) {
    Step step{now_ms};
    const bool counted = hook.answered({verdict, after_ms, reason, wish}, repetition, step);
    take(step);
    return counted;
  }
  void silence(std::uint64_t now_ms) {
    Step step{now_ms};
    hook.unanswered(repetition, step);
    take(step);
  }
  void take(const Step& step) { actions.insert(actions.end(), step.actions.begin(), step.actions.end()); }

  Repetition repetition;
  Hook hook;
  std::vector<Action> actions;
};

TEST(Hook, IsOfTheLegOnlyWhereTheCallsCarrierIsAsked) {
  EXPECT_EQ(Bench(Phase::hangup, "carrier").hook.kind(), Hook::Kind::leg);
  EXPECT_EQ(Bench(Phase::hangup, "watcher").hook.kind(), Hook::Kind::once);
  EXPECT_EQ(Bench(Phase::settle, "carrier").hook.kind(), Hook::Kind::leg);
  EXPECT_EQ(Bench(Phase::confirm, "carrier").hook.kind(), Hook::Kind::leg);
  EXPECT_EQ(Bench(Phase::disconnect, "carrier").hook.kind(), Hook::Kind::once);
  EXPECT_EQ(Bench(Phase::record, "n").hook.kind(), Hook::Kind::once);
  EXPECT_EQ(Bench(Phase::notify, "n").hook.kind(), Hook::Kind::news);
  EXPECT_EQ(Bench(Phase::started, "n").hook.kind(), Hook::Kind::news);
}

TEST(Hook, AnAttemptIsPendingUntilItsDeadline) {
  Bench b(Phase::disconnect, "d", 700);
  b.send(7, 2000);
  ASSERT_EQ(b.actions.size(), 1u);
  EXPECT_EQ(b.actions[0].kind, Action::Kind::send_hook);
  EXPECT_EQ(b.actions[0].id, 7u);
  EXPECT_EQ(b.actions[0].attempt, 1u);
  EXPECT_EQ(b.actions[0].deadline_ms, 700u);
  EXPECT_EQ(b.hook.due(), 2700u);
  EXPECT_FALSE(b.hook.isOverdue(2699));
  EXPECT_TRUE(b.hook.isOverdue(2700));
  EXPECT_TRUE(b.hook.isUnderWay());
  EXPECT_TRUE(b.answer(State::done, 2300));
  EXPECT_EQ(b.hook.row().state, State::done);
  EXPECT_EQ(b.hook.row().ms, 1300u) << "from when it began";
  EXPECT_FALSE(b.hook.due());
  EXPECT_FALSE(b.hook.working());
}

TEST(Hook, WhatHappensOnceIsFailedByARetry) {
  Bench b(Phase::record, "r");
  b.send(7, 1000);
  EXPECT_TRUE(b.answer(State::retrying, 1100, 5000, "later"));
  EXPECT_EQ(b.hook.row().state, State::failed);
  EXPECT_EQ(b.hook.row().error, "later");
  EXPECT_FALSE(b.hook.working());
}

TEST(Hook, ALateAnswerToWhatHappensOnceChangesOnlyTheWords) {
  Bench b(Phase::record, "r", 500);
  b.send(7, 1000);
  b.silence(1500);
  EXPECT_EQ(b.hook.row().state, State::timed_out);
  EXPECT_EQ(b.hook.row().error, "no answer within 500 ms");
  EXPECT_FALSE(b.answer(State::done, 1800));
  EXPECT_EQ(b.hook.row().state, State::timed_out);
  EXPECT_EQ(b.hook.row().error, "no answer within 500 ms; it came after 800 ms");
  EXPECT_EQ(b.hook.row().id, 0u) << "a second answer would be stale";
}

TEST(Hook, OfALegIsTriedAgainByItself) {
  Bench b(Phase::hangup, "carrier");
  b.send(7, 1000);
  EXPECT_TRUE(b.answer(State::retrying, 1200, 0, "429"));
  EXPECT_EQ(b.hook.row().state, State::retrying);
  EXPECT_EQ(b.hook.due(), 2000u) << "a second from start to start";
  EXPECT_TRUE(b.hook.isRetryDue(2000));
  EXPECT_FALSE(b.hook.isOverdue(2000));
  b.send(8, 2000);
  EXPECT_EQ(b.actions.back().deadline_ms, 3000u);
  EXPECT_TRUE(b.answer(State::fault, 2100, 0, "it threw"));
  EXPECT_EQ(b.hook.row().state, State::retrying) << "a plugin that fails on it may do better next time";
  EXPECT_EQ(b.hook.row().attempts, 2u);
}

TEST(Hook, OfALegIsDeadWhenItsNextTryWouldComeTooLate) {
  Bench b(Phase::confirm, "carrier");
  b.send(7, 1000);
  const std::uint64_t late = 1001 + 72ull * 3600 * 1000;
  EXPECT_TRUE(b.answer(State::retrying, late, 0, "still down"));
  EXPECT_EQ(b.hook.row().state, State::dead);
  EXPECT_EQ(b.hook.row().error, "still down");
}

TEST(Hook, ThatIsGivenUpMayBeRevivedUnlessItIsAHangup) {
  Bench settle(Phase::settle, "carrier"), hangup(Phase::hangup, "carrier"), record(Phase::record, "r");
  for (auto* b : {&settle, &hangup, &record}) {
    b->send(7, 1000);
    b->answer(State::failed, 1001, 0, "no");
  }
  EXPECT_EQ(settle.hook.row().state, State::dead);
  EXPECT_TRUE(settle.hook.mayBeRetried());
  EXPECT_EQ(hangup.hook.row().state, State::failed) << "confirm goes on for it";
  EXPECT_FALSE(hangup.hook.mayBeRetried());
  EXPECT_EQ(record.hook.row().state, State::failed);
  EXPECT_FALSE(record.hook.mayBeRetried());
}

TEST(Hook, OfNewsGoesBackToItsLine) {
  Bench b(Phase::notify, "n");
  Step step{1000};
  b.hook.lineUp(Action::Came::fresh, 0, b.repetition, step);
  b.take(step);
  EXPECT_TRUE(b.hook.inLine());
  EXPECT_FALSE(b.hook.due()) << "its line keeps the time";
  EXPECT_EQ(b.actions.back().expires_ms, 1000 + 72ull * 3600 * 1000);
  b.send(7, 1500);
  EXPECT_TRUE(b.answer(State::retrying, 2000, 4000, "down", {true, true, "half of it"}));
  EXPECT_EQ(b.hook.row().state, State::retrying);
  EXPECT_TRUE(b.hook.row().apart);
  EXPECT_EQ(b.hook.row().memo, "half of it");
  EXPECT_EQ(b.actions.back().kind, Action::Kind::line_up);
  EXPECT_EQ(b.actions.back().came, Action::Came::refused);
  EXPECT_EQ(b.actions.back().after_ms, 4000u);
  EXPECT_EQ(b.actions.back().first_ms, 1000) << "it keeps its place";
  EXPECT_TRUE(b.actions.back().apart);
  EXPECT_TRUE(b.actions.back().mend);
  EXPECT_EQ(b.hook.times().retry_at, 6000u);
  b.hook.plan(0);
  EXPECT_EQ(b.hook.times().retry_at, 0u);
}

TEST(Hook, ALateDemandOfAReceiverIsObeyed) {
  Bench b(Phase::notify, "n", 500);
  b.send(7, 1000);
  b.silence(1500);
  EXPECT_EQ(b.actions.back().came, Action::Came::unanswered);
  EXPECT_FALSE(b.answer(State::retrying, 1600, 60'000, "429")) << "the attempt was over already";
  EXPECT_EQ(b.actions.back().came, Action::Came::refused);
  EXPECT_EQ(b.actions.back().after_ms, 60'000u);

  Bench leg(Phase::hangup, "carrier", 500);
  leg.send(7, 1000);
  leg.silence(1500);
  EXPECT_EQ(leg.hook.due(), 2000u);
  leg.answer(State::retrying, 1600, 10, "soon");
  EXPECT_EQ(leg.hook.due(), 2000u) << "which makes no wait shorter";
  leg.answer(State::retrying, 1600, 9000, "429");
  EXPECT_EQ(leg.hook.due(), 10'600u);
}

TEST(Hook, ALateSuccessSettlesWhatWaitsForItsNextTry) {
  Bench b(Phase::notify, "n", 500);
  b.send(7, 1000);
  b.silence(1500);
  EXPECT_FALSE(b.answer(State::failed, 1550, 0, "no"));
  EXPECT_TRUE(b.answer(State::done, 1600, 0, "sent to 2 chats"));
  EXPECT_EQ(b.hook.row().state, State::done);
  EXPECT_EQ(b.hook.row().error, "sent to 2 chats") << "the receipt";
  EXPECT_FALSE(b.hook.inLine());
}

TEST(Hook, AHangupKeepsWhatItTook) {
  Bench hangup(Phase::hangup, "carrier"), confirm(Phase::confirm, "carrier");
  for (auto* b : {&hangup, &confirm}) {
    b->send(7, 1000);
    b->answer(State::retrying, 1100, 0, "429");
    b->hook.close(State::done, "over", 1200);
    EXPECT_EQ(b->hook.row().state, State::done);
    EXPECT_EQ(b->hook.row().id, 0u);
  }
  EXPECT_EQ(hangup.hook.row().error, "429");
  EXPECT_EQ(confirm.hook.row().error, "");
}

TEST(Hook, ThatIsPutOffWasNoAttempt) {
  Bench leg(Phase::hangup, "carrier"), news(Phase::notify, "n"), once(Phase::record, "r");
  for (auto* b : {&leg, &news, &once}) {
    b->send(7, 1000);
    Step step{1000};
    EXPECT_TRUE(b->hook.postponed(30'000, "held back", true, b->repetition, step));
    EXPECT_FALSE(b->hook.postponed(30'000, "held back", true, b->repetition, step)) << "it is not pending";
    b->take(step);
    EXPECT_EQ(b->hook.row().attempts, 0u);
    EXPECT_EQ(b->hook.row().error, "held back");
  }
  EXPECT_EQ(leg.hook.due(), 31'000u);
  EXPECT_EQ(news.actions.back().came, Action::Came::held);
  EXPECT_TRUE(news.actions.back().apart);
  EXPECT_EQ(once.hook.row().state, State::failed);
}

TEST(Hook, OfAnEarlierRunKnowsNoAttemptAndGoesOnWhenItWasDue) {
  StoredRow stored;
  stored.row.id = 99;
  stored.row.phase = Phase::notify;
  stored.row.plugin = "n";
  stored.row.state = State::retrying;
  stored.row.attempts = 3;
  stored.row.apart = true;
  stored.times = {-5000, 9000, 4000};
  Hook hook(stored);
  EXPECT_EQ(hook.row().id, 0u);
  EXPECT_TRUE(hook.isUnplanned());
  EXPECT_EQ(hook.remaining(2000), 7000u);
  EXPECT_EQ(hook.remaining(9000), 0u);
  EXPECT_TRUE(hook.row().apart);
  EXPECT_FALSE(hook.takeChanged()) << "the ledger has it";
  EXPECT_EQ(hook.times().first_ms, -5000);
  stored.row.state = State::pending;
  Hook sent(stored);
  EXPECT_EQ(sent.remaining(2000), 0u) << "whoever was asked may have died with the run";
  EXPECT_FALSE(sent.row().apart);
}

TEST(Hook, ThatIsRevivedLivesAnewInItsOldPlace) {
  Bench b(Phase::notify, "n");
  b.send(7, 1000);
  b.answer(State::failed, 1001, 0, "no");
  EXPECT_EQ(b.hook.row().state, State::dead);
  EXPECT_TRUE(b.hook.mayBeDiscarded());
  EXPECT_EQ(b.hook.revive(80'000), 1000);
  Step step{80'000};
  b.hook.lineUp(Action::Came::urged, 0, b.repetition, step);
  EXPECT_EQ(b.hook.row().state, State::retrying);
  EXPECT_EQ(step.actions.back().expires_ms, 80'000 + 72ull * 3600 * 1000);
}

TEST(Hook, TellsTheLedgerOnceOfEveryChange) {
  Bench b(Phase::notify, "n");
  EXPECT_TRUE(b.hook.takeChanged());
  EXPECT_FALSE(b.hook.takeChanged());
  b.send(7, 1000);
  EXPECT_TRUE(b.hook.takeChanged());
  b.answer(State::done, 1001);
  EXPECT_TRUE(b.hook.takeChanged());
  b.answer(State::done, 1002);
  EXPECT_FALSE(b.hook.takeChanged());
}

}  // namespace
