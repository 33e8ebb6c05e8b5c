#include <hookswitch/text.hpp>

#include <gtest/gtest.h>

namespace {

TEST(AsciiCase, TouchesLettersAToZOnly) {
  EXPECT_EQ(hks::lower("Content-TYPE [@Z{`"), "content-type [@z{`");
  EXPECT_EQ(hks::lower("\xC3\x84"), "\xC3\x84") << "bytes above 127 are somebody's UTF-8";
  EXPECT_TRUE(hks::sameIgnoringCase("Retry-After", "retry-AFTER"));
  EXPECT_FALSE(hks::sameIgnoringCase("retry-after", "retry_after"));
  EXPECT_FALSE(hks::sameIgnoringCase("a", "ab"));
  EXPECT_TRUE(hks::sameIgnoringCase("", ""));
}

TEST(PercentEncoding, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(hks::percentEncode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(hks::percentEncode("+1 (555)/\xC3\xA4\n"), "%2B1%20%28555%29%2F%C3%A4%0A");
}

TEST(Without, BlotsOutASecretWhereverItIsQuoted) {
  EXPECT_EQ(hks::without("GET /bot12:AB/send of 12:AB", "12:AB"), "GET /bot***/send of ***");
  EXPECT_EQ(hks::without("****", "***"), "****") << "it ends, whatever the secret is";
  EXPECT_EQ(hks::without("a sentence", ""), "a sentence");
  EXPECT_EQ(hks::without("a sentence", "e"), "a sentence");
}

}  // namespace
