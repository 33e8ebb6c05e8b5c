// When a hook that has failed is tried again, and when it is given up.
#include "host/call/repetition.hpp"

#include <gtest/gtest.h>

namespace {

using namespace hookswitch::call;

constexpr std::uint64_t hours_72 = 72ull * 3600 * 1000;

Repetition exactly() {
  TeardownLimits limits;
  limits.jitter_percent = 0;
  return Repetition(limits, 1);
}

TEST(Repetition, TriesOfALegAreAsFarApartFromStartToStartAsTheirNumberAsks) {
  Repetition repetition = exactly();
  EXPECT_EQ(repetition.legWait(1, 0, 0), 1000u);
  EXPECT_EQ(repetition.legWait(1, 400, 0), 600u) << "the try itself took a part of it";
  EXPECT_EQ(repetition.legWait(1, 3000, 0), 0u);
  EXPECT_EQ(repetition.legWait(2, 0, 0), 2000u);
  EXPECT_EQ(repetition.legWait(9, 0, 0), 2500u) << "a leg costs money while it is up";
}

TEST(Repetition, WhatAReceiverDemandsIsObeyedAsLongAsTheHookLives) {
  Repetition repetition = exactly();
  EXPECT_EQ(repetition.legWait(1, 900, 90'000), 90'000u);
  EXPECT_EQ(repetition.legWait(3, 0, 1), 2500u) << "a shorter wait than ours is no demand";
  EXPECT_EQ(repetition.obeyed(90'000), 90'000u);
  EXPECT_EQ(repetition.obeyed(~0ull), hours_72 + 1) << "no longer than until it is certain to be dead";
}

TEST(Repetition, ARepetitionOfALegsHookGetsLessTimeThanItsFirstTry) {
  const Repetition repetition = exactly();
  EXPECT_EQ(repetition.legDeadline(1, 10'000), 10'000u);
  EXPECT_EQ(repetition.legDeadline(2, 10'000), 3000u);
  EXPECT_EQ(repetition.legDeadline(2, 500), 500u);
}

TEST(Repetition, ThatACallHasBegunIsNewsForTenMinutesAndAllElseFor72Hours) {
  const Repetition repetition = exactly();
  EXPECT_EQ(repetition.expiry(Phase::started, 5000), 605'000u);
  EXPECT_EQ(repetition.expiry(Phase::notify, 5000), 5000 + hours_72);
  EXPECT_EQ(repetition.expiry(Phase::hangup, -1000), hours_72 - 1000) << "it began before this start of the machine";
  EXPECT_EQ(repetition.expiry(Phase::started, -900'000), 0u);
}

}  // namespace
