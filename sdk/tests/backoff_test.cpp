#include <hookswitch/backoff.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

namespace {

TEST(Chance, IsSplitmix64) {  // the first numbers of the reference implementation for this seed
  hks::Chance chance(1234567);
  EXPECT_EQ(chance.next(), 6457827717110365317u);
  EXPECT_EQ(chance.next(), 3203168211198807973u);
  EXPECT_EQ(chance.next(), 9817491932198370423u);
}

TEST(Chance, StaysBelowItsBound) {
  hks::Chance chance(7);
  std::set<uint64_t> seen;
  for (int i = 0; i < 300; ++i) seen.insert(chance.below(10));
  EXPECT_EQ(seen.size(), 10u);
  EXPECT_EQ(*seen.rbegin(), 9u);
  EXPECT_EQ(chance.below(0), 0u);
  EXPECT_EQ(chance.below(1), 0u);
}

TEST(Backoff, DoublesUpToItsLimitAndNeverOverflows) {
  constexpr hks::Backoff backoff{1000, 60000};
  EXPECT_EQ(backoff.base(0), 1000u);
  EXPECT_EQ(backoff.base(1), 2000u);
  EXPECT_EQ(backoff.base(5), 32000u);
  for (const uint32_t failures : {6u, 7u, 63u, 64u, 65u, UINT32_MAX})
    EXPECT_EQ(backoff.base(failures), 60000u) << failures;
  EXPECT_EQ((hks::Backoff{uint64_t(1) << 60, UINT64_MAX}.base(10)), UINT64_MAX);
  EXPECT_EQ((hks::Backoff{90000, 60000}.base(0)), 60000u);
}

TEST(Backoff, AddsChanceAndNoMoreThanItSays) {
  constexpr hks::Backoff backoff{1000, 60000, 50};
  hks::Chance chance(3);
  std::set<uint64_t> pauses;
  for (int i = 0; i < 200; ++i) {
    const uint64_t ms = backoff.after(1, chance);
    ASSERT_GE(ms, 2000u);
    ASSERT_LT(ms, 3000u);
    pauses.insert(ms);
  }
  EXPECT_GT(pauses.size(), 100u) << "those that failed together come back one by one";
  EXPECT_EQ((hks::Backoff{1000, 60000, 0}.after(2, chance)), 4000u);
}

}  // namespace
