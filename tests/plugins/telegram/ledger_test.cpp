// What the host's ledger sees: hooks, attempts, deadlines, many calls at once.
#include "tests/plugins/telegram/bot.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace hookswitch::telegram {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(TelegramLedger, AsksForTheHooksItsEventsNeed) {
  Bot ended;
  ASSERT_THAT(ended.started.ofType(HKS_HOOK), SizeIs(1));
  EXPECT_EQ(ended.started.only(HKS_HOOK).phase, HKS_PHASE_NOTIFY);
  EXPECT_LE(ended.started.only(HKS_HOOK).deadline_ms, 15000u);
  Bot both(Pairs{{"events", "call_started,call_ended"}});
  EXPECT_THAT(both.started.ofType(HKS_HOOK), SizeIs(2));
  Bot none(Pairs{{"events", "error"}});
  EXPECT_THAT(none.started.ofType(HKS_HOOK), IsEmpty());
}

TEST(TelegramLedger, StaysIdleAndSaysWhyWhenItsSettingsCannotWork) {
  Bot bot(Pairs{{"chat_id", "nobody"}});
  EXPECT_THAT(bot.started.ofType(HKS_HOOK), IsEmpty());
  EXPECT_THAT(bot.logs, Contains(HasSubstr("'nobody' is not a chat")));
  bot.ended(1, callRecord("c1"));
  EXPECT_EQ(bot.done.at(0).state, HKS_HOOK_SKIP);
}

TEST(TelegramLedger, SkipsPhasesNobodyConfigured) {
  Bot bot;
  bot.ended(1, callRecord("c1"), 1, HKS_PHASE_STARTED);
  bot.ended(2, callRecord("c1"), 1, HKS_PHASE_HANGUP);
  EXPECT_THAT(bot.sent, IsEmpty());
  EXPECT_EQ(bot.doneOf(1).at(0).state, HKS_HOOK_SKIP);
  EXPECT_EQ(bot.doneOf(2).at(0).state, HKS_HOOK_SKIP);
}

TEST(TelegramLedger, AnnouncesTheStartSilentlyAndTheEndAsWell) {
  Bot bot(Pairs{{"events", "call_started,call_ended"}});
  bot.ended(1, callRecord("c1"), 1, HKS_PHASE_STARTED);
  bot.wait(100);
  bot.ended(2, callRecord("c1"));
  bot.wait(100);
  ASSERT_THAT(bot.sent, SizeIs(2));
  EXPECT_THAT(bot.texts(0), HasSubstr("Call started"));
  EXPECT_EQ(bot.sent[0].body["disable_notification"], true);
  EXPECT_THAT(bot.texts(1), HasSubstr("Call ended"));
}

TEST(TelegramLedger, SendsAnEventOnceHoweverOftenTheHostAsks) {
  Bot bot;
  bot.ended(1, callRecord("c1"));
  bot.wait(100);
  bot.ended(2, callRecord("c1"), 2);  // its first answer came too late for the host
  EXPECT_EQ(bot.doneOf(2).at(0).state, HKS_HOOK_OK);
  EXPECT_THAT(bot.sent, SizeIs(1));
}

TEST(TelegramLedger, SendsOnlyTheMissingPartsAtTheNextAttempt) {
  Bot bot(Pairs{{"chat_id", "42,43"}});
  int n = 0;
  bot.service = [&](const Bot::Sent& s) {
    if (s.body["chat_id"] == 42 && ++n == 2) return Bot::refusal(s.id, 429, "Too Many Requests", {{"retry_after", 1}});
    return Bot::ok(s.id);
  };
  bot.ended(1, callRecord("c1", 420));
  bot.wait(10000);
  ASSERT_THAT(bot.doneOf(1), SizeIs(1));
  EXPECT_EQ(bot.doneOf(1)[0].state, HKS_HOOK_RETRY);
  bot.ended(2, callRecord("c1", 420), 2);
  bot.wait(10000);
  ASSERT_THAT(bot.doneOf(2), SizeIs(1));
  EXPECT_EQ(bot.doneOf(2)[0].state, HKS_HOOK_OK);
  std::map<int, std::vector<std::string>> parts;
  for (auto& s : bot.sent) {
    const std::string text = s.body["text"];
    parts[s.body["chat_id"]].push_back(text.substr(text.find("/3)") - 2, 5));
  }
  EXPECT_THAT(parts[42], ElementsAre("(1/3)", "(2/3)", "(2/3)", "(3/3)"));
  EXPECT_THAT(parts[43], ElementsAre("(1/3)", "(2/3)", "(3/3)"));
}

TEST(TelegramLedger, AnswersBeforeTheDeadlineWhenTelegramDoesNot) {
  Bot bot;
  bot.latency_ms = 14500;  // longer than the request may take; the host will report it, late
  bot.ended(1, callRecord("c1"));
  bot.wait(14400);
  ASSERT_THAT(bot.done, SizeIs(1));
  EXPECT_EQ(bot.done[0].state, HKS_HOOK_RETRY);
  EXPECT_LT(bot.done[0].at_ms, 15000u);
  bot.wait(1000);  // it did arrive
  bot.ended(2, callRecord("c1"), 2);
  EXPECT_EQ(bot.doneOf(2).at(0).state, HKS_HOOK_OK);
  EXPECT_THAT(bot.sent, SizeIs(1)) << "what arrived late is not sent twice";
}

TEST(TelegramLedger, DoesNotRepeatARequestThatIsStillUnderWay) {
  Bot bot;
  bot.service = nullptr;
  bot.ended(1, callRecord("c1"));
  bot.wait(14000);
  bot.ended(2, callRecord("c1"), 2);
  bot.wait(1000);
  ASSERT_THAT(bot.sent, SizeIs(1));
  bot.player.step(Bot::ok(bot.sent[0].id));
  EXPECT_EQ(bot.doneOf(2).at(0).state, HKS_HOOK_OK);
}

TEST(TelegramLedger, TellsEveryCallOfManyThatEndTogetherOnceAndAtTheAllowedPace) {
  Bot bot;
  constexpr int kCalls = 60;
  std::multimap<std::uint64_t, std::pair<int, std::uint32_t>> due;  // the ledger: when, which call, attempt
  for (int i = 0; i < kCalls; ++i) due.emplace(0, std::make_pair(i, 1u));
  std::uint64_t hook = 0;
  std::map<std::uint64_t, std::pair<int, std::uint32_t>> asked;
  std::size_t seen = 0;
  int ok = 0;
  std::uint32_t most = 0;
  for (int step = 0; step < 2000 && ok < kCalls; ++step) {
    while (!due.empty() && due.begin()->first <= bot.player.now()) {
      const auto [call, attempt] = due.begin()->second;
      due.erase(due.begin());
      asked[++hook] = {call, attempt};
      most = std::max(most, attempt);
      bot.ended(hook, callRecord("call-" + std::to_string(call) + "."), attempt);
    }
    bot.wait(100);
    for (; seen < bot.done.size(); ++seen) {
      const auto& d = bot.done[seen];
      const auto [call, attempt] = asked.at(d.hook);
      if (d.state == HKS_HOOK_OK)
        ++ok;
      else
        due.emplace(d.at_ms + d.after_ms, std::make_pair(call, attempt + 1));
    }
  }
  EXPECT_EQ(ok, kCalls);
  EXPECT_THAT(bot.sent, SizeIs(kCalls));
  std::set<std::string> texts;
  for (auto& s : bot.sent) texts.insert(s.body["text"]);
  EXPECT_THAT(texts, SizeIs(kCalls));
  for (std::size_t i = 3; i < bot.sent.size(); ++i)
    EXPECT_GE(bot.sent[i].at_ms - bot.sent[i - 3].at_ms, 1000u) << "more than a burst of three at " << i;
  EXPECT_LE(bot.sent.back().at_ms, std::uint64_t(kCalls) * 1600) << "the pace is used";
  EXPECT_LE(most, 5u) << "nobody is sent away again and again";
}

TEST(TelegramLedger, AnswersEveryHookOfThousandsAndStaysBounded) {
  Bot bot;
  bot.service = nullptr;  // nothing ever comes back
  for (std::uint64_t i = 1; i <= 3000; ++i) bot.ended(i, callRecord("c" + std::to_string(i)));
  bot.wait(15000);
  EXPECT_THAT(bot.done, SizeIs(3000));
  EXPECT_THAT(bot.sent, SizeIs(1));
  EXPECT_LE(bot.player.timers(), 1100u);
  bot.wait(100000000);
  EXPECT_LE(bot.player.timers(), 3u);
}

TEST(TelegramLedger, PassesWarningsOnWhenAskedTo) {
  Bot bot(Pairs{{"events", "error"}});
  bot.player.step(In::notice("all is well", "c1", HKS_INFO));
  EXPECT_THAT(bot.sent, IsEmpty());
  bot.player.step(In::notice("the model <x> is gone", "c1", HKS_ERROR));
  ASSERT_THAT(bot.sent, SizeIs(1));
  EXPECT_THAT(bot.texts(0), HasSubstr("Error</b>\nthe model &lt;x&gt; is gone"));
  bot.service = nullptr;
  for (int i = 0; i < 1000; ++i) bot.player.step(In::notice("flood " + std::to_string(i), "", HKS_WARN));
  EXPECT_THAT(bot.done, IsEmpty());
}

TEST(TelegramLedger, DeliversNoticesThroughAPauseButNotThroughAnOutage) {
  Bot bot(Pairs{{"events", "error"}});
  int n = 0;
  bot.service = [&](const Bot::Sent& s) {
    return ++n == 1 ? Bot::refusal(s.id, 429, "Too Many Requests", {{"retry_after", 2}})
           : n == 3 ? Bot::refusal(s.id, 502, "Bad Gateway")
                    : Bot::ok(s.id);
  };
  bot.player.step(In::notice("one", "", HKS_WARN));
  bot.wait(5000);
  EXPECT_THAT(bot.sent, SizeIs(2));
  bot.player.step(In::notice("two", "", HKS_WARN));
  bot.wait(60000);
  EXPECT_THAT(bot.sent, SizeIs(3));
}

TEST(TelegramLedger, ReadsTheRecordsOfANewerHost) {
  Bot bot;
  bot.player.player().newerHost(128);
  bot.ended(1, callRecord("c1"));
  bot.wait(100);
  EXPECT_EQ(bot.done.at(0).state, HKS_HOOK_OK);
}

}  // namespace
}  // namespace hookswitch::telegram
