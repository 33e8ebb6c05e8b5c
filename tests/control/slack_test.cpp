// Memory is given back after many calls were set up, and when nothing is left to do.
#include "host/control/slack.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace control_test {
namespace {

using hookswitch::control::Slack;

TEST(Slack, IsDueOnceWhenManyCallsHaveComeAndNoMoreCome) {
  Slack slack;
  EXPECT_FALSE(slack.due({0}));
  EXPECT_FALSE(slack.due({0}));
  for (std::size_t live : {50, 90, 150}) EXPECT_FALSE(slack.due({live})) << "more are coming";
  EXPECT_FALSE(slack.due({150}));
  EXPECT_TRUE(slack.due({149}));
  for (std::size_t live : {149, 148, 160, 160, 160}) EXPECT_FALSE(slack.due({live})) << "few have come since";
  for (std::size_t live : {10, 10, 10, 40, 40}) EXPECT_FALSE(slack.due({live}));
  EXPECT_TRUE(slack.due({40})) << "counted from where it was lowest";
}

/// Looks of a gateway that has nothing to do, at which it was due.
std::vector<int> dueAtRest(Slack& slack, std::uint64_t left, int looks) {
  std::vector<int> due;
  for (int look = 1; look <= looks; ++look)
    if (slack.due({0, left, 0})) due.push_back(look);
  return due;
}

TEST(Slack, IsDueAtRestAndAgainLaterForWhatIsFreedSlowly) {
  Slack slack;
  EXPECT_FALSE(slack.due({1, 0, 0}));
  EXPECT_FALSE(slack.due({0, 1, 0})) << "it has just left";
  EXPECT_EQ(dueAtRest(slack, 1, 200), (std::vector<int>{2, 8, 32}));
  EXPECT_FALSE(slack.due({0, 9, 0})) << "calls that came and went between two looks";
  EXPECT_EQ(dueAtRest(slack, 9, 200), (std::vector<int>{2, 8, 32}));
}

TEST(Slack, IsNotDueAtRestBeforeTheStoreHasCaughtUp) {
  Slack slack;
  EXPECT_FALSE(slack.due({3, 0, 0}));
  for (int look = 0; look < 100; ++look) EXPECT_FALSE(slack.due({0, 3, 5'000}));
  EXPECT_EQ(dueAtRest(slack, 3, 200), (std::vector<int>{2, 8, 32})) << "what waited for the disk is free only now";
}

TEST(Slack, IsNeverDueInAGatewayThatHasHadNoCall) {
  Slack slack;
  EXPECT_EQ(dueAtRest(slack, 0, 200), std::vector<int>{});
}

}  // namespace
}  // namespace control_test
