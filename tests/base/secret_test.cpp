#include "host/base/secret.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace base_test {
namespace {

using namespace hookswitch;

TEST(Token, IsTwoHundredAndFiftySixBitsInAnAlphabetThatUrlsLeaveAlone) {
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) {
    const std::string token = base::newToken();
    ASSERT_EQ(token.size(), 43u);
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos)
        << token;
    EXPECT_TRUE(seen.insert(token).second);
  }
}

TEST(Secret, IsEqualOnlyToItself) {
  EXPECT_TRUE(base::equalSecret("secret", "secret"));
  EXPECT_FALSE(base::equalSecret("secret", "secreT"));
  EXPECT_FALSE(base::equalSecret("secret", "Secret"));
  EXPECT_FALSE(base::equalSecret("secret", "secret1"));
  EXPECT_FALSE(base::equalSecret("secret", ""));
  EXPECT_TRUE(base::equalSecret("", ""));
}

}  // namespace
}  // namespace base_test
