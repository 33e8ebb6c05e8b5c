// Neither of what speaks for the end of a leg proves it alone.
#include "host/call/leg_witness.hpp"

#include <gtest/gtest.h>

namespace {

using hookswitch::call::LegWitness;

TEST(LegWitness, TwoOfThemProveTheEndAndOneDoesNot) {
  EXPECT_FALSE((LegWitness{true, false}.agree()));
  EXPECT_FALSE((LegWitness{false, true}.agree()));
  EXPECT_TRUE((LegWitness{true, true}.agree()));
}

}  // namespace
