#include "host/base/base64.hpp"

#include <gtest/gtest.h>

namespace base_test {
namespace {

using namespace hookswitch;

TEST(Base64, IsThatOfRfc4648) {  // §10
  EXPECT_EQ(base::toBase64(""), "");
  EXPECT_EQ(base::toBase64("f"), "Zg==");
  EXPECT_EQ(base::toBase64("fo"), "Zm8=");
  EXPECT_EQ(base::toBase64("foo"), "Zm9v");
  EXPECT_EQ(base::toBase64("\xff\xfe\xfd"), "//79");
}

TEST(Base64, ComesBackAsItWas) {
  for (std::size_t size = 1; size < 70; ++size) {
    const std::string bytes(size, char(size));
    EXPECT_EQ(base::fromBase64(base::toBase64(bytes)), bytes);
  }
}

TEST(Base64, RefusesWhatIsNone) {
  for (const char* bad : {"", "Zg", "Zg=", "Z===", "Zm9v!AAA", "Zm 9v"}) EXPECT_FALSE(base::fromBase64(bad)) << bad;
}

}  // namespace
}  // namespace base_test
