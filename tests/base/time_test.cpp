#include "host/base/time.hpp"

#include <gtest/gtest.h>

namespace base_test {
namespace {

using namespace hookswitch;

TEST(IsoTime, IsUtcWithMilliseconds) {
  EXPECT_EQ(base::isoTime(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(base::isoTime(1769868202123), "2026-01-31T14:03:22.123Z");
  EXPECT_EQ(base::isoTime(951782400007), "2000-02-29T00:00:00.007Z");
}

TEST(HttpTime, IsTheDateOfRfc9110) {
  EXPECT_EQ(base::httpTime(784111777999), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(base::httpTime(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(IsoTime, OfAnyNumberIsATime) {
  EXPECT_EQ(base::isoTime(253402300799999), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(base::isoTime(~std::uint64_t{0}), "9999-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace base_test
