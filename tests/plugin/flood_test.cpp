// What a plugin may write and say in a second, and what is said of the rest.
#include "host/plugin/flood.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace plugin_test {
namespace {

using namespace hookswitch;
using plugin::FloodGate;
using testing::HasSubstr;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++n;
  return n;
}

TEST(Flood, LinesAboveTheBoundAreDroppedAndOneLineSaysHowMany) {
  FloodGate& gate = FloodGate::of("flood_lines");
  testing::internal::CaptureStderr();
  for (int i = 0; i < 100'000; ++i) gate.line(log::Level::information, "call-1", "a line");
  FloodGate::report();
  FloodGate::report();
  const std::string text = testing::internal::GetCapturedStderr();
  const std::size_t written = count(text, "[plugin.flood_lines] call=call-1 a line\n");
  EXPECT_GE(written, 2u * FloodGate::lines_per_second);
  EXPECT_LT(written, 50'000u) << "however slow the machine is";
  EXPECT_EQ(count(text, "floods: " + std::to_string(100'000 - written) + " lines were dropped"), 1u)
      << text.substr(text.size() - 300);
}

TEST(Flood, WhatTheLogDoesNotWriteCountsForNothing) {
  FloodGate& gate = FloodGate::of("flood_debug");
  testing::internal::CaptureStderr();
  for (int i = 0; i < 10'000; ++i) gate.line(log::Level::debug, {}, "unseen");
  gate.line(log::Level::information, {}, "seen");
  FloodGate::report();
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::AllOf(HasSubstr("seen"), testing::Not(HasSubstr("floods"))));
}

TEST(Flood, ALongLineIsCutAndSaysSo) {
  testing::internal::CaptureStderr();
  FloodGate::of("flood_long").line(log::Level::information, {}, std::string(70'000'000, 'x'));
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_LT(text.size(), FloodGate::max_line + 200);
  EXPECT_THAT(text, HasSubstr("... (cut, it had 70000000 bytes)"));
}

TEST(Flood, NoticesHaveABoundOfTheirOwn) {
  FloodGate& gate = FloodGate::of("flood_notices");
  std::string text;
  std::size_t told = 0;
  for (int i = 0; i < 10'000; ++i) told += gate.notice("look", text);
  EXPECT_GE(told, 100u);
  EXPECT_LT(told, 5'000u);
  testing::internal::CaptureStderr();
  FloodGate::report();
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("[plugin.flood_notices] floods: " + std::to_string(10'000 - told) + " notices were dropped"));
}

TEST(Flood, ACutLeavesNoHalfACharacter) {
  EXPECT_EQ(plugin::shortened("abc", 3), "abc");
  EXPECT_EQ(plugin::shortened("ab\xC3\xA4", 3), "ab... (cut, it had 4 bytes)");
}

}  // namespace
}  // namespace plugin_test
