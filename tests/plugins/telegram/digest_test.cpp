// telegram.digest_s: what ended within that time is told in one message.
#include "tests/plugins/telegram/bot.hpp"

#include <gmock/gmock.h>

namespace hookswitch::telegram {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t kMinute = 60000, kBoundary = 1700000100000 / kMinute * kMinute;  // a multiple of a minute

Record endedAt(const std::string& id, std::uint64_t unix_ms) {
  Record r = callRecord(id);
  r.ended_unix_ms = unix_ms;
  return r;
}

class TelegramDigest : public testing::Test {
 protected:
  Bot bot{Pairs{{"digest_s", "60"}, {"chat_id", "-100"}}};
};

TEST_F(TelegramDigest, ACallWaitsInTheLedgerUntilTheTimeIsOver) {
  bot.give(1, endedAt("c1", kBoundary + 20000), kBoundary + 20100);
  EXPECT_THAT(bot.sent, IsEmpty());
  ASSERT_THAT(bot.done, SizeIs(1));
  EXPECT_EQ(bot.done[0].state, HKS_HOOK_RETRY);
  EXPECT_EQ(bot.done[0].flags, std::uint32_t(HKS_HOOK_APART));
  EXPECT_EQ(bot.done[0].after_ms, 39900u);
  EXPECT_THAT(bot.done[0].reason, HasSubstr("with the calls that end until then"));
}

TEST_F(TelegramDigest, ThoseThatEndedWithinItAreOneMessageAndEachIsConfirmedWhenThatHasArrived) {
  for (std::uint64_t i = 1; i <= 5; ++i)
    bot.give(i, endedAt("call-" + std::to_string(i) + ".", kBoundary + i * 1000), kBoundary + kMinute, 2);
  EXPECT_THAT(bot.sent, IsEmpty()) << "they arrive one after the other";
  bot.wait(740);
  ASSERT_THAT(bot.sent, SizeIs(1));
  EXPECT_THAT(bot.done, IsEmpty()) << "nothing has been accepted yet";
  EXPECT_THAT(bot.texts(0), HasSubstr("5 calls ended"));
  std::size_t at = 0;
  for (int i = 1; i <= 5; ++i) {
    const std::size_t found = bot.texts(0).find("call-" + std::to_string(i) + ".");
    ASSERT_NE(found, std::string::npos);
    EXPECT_GT(found, at) << "in order";
    at = found;
  }
  bot.wait(100);
  ASSERT_THAT(bot.done, SizeIs(5));
  for (auto& d : bot.done) EXPECT_EQ(d.state, HKS_HOOK_OK);
}

TEST_F(TelegramDigest, WhatTelegramDoesNotTakeStaysUnconfirmed) {
  bool up = false;
  bot.service = [&](const Bot::Sent& s) { return up ? Bot::ok(s.id) : Bot::refusal(s.id, 502, "Bad Gateway"); };
  for (std::uint64_t i = 1; i <= 3; ++i)
    bot.give(i, endedAt("c" + std::to_string(i), kBoundary), kBoundary + kMinute, 2);
  bot.wait(1000);
  ASSERT_THAT(bot.done, SizeIs(3));
  for (auto& d : bot.done) EXPECT_EQ(d.state, HKS_HOOK_RETRY);
  up = true;
  bot.wait(5000);
  for (std::uint64_t i = 1; i <= 3; ++i)
    bot.give(10 + i, endedAt("c" + std::to_string(i), kBoundary), kBoundary + 2 * kMinute, 3);
  bot.wait(3000);
  ASSERT_THAT(bot.done, SizeIs(6));
  EXPECT_EQ(bot.done.back().state, HKS_HOOK_OK);
  ASSERT_THAT(bot.sent, SizeIs(2));
  EXPECT_THAT(bot.texts(1), HasSubstr("3 calls ended"));
}

TEST_F(TelegramDigest, WhatDoesNotFitIsTheNextMessage) {
  for (std::uint64_t i = 1; i <= 60; ++i)
    bot.give(i, endedAt("call-" + std::to_string(i) + ".", kBoundary + i), kBoundary + kMinute, 2);
  bot.wait(13000);
  EXPECT_GE(bot.sent.size(), 2u);
  EXPECT_LE(bot.sent.size(), 5u);
  std::size_t ok = 0;
  for (auto& d : bot.done) ok += d.state == HKS_HOOK_OK;
  EXPECT_EQ(ok, 60u);
  for (auto& s : bot.sent) EXPECT_LE(std::string(s.body["text"]).size(), 12000u);
}

TEST_F(TelegramDigest, OneThatIsRefusedDoesNotTakeTheOthersWithIt) {
  bot.service = [&](const Bot::Sent& s) {
    return std::string(s.body["text"]).find("bad") != std::string::npos
               ? Bot::refusal(s.id, 400, "Bad Request: strange text")
               : Bot::ok(s.id);
  };
  bot.give(1, endedAt("good1", kBoundary), kBoundary + kMinute, 2);
  bot.give(2, endedAt("bad", kBoundary), kBoundary + kMinute, 2);
  bot.give(3, endedAt("good2", kBoundary), kBoundary + kMinute, 2);
  bot.wait(13000);
  EXPECT_EQ(bot.doneOf(1).at(0).state, HKS_HOOK_OK);
  EXPECT_EQ(bot.doneOf(2).at(0).state, HKS_HOOK_GIVE_UP);
  EXPECT_EQ(bot.doneOf(3).at(0).state, HKS_HOOK_OK);
}

TEST(TelegramDigestSettings, WithoutItOrWithoutAClockEveryCallIsItsOwnMessage) {
  Bot none;
  none.give(1, endedAt("c1", kBoundary), kBoundary + 100);
  EXPECT_THAT(none.sent, SizeIs(1));
  Bot wrong(Pairs{{"digest_s", "-3"}});
  EXPECT_THAT(wrong.logs, testing::Contains(HasSubstr("telegram.digest_s '-3'")));
  wrong.give(1, endedAt("c1", kBoundary), kBoundary + 100);
  EXPECT_THAT(wrong.sent, SizeIs(1));
}

}  // namespace
}  // namespace hookswitch::telegram
