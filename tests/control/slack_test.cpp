// Memory is given back after many calls were set up, once.
#include "host/control/slack.hpp"

#include <gtest/gtest.h>

namespace control_test {
namespace {

using hookswitch::control::Slack;

TEST(Slack, IsDueOnceWhenManyCallsHaveComeAndNoMoreCome) {
  Slack slack;
  EXPECT_FALSE(slack.due(0));
  EXPECT_FALSE(slack.due(0));
  for (std::size_t live : {50, 90, 150}) EXPECT_FALSE(slack.due(live)) << "more are coming";
  EXPECT_FALSE(slack.due(150));
  EXPECT_TRUE(slack.due(149));
  for (std::size_t live : {149, 148, 160, 160, 160}) EXPECT_FALSE(slack.due(live)) << "few have come since";
  for (std::size_t live : {10, 10, 10, 40, 40}) EXPECT_FALSE(slack.due(live));
  EXPECT_TRUE(slack.due(40)) << "counted from where it was lowest";
}

}  // namespace
}  // namespace control_test
