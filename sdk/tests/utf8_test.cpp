#include <hookswitch/utf8.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using hks::utf8::clean;
using hks::utf8::line;

TEST(Utf8, GoodTextPassesUnchanged) {
  const std::string text = "a\n\tß € \xF0\x9F\x93\x9E";
  EXPECT_EQ(clean(text), text);
}

TEST(Utf8, MalformedBytesBecomeReplacementCharactersWithoutSwallowingNeighbours) {
  EXPECT_EQ(clean("a\xFF"
                  "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(clean("\xC3("), "\xEF\xBF\xBD(");                            // a lead byte without its second
  EXPECT_EQ(clean("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");              // overlong
  EXPECT_EQ(clean("\xED\xA0\x80").find("\xED"), std::string::npos);      // a surrogate
  EXPECT_EQ(clean("\xF4\x90\x80\x80").find("\xF4"), std::string::npos);  // above U+10FFFF
  EXPECT_EQ(clean("x\xE2\x82"), "x\xEF\xBF\xBD");                        // cut off
}

TEST(Utf8, ControlCharactersAndDirectionOverridesAreDropped) {
  EXPECT_EQ(clean(std::string("a\0b\x1b[31m\x7f", 9)), "ab[31m");
  EXPECT_EQ(clean("a\xE2\x80\xAE"
                  "b\xC2\x85"),
            "ab");
}

TEST(Utf8, TheLimitCutsBetweenCharacters) {
  EXPECT_EQ(clean("ab\xE2\x82\xAC", 4), "ab");
  EXPECT_EQ(clean("ab\xE2\x82\xAC", 5), "ab\xE2\x82\xAC");
  EXPECT_EQ(line("ab cd", 3), "ab");
}

TEST(Utf8, ALineHasNoBreaksAndNoBlanksAtItsEnds) {
  EXPECT_EQ(line(" \r\n a \n\n b\t "), "a b");
  EXPECT_EQ(line("\n"), "");
}

TEST(Utf8, Utf16LengthCountsPairs) { EXPECT_EQ(hks::utf8::utf16Length("aß\xF0\x9F\x93\x9E"), 4u); }

}  // namespace
