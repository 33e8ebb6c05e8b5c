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

}  // namespace
}  // namespace base_test
