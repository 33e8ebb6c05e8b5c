#include "host/app/nearest.hpp"

#include <gtest/gtest.h>

namespace app_test {
namespace {

using namespace hookswitch;

TEST(Nearest, IsTheCandidateThatIsFewestEditsAwayAndNotTooFar) {
  using app::nearest;
  const std::vector<std::string> words{"port", "host", "public_url"};
  EXPECT_EQ(nearest("prot", words), "port");
  EXPECT_EQ(nearest("hots", words), "host");
  EXPECT_EQ(nearest("publicurl", words), "public_url");
  EXPECT_EQ(nearest("port", words), "port");
  EXPECT_EQ(nearest("something else", words), "");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace app_test
