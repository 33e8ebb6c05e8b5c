#include "plugins/twilio/text.hpp"

#include <gtest/gtest.h>

namespace hookswitch::twilio {
namespace {

TEST(TwilioText, DatesOfMailAndHttpAreTheSameSeconds) {
  EXPECT_EQ(parseMailDate("Sat, 31 Jan 2026 10:00:00 +0000"), 1769853600);
  EXPECT_EQ(parseMailDate("Sat, 31 Jan 2026 10:00:00 GMT"), 1769853600);
  EXPECT_EQ(parseMailDate("31 Jan 2026 12:00:00 +0200"), 1769853600);
  EXPECT_EQ(parseMailDate("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  EXPECT_EQ(parseMailDate("Thu, 29 Feb 2024 23:59:59 GMT"), 1709251199);
  for (const char* bad :
       {"", "yesterday", "Sat, 31 Foo 2026 10:00:00 GMT", "Sat, 31 Jan 2026 25:00:00 GMT",
        "Sat, 31 Jan 2026 10:00:00 EST", "Sat, 31 anF 2026 10:00:00 GMT", "Sat, 31 Jan 2026 10:00:00"})
    EXPECT_FALSE(parseMailDate(bad)) << bad;
}

TEST(TwilioText, DaysAreOfTheGregorianCalendar) {
  EXPECT_EQ(utcDay(0), "1970-01-01");
  EXPECT_EQ(utcDay(1769853600), "2026-01-31");
  EXPECT_EQ(utcDay(1709251199), "2024-02-29");
  EXPECT_EQ(utcDay(1709251200), "2024-03-01");
  EXPECT_EQ(utcDay(-1), "1969-12-31");
}

TEST(TwilioText, QueryValuesAreFoundByTheirDecodedName) {
  EXPECT_EQ(queryValue("/a?x=1&gw_call=7%2Bf+3&gw_call=2#f", "gw_call"), "7+f 3");
  EXPECT_EQ(queryValue("/a?%67w_call=7", "gw_call"), "7");
  EXPECT_EQ(queryValue("/a?gw_call", "gw_call"), "");
  EXPECT_EQ(queryValue("/a", "gw_call"), "");
}

TEST(TwilioText, NumbersAreDigitsWithinBounds) {
  EXPECT_EQ(parseNumber("42"), 42u);
  for (const char* bad : {"", "-1", "1.5", "4 ", "99999999999999999", "0x1"}) EXPECT_FALSE(parseNumber(bad)) << bad;
}

TEST(TwilioText, ASidMayStandInAnUrl) {
  EXPECT_TRUE(looksLikeSid("CA0123456789abcdef0123456789abcdef"));
  for (const char* bad : {"", "CA", "CA/../x", "CA12?x", "1A23",
                          "C\xC3\xA4"
                          "12"})
    EXPECT_FALSE(looksLikeSid(bad)) << bad;
  EXPECT_FALSE(looksLikeSid("CA" + std::string(63, '0')));
}

}  // namespace
}  // namespace hookswitch::twilio
