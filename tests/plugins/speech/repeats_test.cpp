#include "plugins/speech/repeats.hpp"

#include <gtest/gtest.h>
#include <hookswitch/abi.h>

namespace hookswitch::speech {
namespace {

class RepeatsTest : public testing::Test {
 protected:
  RepeatsTest() {
    repeats.watch({{HKS_USER, "I'd like to book a table.", "c1"},
                   {HKS_ASSISTANT, "Sure, for how many?", "t1"},
                   {HKS_USER, "For two.", "c2"},
                   {HKS_ASSISTANT,
                    "Gern, \xC3\xBC"
                    "bermorgen?",
                    "t2"},
                   {HKS_USER, "Yes", "c3"}});
  }
  std::string user(std::string_view text) { return repeats.withoutKnown(HKS_USER, text); }
  Repeats repeats;
};

TEST_F(RepeatsTest, ALineThatWasToldIsKnownWhateverItsSpelling) {
  EXPECT_EQ(user("for TWO"), "");
  EXPECT_EQ(user(" I'd like  to book a table "), "");
  EXPECT_EQ(repeats.withoutKnown(HKS_ASSISTANT,
                                 "gern \xC3\xBC"
                                 "bermorgen"),
            "");
  EXPECT_EQ(repeats.withoutKnown(HKS_ASSISTANT, "For two."), "For two.") << "the other side said that";
}

TEST_F(RepeatsTest, SeveralLinesInARowAreKnownAndWhatFollowsIsNew) {
  EXPECT_EQ(user("I'd like to book a table. For two. Yes"), "");
  EXPECT_EQ(user("For two. Yes And a high chair."), " And a high chair.");
  EXPECT_EQ(user("For twelve."), "For twelve.");
  EXPECT_EQ(user("Yes but later"), " but later");
}

TEST_F(RepeatsTest, APieceOfALineIsItsBeginning) {
  EXPECT_TRUE(repeats.begins(HKS_USER, "I'd like"));
  EXPECT_TRUE(repeats.begins(HKS_USER, "For two. Yes"));
  EXPECT_FALSE(repeats.begins(HKS_USER, "For three"));
}

TEST_F(RepeatsTest, WordsNeedAVoice) {
  const std::string loud(640, '\x20'), quiet(640, '\0');
  for (int i = 0; i < 500; ++i) repeats.callerAudio(quiet, 32);
  EXPECT_FALSE(repeats.spoken("Yes"));
  for (int i = 0; i < 5; ++i) repeats.callerAudio(loud, 32);
  EXPECT_TRUE(repeats.spoken("Yes")) << "100 ms are a short word";
  EXPECT_FALSE(repeats.spoken("I'd like to book a table."));
  for (int i = 0; i < 30; ++i) repeats.callerAudio(loud, 32);
  EXPECT_TRUE(repeats.spoken("I'd like to book a table."));
}

TEST_F(RepeatsTest, NoVoiceIsLookedForOnceNothingOfTheCallersIsLeft) {
  repeats.over(HKS_USER);
  for (int i = 0; i < 50; ++i) repeats.callerAudio(std::string(640, '\x20'), 32);
  EXPECT_FALSE(repeats.spoken("Yes"));
  EXPECT_TRUE(repeats.watching()) << "of the other side there is";
}

TEST_F(RepeatsTest, OnceItIsOverNothingIsKnown) {
  EXPECT_TRUE(repeats.watching());
  repeats.over(HKS_USER);
  EXPECT_EQ(user("For two."), "For two.");
  EXPECT_EQ(repeats.withoutKnown(HKS_ASSISTANT, "Sure, for how many?"), "") << "of the other side it may be";
  repeats.over(HKS_ASSISTANT);
  EXPECT_FALSE(repeats.watching());
}

}  // namespace
}  // namespace hookswitch::speech
