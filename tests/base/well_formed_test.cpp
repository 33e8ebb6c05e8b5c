// Bytes that are no UTF-8, where a text is expected.
#include "host/base/well_formed.hpp"

#include <gtest/gtest.h>

namespace {

using hookswitch::base::wellFormed;

TEST(WellFormed, AGoodTextStaysAsItIs) {
  EXPECT_EQ(wellFormed(""), "");
  EXPECT_EQ(wellFormed("plain\n\x01"), "plain\n\x01");
  EXPECT_EQ(wellFormed("\xC3\xBC \xE2\x82\xAC \xF0\x9F\x98\x80 \xEF\xBF\xBD"),
            "\xC3\xBC \xE2\x82\xAC \xF0\x9F\x98\x80 \xEF\xBF\xBD");
}

TEST(WellFormed, EachPieceThatIsNoneReadsAsTheReplacementCharacter) {
  EXPECT_EQ(wellFormed("caf\xE9!"), "caf\xEF\xBF\xBD!") << "Latin-1";
  EXPECT_EQ(wellFormed("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "longer than it needs to be";
  EXPECT_EQ(wellFormed("a\xE2\x82"), "a\xEF\xBF\xBD") << "cut off at the end";
  EXPECT_EQ(wellFormed("\xE2\x82z"), "\xEF\xBF\xBDz") << "and before a good character";
  EXPECT_EQ(wellFormed("\xF5\x80").substr(0, 3), "\xEF\xBF\xBD") << "beyond Unicode";
}

}  // namespace
