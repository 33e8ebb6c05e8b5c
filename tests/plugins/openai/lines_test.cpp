#include "plugins/openai/lines.hpp"

#include <hookswitch/abi.h>

#include <gtest/gtest.h>

namespace {

using namespace hookswitch;

TEST(Lines, GivesUpOnlyWhatIsInFrontOfAFinishedLine) {
  openai::Lines l;
  l.expect("u1", HKS_USER);
  l.expect("a1", HKS_ASSISTANT);
  l.expect("u2", HKS_USER);
  l.finish("a1", HKS_ASSISTANT, "yes");
  EXPECT_TRUE(l.due().empty());
  EXPECT_TRUE(l.replace("a1", "ye"));
  l.giveUp();
  const auto due = l.due();
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].text, "ye");
  EXPECT_FALSE(l.blocked());
  EXPECT_FALSE(l.replace("a1", "y"));
  l.finish("u2", HKS_USER, "and");
  EXPECT_EQ(l.due().size(), 1u);
}

}  // namespace
