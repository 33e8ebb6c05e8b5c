#include "host/call/types.hpp"
#include "tests/readable.hpp"

#include <gtest/gtest.h>
#include <hookswitch/abi.h>

namespace call_test {
namespace {

using namespace hookswitch::call;

TEST(CallTypes, NumbersAreThoseOfThePluginContract) {
  EXPECT_EQ(int(Outcome::completed), HKS_COMPLETED);
  EXPECT_EQ(int(Outcome::canceled), HKS_CANCELED);
  EXPECT_EQ(int(EndedBy::api), HKS_BY_API);
  EXPECT_EQ(int(EndedBy::recovery), HKS_BY_RECOVERY);
  EXPECT_EQ(int(Direction::outbound), HKS_OUTBOUND);
  EXPECT_EQ(int(Direction::incoming), HKS_INCOMING);
  EXPECT_EQ(int(Phase::hangup), HKS_PHASE_HANGUP);
  EXPECT_EQ(int(Phase::disconnect), HKS_PHASE_DISCONNECT);
  EXPECT_EQ(int(Phase::record), HKS_PHASE_RECORD);
  EXPECT_EQ(int(Phase::notify), HKS_PHASE_NOTIFY);
  EXPECT_EQ(int(Phase::started), HKS_PHASE_STARTED);
}

TEST(CallTypes, NamesAreSpelledAsTheApiSpellsThem) {
  EXPECT_STREQ(name(Status::initiating), "initiating");
  EXPECT_STREQ(name(Status::in_progress), "in-progress");
  EXPECT_STREQ(name(Outcome::no_answer), "no-answer");
  EXPECT_STREQ(name(Outcome::canceled), "canceled");
  EXPECT_STREQ(name(EndedBy::shutdown), "shutdown");
  EXPECT_STREQ(name(Direction::incoming), "incoming");
  EXPECT_STREQ(name(Phase::disconnect), "disconnect");
}

struct Number {
  const char* text;
  bool good;
};
void PrintTo(const Number& number, std::ostream* out) { hookswitch_test::printReadably(number.text, out); }
class E164 : public testing::TestWithParam<Number> {};

TEST_P(E164, IsAPlusAndSevenToFifteenDigitsTheFirstNotZero) {
  EXPECT_EQ(isE164(GetParam().text), GetParam().good) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, E164,
    testing::Values(Number{"+15550100001", true}, Number{"+1234567", true}, Number{"+123456789012345", true},
                    Number{"+4930123456", true}, Number{"", false}, Number{"+", false}, Number{"15550100001", false},
                    Number{"+123456", false}, Number{"+1234567890123456", false}, Number{"+0155501000", false},
                    Number{"+1 5550100001", false}, Number{"+1-555-0100", false}, Number{"+1555010000a", false},
                    Number{"++1555010000", false}, Number{"+1555010000\n", false}, Number{" +15550100001", false},
                    Number{"0015550100001", false}, Number{"+\xD9\xA1\xD9\xA2\xD9\xA3\xD9\xA4", false}));

}  // namespace
}  // namespace call_test
