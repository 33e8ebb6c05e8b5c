#include "tests/fakes/base64.hpp"

#include <gtest/gtest.h>

namespace fakes {
namespace {

TEST(FakeBase64, GoesThereAndBackForEveryLength) {
  std::string bytes, back;
  for (int n = 0; n < 70; ++n) {
    const std::string text = encodeBase64(bytes);
    ASSERT_TRUE(decodeBase64(text, back));
    EXPECT_EQ(back, bytes);
    EXPECT_EQ(base64Bytes(text), bytes.size());
    bytes += static_cast<char>(n * 37 + 200);
  }
  EXPECT_EQ(encodeBase64("any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
  std::string behind = "a:";
  appendBase64(behind, "bc");
  EXPECT_EQ(behind, "a:YmM=");
}

TEST(FakeBase64, RefusesWhatIsNotBase64) {
  std::string back;
  for (const char* bad : {"A", "AAA", "A===", "AA=A", "AAA*", "AA\n=", "====", "-_-_", "abc", "ab=c", "a*bc", " AAA",
                          "    AAAA", "AAAA\r\n\r\n", "AAA-", "A=AA", "AA==AAAA"})
    EXPECT_FALSE(decodeBase64(bad, back)) << bad;
}

}  // namespace
}  // namespace fakes
