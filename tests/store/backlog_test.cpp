#include "host/store/backlog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <variant>

#include "support.hpp"

namespace store_test {
namespace {

using testing::SizeIs;

const Hook& hookOf(const Write* write) { return std::get<SaveHook>(*write).hook; }

TEST(Backlog, KeepsTheNewestPerKeyAtThePlaceOfTheFirst) {
  Backlog backlog(1 << 20);
  backlog.add(hook(1, "a", call::HookRow::State::pending));
  backlog.add(hook(1, "b", call::HookRow::State::pending));
  backlog.add(hook(1, "a", call::HookRow::State::done));
  ASSERT_EQ(backlog.size(), 2u);
  const auto front = backlog.front(10);
  EXPECT_EQ(hookOf(front[0]).plugin, "a");
  EXPECT_EQ(hookOf(front[0]).state, call::HookRow::State::done);
  EXPECT_EQ(hookOf(front[1]).plugin, "b");
}

TEST(Backlog, TellsKeysApart) {
  Backlog backlog(1 << 20);
  auto other_phase = hook(1, "a", call::HookRow::State::done);
  other_phase.hook.phase = call::Phase::record;
  for (Write write : std::vector<Write>{liveCall(1), liveCall(2), line(1, 1, "x"), line(1, 2, "x"), line(2, 1, "x"),
                                        hook(1, "a", call::HookRow::State::done), other_phase,
                                        hook(2, "a", call::HookRow::State::done), SaveKey{"k", "", "", 0, 0, ""},
                                        SaveKey{"l", "", "", 0, 0, ""}})
    backlog.add(std::move(write));
  EXPECT_EQ(backlog.size(), 10u);
}

TEST(Backlog, ADroppedKeyTakesThePlaceOfTheSavedOne) {
  Backlog backlog(1 << 20);
  backlog.add(SaveKey{"k", "", "", 0, 0, ""});
  backlog.add(DropKey{"k"});
  ASSERT_EQ(backlog.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<DropKey>(*backlog.front(1)[0]));
}

TEST(Backlog, WritesLinesAfterEverythingElse) {
  Backlog backlog(1 << 20);
  backlog.add(line(1, 1, "x"));
  backlog.add(liveCall(1));
  const auto front = backlog.front(2);
  EXPECT_TRUE(std::holds_alternative<SaveCall>(*front[0]));
  EXPECT_TRUE(std::holds_alternative<SaveLine>(*front[1]));
  backlog.drop(1);
  EXPECT_TRUE(std::holds_alternative<SaveLine>(*backlog.front(5).at(0)));
  backlog.drop(1);
  EXPECT_TRUE(backlog.empty());
  EXPECT_EQ(backlog.bytes(), 0u);
}

TEST(Backlog, GivesUpTheOldestLinesFirstAndThenTheOldestOfTheRest) {
  const std::string text(1000, 'x');
  const std::size_t line_bytes = weight(line(1, 1, text)), call_bytes = weight(liveCall(1));
  Backlog backlog(3 * line_bytes + call_bytes);
  std::size_t dropped = backlog.add(liveCall(1));
  for (std::uint32_t n = 1; n <= 5; ++n) dropped += backlog.add(line(1, n, text));
  EXPECT_EQ(dropped, 2u);
  auto front = backlog.front(10);
  ASSERT_THAT(front, SizeIs(4));
  EXPECT_EQ(std::get<SaveLine>(*front[1]).line.number, 3u);
  dropped = 0;
  unsigned n = 2;
  for (; dropped < 4; ++n) dropped += backlog.add(liveCall(n));  // three lines, then call 1
  front = backlog.front(100);
  EXPECT_EQ(std::get<SaveCall>(*front[0]).record.terms->id, idOf(2));
  EXPECT_EQ(std::get<SaveCall>(*front.back()).record.terms->id, idOf(n - 1));
  EXPECT_LE(backlog.bytes(), 3 * line_bytes + call_bytes);
}

TEST(Backlog, CountsBytesOfWhatReplaces) {
  Backlog backlog(1 << 20);
  backlog.add(line(1, 1, std::string(1000, 'x')));
  const std::size_t before = backlog.bytes();
  backlog.add(line(1, 1, std::string(100, 'x')));
  EXPECT_EQ(backlog.bytes(), before - 900);
}

}  // namespace
}  // namespace store_test
