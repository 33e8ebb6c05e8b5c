#include "plugins/speech/wording.hpp"

#include <gtest/gtest.h>

namespace {

using namespace hookswitch;

TEST(Wording, CutsBetweenWordsAndCharacters) {
  EXPECT_EQ(speech::cutInProportion("one two three", 5, 10), "one");
  EXPECT_EQ(speech::cutInProportion("one two three", 10, 10), "one two three");
  EXPECT_EQ(speech::cutInProportion("one two three", 0, 10), "");
  EXPECT_EQ(speech::cutInProportion("one", 3, 0), "");
  EXPECT_EQ(speech::cutInProportion("\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F", 5, 10), "\xC3\xA4\xC3\xB6");
}

TEST(Wording, DecimalsAreChecked) {
  bool bad = false;
  EXPECT_EQ(speech::decimal("0.25", 0, 1, "1", bad), "0.25");
  EXPECT_FALSE(bad);
  for (const char* text : {"", "abc", "1.5x", "2", "nan", "1e400"}) {
    bad = false;
    EXPECT_EQ(speech::decimal(text, 0, 1, "0.5", bad), "0.5") << text;
    EXPECT_TRUE(bad) << text;
  }
}

}  // namespace
