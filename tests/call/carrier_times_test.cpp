#include "host/call/carrier_times.hpp"

#include <gtest/gtest.h>

namespace hookswitch::call {
namespace {

constexpr std::uint64_t started = 1'700'000'000'400, seen = started + 30'000;
SaidTimes answer(std::uint64_t at, std::uint32_t unit_ms = 1000) { return {at, 0, unit_ms}; }
SaidTimes talk(std::uint64_t ms) { return {0, ms, 1000}; }

TEST(CarrierTimes, AnAnswerThatWasSeenLateIsWhenTheCarrierSaysItWas) {
  const std::uint64_t second = (started + 5'000) / 1000 * 1000;
  EXPECT_EQ(plausibleAnswer(answer(second), started, seen), second + 999)
      << "some instant of that second, the nearest to ours";
  EXPECT_EQ(plausibleAnswer(answer(second + 7, 1), started, seen), second + 7) << "a carrier that counts exactly";
}

TEST(CarrierTimes, AnAnswerThatWasSeenInTheSecondTheCarrierNamesIsWhenItWasSeen) {
  EXPECT_EQ(plausibleAnswer(answer(seen / 1000 * 1000), started, seen), seen);
}

TEST(CarrierTimes, AnAnswerIsNeverBeforeTheCallNorAfterItWasSeen) {
  const std::uint64_t second = started / 1000 * 1000;
  EXPECT_EQ(plausibleAnswer(answer(second - 1'000), started, seen), started) << "a second too early";
  EXPECT_EQ(plausibleAnswer(answer(seen + clock_tolerance_ms), started, seen), seen)
      << "a clock that is a little ahead";
}

TEST(CarrierTimes, AClockThatIsFurtherOffIsNotBelieved) {
  EXPECT_EQ(plausibleAnswer(answer(seen + clock_tolerance_ms + 1), started, seen), seen);
  EXPECT_EQ(plausibleAnswer(answer(started - clock_tolerance_ms - 1'000), started, seen), seen);
  EXPECT_EQ(plausibleAnswer(answer(0), started, seen), seen) << "it said nothing";
  EXPECT_EQ(plausibleAnswer(answer(~0ull), started, seen), seen);
}

TEST(CarrierTimes, OurOwnMeasureCountsWhenTheCarrierSaysTheSameInWholeSeconds) {
  EXPECT_EQ(plausibleTalk(talk(4'000), 3'200, 60'000), 3'200u);
  EXPECT_EQ(plausibleTalk(talk(3'000), 3'900, 60'000), 3'900u);
}

TEST(CarrierTimes, OtherwiseTheCarriersCounts) {
  EXPECT_EQ(plausibleTalk(talk(17'000), 45'000, 60'000), 17'000u) << "we were asleep when the call ended";
  EXPECT_EQ(plausibleTalk(talk(45'000), 17'000, 60'000), 45'000u) << "we were asleep when it was answered";
  EXPECT_EQ(plausibleTalk(talk(17'000), std::nullopt, 60'000), 17'000u) << "we were away";
}

TEST(CarrierTimes, ButNoCallTalksLongerThanItLived) {
  EXPECT_EQ(plausibleTalk(talk(3'600'000), 17'000, 60'000), 60'000u);
  EXPECT_EQ(plausibleTalk(talk(3'600'000), std::nullopt, 0), 0u) << "a wall clock that was set back";
}

}  // namespace
}  // namespace hookswitch::call
