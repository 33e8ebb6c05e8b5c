#include "host/base/ids.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace base_test {
namespace {

using namespace hookswitch;

TEST(CallId, HasTheShapeOfARandomUuid) {
  for (int i = 0; i < 200; ++i) {
    const std::string id = base::newId();
    ASSERT_EQ(id.size(), 36u);
    EXPECT_EQ(id[14], '4') << id;
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    EXPECT_TRUE(base::isId(id)) << id;
  }
}

TEST(CallId, OtherShapesAreNone) {
  const std::string good = base::newId();
  EXPECT_FALSE(base::isId(""));
  EXPECT_FALSE(base::isId(good.substr(1)));
  EXPECT_FALSE(base::isId(good + "0"));
  std::string upper = good;
  upper[0] = 'A';
  EXPECT_FALSE(base::isId(upper));
  std::string dash = good;
  dash[8] = '0';
  EXPECT_FALSE(base::isId(dash));
  std::string slash = good;
  slash[3] = '/';
  EXPECT_FALSE(base::isId(slash));
}

TEST(CallId, NeverComesTwice) {
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) EXPECT_TRUE(seen.insert(base::newId()).second);
}

}  // namespace
}  // namespace base_test
