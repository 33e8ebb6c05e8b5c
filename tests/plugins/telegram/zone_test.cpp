#include "plugins/telegram/zone.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookswitch::telegram {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kWinter = 1700000000000, kSummer = 1689163200000;  // 2023-11-14 22:13:20, 2023-07-12 12:00:00

TEST(TelegramZone, KnowsNamesWithTheirSummers) {
  Zone zone;
  ASSERT_EQ(zone.set("Europe/Berlin"), "");
  EXPECT_EQ(zone.text(kWinter), "2023-11-14 23:13:20 CET (UTC+01:00)");
  EXPECT_EQ(zone.text(kSummer), "2023-07-12 14:00:00 CEST (UTC+02:00)");
  ASSERT_EQ(zone.set("America/St_Johns"), "");
  EXPECT_EQ(zone.text(kWinter), "2023-11-14 18:43:20 NST (UTC-03:30)");
  ASSERT_EQ(zone.set("Asia/Kolkata"), "");
  EXPECT_EQ(zone.text(kSummer), "2023-07-12 17:30:00 IST (UTC+05:30)");
}

TEST(TelegramZone, KnowsOffsetsAndUtc) {
  Zone zone;
  EXPECT_EQ(zone.text(kWinter), "2023-11-14 22:13:20 UTC");
  for (const char* text : {"+02:00", "+2", "UTC+02:00", "+02"}) {
    ASSERT_EQ(zone.set(text), "") << text;
    EXPECT_EQ(zone.text(kWinter), "2023-11-15 00:13:20 UTC+02:00") << text;
  }
  ASSERT_EQ(zone.set("-03:30"), "");
  EXPECT_EQ(zone.text(kWinter), "2023-11-14 18:43:20 UTC-03:30");
  ASSERT_EQ(zone.set("local"), "");
  EXPECT_THAT(zone.text(kWinter), HasSubstr("2023-11-1"));
}

TEST(TelegramZone, RefusesWhatIsNoneAndStaysWithUtc) {
  for (const char* text : {"Mars/Olympus", "../../etc/passwd", "/etc/localtime", "+99:00", "+1:99", "CET CEST",
                           "Europe", "zone.tab", "+02:00x"}) {
    Zone zone;
    EXPECT_THAT(zone.set(text), HasSubstr("expected local, UTC")) << text;
    EXPECT_EQ(zone.text(kWinter), "2023-11-14 22:13:20 UTC") << text;
  }
}

TEST(TelegramZone, AFileThatIsCutOrWrongIsRefusedAndNeverReadBeyondItsEnd) {
  std::string file = "TZif2" + std::string(15, '\0') + std::string(24, '\0');
  Zone zone;
  EXPECT_FALSE(zone.parse(""));
  EXPECT_FALSE(zone.parse("TZif"));
  EXPECT_FALSE(zone.parse(file)) << "a zone without any time";
  for (std::size_t i = 20; i < 44; ++i) {
    std::string wrong = file;
    wrong[i] = '\x7f';
    EXPECT_FALSE(zone.parse(wrong));
    wrong[i] = '\xff';
    EXPECT_FALSE(zone.parse(wrong));
  }
}

}  // namespace
}  // namespace hookswitch::telegram
