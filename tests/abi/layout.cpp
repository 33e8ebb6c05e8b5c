// The same contract in C++17, and that the testing header knows the sizes of 1.0.
#include "layout.h"

#include <hookswitch/testing/message.hpp>

#include <gtest/gtest.h>

#include <type_traits>

static_assert(std::is_standard_layout_v<hks_start> && std::is_trivially_copyable_v<hks_start>,
              "records are plain bytes");

namespace {

TEST(Layout, TheEntryOfTheCFileIsWhatTheHostReads) {
  EXPECT_EQ(hks_plugin_entry.abi_major, 1u);
  EXPECT_EQ(hks_plugin_entry.size, HKS_ENTRY_SIZE_1_0);
  EXPECT_STREQ(hks_plugin_entry.id, "layout");
}

TEST(Layout, TheTestingHeaderKnowsEveryTypeAndItsSizeIn10) {
  const auto names = hks::testing::messageNames();
  for (size_t i = 0; i < names.count; ++i) {
    const auto& named = names.first[i];
    size_t least = 0, today = 0;
    EXPECT_TRUE(hks::testing::withRecord(uint32_t(named.value), [&](auto as) {
      least = as.least, today = sizeof(typename decltype(as)::Struct);
    })) << named.name;
    EXPECT_EQ(least, today) << named.name;
  }
  EXPECT_EQ(names.count, 47u);  // one word for each HKS_ message of abi.h
}

}  // namespace
