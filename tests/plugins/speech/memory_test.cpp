#include "plugins/speech/memory.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace hookswitch;

TEST(Memory, ReplacesALineThatWasCutAndDropsTheOldestBeyondItsBound) {
  speech::Memory m;
  m.put(HKS_ASSISTANT, "all of it", "a1");
  m.put(HKS_USER, "stop", "u1");
  m.put(HKS_ASSISTANT, "all", "a1");
  ASSERT_EQ(m.lines().size(), 2u);
  EXPECT_EQ(m.lines()[0].text, "all");
  EXPECT_TRUE(m.owesAnswer());
  m.put(HKS_ASSISTANT, "", "a1");
  EXPECT_EQ(m.lines().size(), 1u);
  for (int i = 0; i < 500; ++i) m.put(HKS_USER, std::string(1000, 'x'), {});
  EXPECT_LE(m.lines().size(), 16u);
  EXPECT_TRUE(m.dropped());
}

TEST(Memory, TheSummaryHoldsTheNewestThatFits) {
  speech::Memory m;
  m.put(HKS_USER, "first", {});
  m.put(HKS_ASSISTANT, "second", {});
  EXPECT_EQ(m.summary(100), "Caller: first\nYou: second\n");
  EXPECT_EQ(m.summary(15), "You: second\n");
}

}  // namespace
