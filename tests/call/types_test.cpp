#include "host/call/types.hpp"

#include <gtest/gtest.h>
#include <hookswitch/abi.h>

#include <set>

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

struct Number { const char* text; bool good; };
class E164 : public testing::TestWithParam<Number> {};

TEST_P(E164, IsAPlusAndSevenToFifteenDigitsTheFirstNotZero) { EXPECT_EQ(isE164(GetParam().text), GetParam().good) << GetParam().text; }

INSTANTIATE_TEST_SUITE_P(Table, E164, testing::Values(
    Number{"+15550100001", true}, Number{"+1234567", true}, Number{"+123456789012345", true}, Number{"+4930123456", true},
    Number{"", false}, Number{"+", false}, Number{"15550100001", false}, Number{"+123456", false}, Number{"+1234567890123456", false},
    Number{"+0155501000", false}, Number{"+1 5550100001", false}, Number{"+1-555-0100", false}, Number{"+1555010000a", false},
    Number{"++1555010000", false}, Number{"+1555010000\n", false}, Number{" +15550100001", false}, Number{"0015550100001", false},
    Number{"+\xD9\xA1\xD9\xA2\xD9\xA3\xD9\xA4", false}));

TEST(CallId, HasTheShapeOfARandomUuid) {
  for (int i = 0; i < 200; ++i) {
    const std::string id = newId();
    ASSERT_EQ(id.size(), 36u);
    EXPECT_EQ(id[14], '4') << id;
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    EXPECT_TRUE(isId(id)) << id;
  }
}

TEST(CallId, OtherShapesAreNone) {
  const std::string good = newId();
  EXPECT_FALSE(isId(""));
  EXPECT_FALSE(isId(good.substr(1)));
  EXPECT_FALSE(isId(good + "0"));
  std::string upper = good;
  upper[0] = 'A';
  EXPECT_FALSE(isId(upper));
  std::string dash = good;
  dash[8] = '0';
  EXPECT_FALSE(isId(dash));
  std::string slash = good;
  slash[3] = '/';
  EXPECT_FALSE(isId(slash));
}

TEST(CallId, NeverComesTwice) {
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) EXPECT_TRUE(seen.insert(newId()).second);
}

TEST(Token, IsTwoHundredAndFiftySixBitsInAnAlphabetThatUrlsLeaveAlone) {
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) {
    const std::string token = newToken();
    ASSERT_EQ(token.size(), 43u);
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), std::string::npos) << token;
    EXPECT_TRUE(seen.insert(token).second);
  }
}

TEST(Secret, IsEqualOnlyToItself) {
  EXPECT_TRUE(equalSecret("secret", "secret"));
  EXPECT_FALSE(equalSecret("secret", "secreT"));
  EXPECT_FALSE(equalSecret("secret", "Secret"));
  EXPECT_FALSE(equalSecret("secret", "secret1"));
  EXPECT_FALSE(equalSecret("secret", ""));
  EXPECT_TRUE(equalSecret("", ""));
}

TEST(IsoTime, IsUtcWithMilliseconds) {
  EXPECT_EQ(isoTime(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(isoTime(1769868202123), "2026-01-31T14:03:22.123Z");
  EXPECT_EQ(isoTime(951782400007), "2000-02-29T00:00:00.007Z");
}

}  // namespace
}  // namespace call_test
