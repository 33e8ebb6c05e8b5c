// Lines of the log: one line each, whatever is in them.
#include "host/base/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hookswitch/abi.h>

#include <algorithm>

namespace base_test {
namespace {

using namespace hookswitch;
using testing::HasSubstr;
using testing::Not;

/// What `write` puts on standard error.
template <class F>
std::string captured(log::Format format, const std::string& level, F write) {
  testing::internal::CaptureStderr();
  log::start(level, format);
  write();
  log::stop();
  return testing::internal::GetCapturedStderr();
}

TEST(Log, ATextLineSaysWhenHowBadWhoAndOfWhichCall) {
  const std::string out = captured(log::Format::text, "information", [] { log::warn("calls", "it happened", "id-1"); });
  EXPECT_THAT(out, testing::MatchesRegex("[0-9-]+T[0-9:.]+Z warning     \\[calls\\] call=id-1 it happened\n"));
}

TEST(Log, AJsonLineIsAnObjectWithTheSameFields) {
  const std::string out =
      captured(log::Format::json, "information", [] { log::error("plugin.x", "a \"quoted\"\nline", "id-1"); });
  EXPECT_THAT(out,
              HasSubstr(R"("level":"error","component":"plugin.x","call_id":"id-1","message":"a \"quoted\"\nline"})"
                        "\n"));
}

TEST(Log, AReloadChangesTheFormatOfTheLinesThatFollow) {
  const std::string out = captured(log::Format::text, "information", [] {
    log::info("x", "as text");
    log::flush(std::chrono::seconds(10));
    log::setFormat(log::Format::json);
    log::info("x", "as an object");
  });
  EXPECT_THAT(out, HasSubstr("[x] as text\n"));
  EXPECT_THAT(out, HasSubstr(R"("component":"x","message":"as an object"})"
                             "\n"));
}

TEST(Log, APeerCannotForgeALineOrMoveTheCursor) {
  const std::string out =
      captured(log::Format::text, "information", [] { log::info("x", "bad\nforged\r\x1b[2J\x7f"); });
  EXPECT_THAT(out, HasSubstr("bad\\nforged\\r\\x1b[2J\\x7f\n"));
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1);
}

TEST(Log, ALineThatIsLongIsCutAndSaysSo) {
  const std::string out =
      captured(log::Format::text, "information", [] { log::info("x", std::string(70'000'000, 'y')); });
  EXPECT_LT(out.size(), 9'000u);
  EXPECT_THAT(out, HasSubstr("yyy... (cut, it had 70000000 bytes)\n"));
}

TEST(Log, LinesBelowTheLevelAreNotWritten) {
  const std::string out = captured(log::Format::text, "warning", [] {
    log::info("x", "unimportant");
    log::warn("x", "important");
    log::setLevel("error");
    log::warn("x", "no longer important");
  });
  EXPECT_THAT(out, HasSubstr("[x] important"));
  EXPECT_THAT(out, Not(HasSubstr("unimportant")));
  EXPECT_THAT(out, Not(HasSubstr("no longer")));
}

TEST(Log, AFlushReturnsWhenEveryLineIsWritten) {
  testing::internal::CaptureStderr();
  log::start("information", log::Format::text);
  for (int i = 0; i < 1000; ++i) log::info("x", "line " + std::to_string(i));
  log::flush(std::chrono::seconds(10));
  const std::string out = testing::internal::GetCapturedStderr();  // before stop(), which would write them as well
  log::stop();
  EXPECT_THAT(out, HasSubstr("line 999\n"));
}

TEST(Log, LevelsOfPluginsAreLevelsOfTheLog) {
  EXPECT_EQ(log::fromPlugin(HKS_ERROR), log::Level::error);
  EXPECT_EQ(log::fromPlugin(HKS_WARN), log::Level::warning);
  EXPECT_EQ(log::fromPlugin(HKS_INFO), log::Level::information);
  EXPECT_EQ(log::fromPlugin(HKS_DEBUG), log::Level::debug);
  EXPECT_EQ(log::fromPlugin(77), log::Level::information);
}

}  // namespace
}  // namespace base_test
