// Between the clock of a teardown, which stops with the machine, and the wall clock of the store.
#include "host/control/ledger.hpp"

#include <gtest/gtest.h>

using namespace hookswitch;

namespace {

constexpr std::uint64_t minute = 60'000, now_ms = 5'000'000, unix_ms = 1'700'000'000'000;

store::Hook waiting(std::uint64_t first_unix_ms, std::uint64_t next_unix_ms) {
  store::Hook hook;
  hook.state = call::HookRow::State::retrying;
  hook.first_unix_ms = first_unix_ms;
  hook.next_unix_ms = next_unix_ms;
  return hook;
}

}  // namespace

TEST(StoredTimes, AWaitThatAReceiverDemandsOutlivesARestart) {
  const auto row = control::fromStored(waiting(unix_ms - minute, unix_ms + 30 * minute), now_ms, unix_ms);
  EXPECT_EQ(row.times.retry_at, now_ms + 30 * minute);
  EXPECT_EQ(row.times.first_ms, std::int64_t(now_ms - minute));
}

TEST(StoredTimes, AClockThatWasSetBackPostponesNothing) {
  const auto row = control::fromStored(waiting(unix_ms + 60 * minute, unix_ms + 61 * minute), now_ms, unix_ms);
  EXPECT_EQ(row.times.retry_at, now_ms);
}

TEST(StoredTimes, WhatWasDueMeanwhileIsDueNow) {
  EXPECT_EQ(control::fromStored(waiting(unix_ms - 2 * minute, unix_ms - minute), now_ms, unix_ms).times.retry_at,
            now_ms);
}

TEST(StoredTimes, NoWaitIsLongerThanAHookLives) {
  const auto row = control::fromStored(waiting(unix_ms, unix_ms + 1000 * 24 * 60 * minute), now_ms, unix_ms);
  EXPECT_EQ(row.times.retry_at, now_ms + 72 * 60 * minute);
}
