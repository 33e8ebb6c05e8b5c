// A value or a sentence.
#include "host/base/result.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace {

using hookswitch::base::Failure;
using hookswitch::base::Result;

Result<std::unique_ptr<int>> half(int number) {
  if (number % 2) return Failure(std::to_string(number) + " is odd; expected an even number");
  return std::make_unique<int>(number / 2);
}

TEST(Result, IsAValueOrASentence) {
  auto good = half(8);
  ASSERT_TRUE(good);
  EXPECT_EQ(**good, 4);
  const std::unique_ptr<int> taken = *std::move(good);
  EXPECT_EQ(*taken, 4);
  const auto bad = half(7);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error(), "7 is odd; expected an even number");
}

TEST(Result, WithoutAValueItTellsWhetherItWent) {
  const Result<void> fine;
  EXPECT_TRUE(fine);
  const Result<void, int> status = Failure(409);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error(), 409);
  const Result<void> sentence = Failure("no");
  EXPECT_EQ(sentence.error(), "no");
}

}  // namespace
