// The hooks of a call together: their numbers, their places, and what they wait for.
#include "host/call/hooks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace hookswitch::call;
using State = HookRow::State;

TEST(Hooks, NumberTheirAttemptsAndForgetTheNumberBefore) {
  Hooks hooks({}, 500);
  Hook& a = hooks.add({"a", Phase::record}, 10);
  Hook& b = hooks.add({"b", Phase::record}, 10);
  Step step{10};
  hooks.send(a, step);
  hooks.send(b, step);
  EXPECT_EQ(hooks.findAttempt(500), &a);
  EXPECT_EQ(hooks.findAttempt(501), &b);
  hooks.send(a, step);
  EXPECT_EQ(hooks.findAttempt(502), &a);
  EXPECT_EQ(hooks.findAttempt(500), nullptr) << "an answer to the attempt before is stale";
  EXPECT_EQ(hooks.findAttempt(0), nullptr);
}

TEST(Hooks, AHookThatWasNeverSentIsFoundByNoNumber) {
  Hooks hooks({}, 500);
  hooks.add({"a", Phase::record}, 10);
  EXPECT_EQ(hooks.findAttempt(0), nullptr);
}

TEST(Hooks, AReferenceToOneStaysWhileOthersAreAdded) {
  Hooks hooks({}, 1);
  Hook& first = hooks.add({"first", Phase::record}, 10);
  for (int i = 0; i < 100; ++i) hooks.findOrAdd({"p" + std::to_string(i), Phase::notify}, 10);
  EXPECT_EQ(&hooks.findOrAdd({"first", Phase::record}, 99), &first);
  EXPECT_EQ(hooks.size(), 101u);
  EXPECT_EQ(hooks.find(Phase::notify, "first"), nullptr) << "a plugin has a hook per phase";
}

TEST(Hooks, NewsStandInLineAndAllElseIsSentAtOnce) {
  Hooks hooks({}, 1);
  Step step{1000};
  hooks.start(hooks.add({"n", Phase::notify}, 1000), Action::Came::fresh, step, 500);
  hooks.start(hooks.add({"d", Phase::disconnect}, 1000), Action::Came::fresh, step);
  ASSERT_EQ(step.actions.size(), 2u);
  EXPECT_EQ(step.actions[0].kind, Action::Kind::line_up);
  EXPECT_EQ(step.actions[0].after_ms, 500u);
  EXPECT_EQ(step.actions[1].kind, Action::Kind::send_hook);
}

TEST(Hooks, AreDueWhenTheFirstOfThemIs) {
  Hooks hooks({}, 1);
  EXPECT_FALSE(hooks.nextDue());
  Step step{1000};
  hooks.send(hooks.add({"slow", Phase::record, 900}, 1000), step);
  hooks.send(hooks.add({"quick", Phase::record, 300}, 1000), step);
  hooks.start(hooks.add({"n", Phase::notify}, 1000), Action::Came::fresh, step);
  EXPECT_EQ(hooks.nextDue(), 1300u);
  hooks[1].conclude(State::done, {}, 1100);
  EXPECT_EQ(hooks.nextDue(), 1900u);
  hooks[0].conclude(State::done, {}, 1100);
  EXPECT_FALSE(hooks.nextDue());
  EXPECT_TRUE(hooks.working()) << "one stands in its line";
}

TEST(Hooks, APhaseWaitsForThoseThatHaveJoinedIt) {
  Hooks hooks({}, 1);
  Hook& a = hooks.add({"a", Phase::record}, 10);
  Hook& b = hooks.add({"b", Phase::record}, 10);
  EXPECT_FALSE(hooks.awaited());
  a.join(5000);
  b.join(5000);
  a.conclude(State::done, {}, 20);
  EXPECT_TRUE(hooks.awaited());
  b.release();
  EXPECT_FALSE(hooks.awaited());
}

TEST(Hooks, TheirRowsAreReadInPlace) {
  Hooks hooks({}, 1);
  hooks.add({"a", Phase::record}, 10);
  hooks.add({"b", Phase::notify}, 10);
  const HookRows rows = hooks.rows();
  EXPECT_EQ(rows.size(), 2u);
  EXPECT_NE(rows.size(), 0u);
  EXPECT_EQ(rows[1].plugin, "b");
  hooks[1].conclude(State::done, "sent", 20);
  EXPECT_EQ(rows[1].state, State::done);
  EXPECT_EQ(std::count_if(rows.begin(), rows.end(), [](auto& row) { return isOpen(row.state); }), 1);
  EXPECT_EQ(rows.begin()->plugin, "a");
}

TEST(Hooks, OfAnEarlierRunLearnWhoTheirCarrierIs) {
  Hooks hooks({}, 1);
  StoredRow row;
  row.row.phase = Phase::hangup;
  row.row.plugin = "carrier";
  hooks.restore({row});
  EXPECT_FALSE(hooks[0].inBackground());
  hooks.setCarrier("carrier");
  EXPECT_TRUE(hooks[0].isLegHangup());
  EXPECT_THAT(hooks.takeChanged(), testing::IsEmpty());
  hooks.add({"n", Phase::notify}, 10);
  EXPECT_THAT(hooks.takeChanged(), testing::ElementsAre(1u));
}

}  // namespace
