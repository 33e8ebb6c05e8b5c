// Waits that double, and are made longer by chance.
#include "host/base/backoff.hpp"

#include <gtest/gtest.h>

#include <set>

namespace {

using hookswitch::base::Backoff;

TEST(Backoff, DoublesWithEveryFailureUpToTheLongestWait) {
  Backoff backoff({1000, 9000, 0}, 1);
  EXPECT_EQ(backoff.wait(0), 1000u);
  EXPECT_EQ(backoff.wait(1), 1000u);
  EXPECT_EQ(backoff.wait(2), 2000u);
  EXPECT_EQ(backoff.wait(4), 8000u);
  EXPECT_EQ(backoff.wait(5), 9000u);
  EXPECT_EQ(backoff.wait(4'000'000'000u), 9000u);
}

TEST(Backoff, AWaitIsNeverShortenedByChanceAndNeverMadeLongerThanItsShare) {
  std::set<std::uint64_t> waits;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::uint64_t wait = Backoff({1000, 9000, 20}, seed << 24).wait(1);
    EXPECT_GE(wait, 1000u);
    EXPECT_LE(wait, 1200u);
    waits.insert(wait);
  }
  EXPECT_GT(waits.size(), 80u) << "what failed together is spread";
}

}  // namespace
