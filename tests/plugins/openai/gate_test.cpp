#include "plugins/openai/gate.hpp"

#include <gtest/gtest.h>

namespace {

using namespace hookswitch;

TEST(Gate, MergesPlainAnswersAndSendsOneAtATime) {
  openai::Gate g;
  g.askAnswer();
  g.askAnswer();
  EXPECT_TRUE(g.askWith("{}"));
  const auto first = g.next();
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->overrides.empty());
  EXPECT_FALSE(g.next());
  g.created("r");
  std::optional<openai::Create> mine;
  EXPECT_FALSE(g.done("other", mine));
  EXPECT_TRUE(g.done("r", mine));
  EXPECT_EQ(mine->id, first->id);
  EXPECT_EQ(g.next()->overrides, "{}");
}

TEST(Gate, GivesACreateUpThatIsAlwaysTooLate) {
  openai::Gate g;
  g.askAnswer();
  std::optional<openai::Create> mine;
  int sent = 0;
  while (g.next() && sent < 20) {
    ++sent;
    g.busy({});
    g.created("x");
    g.done("x", mine);
    g.expired();
  }
  EXPECT_LE(sent, 4);
}

TEST(Gate, HoldsABoundedNumber) {
  openai::Gate g;
  int taken = 0;
  while (taken < 1000 && g.askWith("{}")) ++taken;
  EXPECT_LE(taken, 16);
}

}  // namespace
