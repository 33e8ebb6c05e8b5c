// What happens to one message in one chat.
#include "tests/plugins/telegram/bot.hpp"
#include "tests/plugins/telegram/markup.hpp"

#include <gmock/gmock.h>

namespace hookswitch::telegram {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(TelegramDelivery, SendsOneMessageAndAnswersTheHook) {
  Bot bot;
  bot.ended(1, callRecord("c1"));
  ASSERT_THAT(bot.sent, SizeIs(1));
  EXPECT_THAT(bot.done, IsEmpty()) << "nothing has arrived yet";
  EXPECT_EQ(bot.sent[0].body["chat_id"], 42);
  EXPECT_FALSE(bot.sent[0].body.contains("disable_notification"));
  EXPECT_THAT(bot.texts(0), HasSubstr("Line 1 of call c1"));
  bot.wait(1000);
  ASSERT_THAT(bot.done, SizeIs(1));
  EXPECT_EQ(bot.done[0].state, HKS_HOOK_OK);
}

TEST(TelegramDelivery, SendsThePartsInOrderOneAfterTheOther) {
  Bot bot;
  bot.latency_ms = 400;
  bot.ended(1, callRecord("c1", 420));
  bot.wait(14000);
  ASSERT_THAT(bot.sent, SizeIs(3));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_THAT(bot.texts(i), HasSubstr("(" + std::to_string(i + 1) + "/3)"));
  EXPECT_GE(bot.sent[1].at_ms, bot.sent[0].at_ms + 400) << "the next part leaves when the one before has arrived";
  EXPECT_EQ(bot.sent[2].body["disable_notification"], true);
  ASSERT_THAT(bot.done, SizeIs(1));
  EXPECT_EQ(bot.done[0].state, HKS_HOOK_OK);
}

TEST(TelegramDelivery, WritesToEveryChatAndItsTopic) {
  Bot bot(Pairs{{"chat_id", "42,-1001234567890/7"}});
  bot.ended(1, callRecord("c1"));
  bot.wait(1000);
  ASSERT_THAT(bot.sent, SizeIs(2));
  EXPECT_EQ(bot.sent[1].body["chat_id"], -1001234567890);
  EXPECT_EQ(bot.sent[1].body["message_thread_id"], 7);
  ASSERT_THAT(bot.done, SizeIs(1));
  EXPECT_EQ(bot.done[0].state, HKS_HOOK_OK);
}

TEST(TelegramDelivery, ObeysRetryAfter) {
  Bot bot;
  bool limited = true;
  bot.service = [&](const Bot::Sent& s) {
    return std::exchange(limited, false)
               ? Bot::refusal(s.id, 429, "Too Many Requests: retry after 3", {{"retry_after", 3}})
               : Bot::ok(s.id);
  };
  bot.ended(1, callRecord("c1"));
  bot.wait(60);
  ASSERT_THAT(bot.done, SizeIs(1));
  EXPECT_EQ(bot.done[0].state, HKS_HOOK_RETRY);
  EXPECT_THAT(bot.done[0].reason, HasSubstr("429"));
  EXPECT_GE(bot.done[0].after_ms, 3000u);
  EXPECT_LE(bot.done[0].after_ms, 3000u + 300 + 600);
  bot.ended(2, callRecord("c2"));  // another call must not slip through meanwhile
  bot.wait(2900);
  EXPECT_THAT(bot.sent, SizeIs(1));
  bot.wait(1000);
  EXPECT_THAT(bot.sent, SizeIs(1)) << "nor after it: the first one comes first";
  bot.ended(3, callRecord("c1"), 2);
  bot.wait(5000);
  ASSERT_THAT(bot.sent, SizeIs(3));
  EXPECT_THAT(bot.texts(1), HasSubstr("c1"));
  EXPECT_THAT(bot.texts(2), HasSubstr("c2"));
  EXPECT_GE(bot.sent[1].at_ms - bot.sent[0].at_ms, 3050u);
  EXPECT_EQ(bot.doneOf(3).at(0).state, HKS_HOOK_OK);
  EXPECT_EQ(bot.doneOf(2).at(0).state, HKS_HOOK_OK);
}

TEST(TelegramDelivery, StopsTheWholeBotWhenItIsRefusedAgain) {
  Bot bot(Pairs{{"chat_id", "42,43"}});
  bot.service = [&](const Bot::Sent& s) {
    return s.body["chat_id"] == 42 ? Bot::refusal(s.id, 429, "Too Many Requests", {{"retry_after", 2}}) : Bot::ok(s.id);
  };
  bot.ended(1, callRecord("c1"));
  bot.wait(100);
  EXPECT_THAT(bot.sent, SizeIs(2));
  bot.ended(2, callRecord("c2"));
  bot.wait(100);
  EXPECT_THAT(bot.sent, SizeIs(3)) << "the other chat is not concerned by one refusal";
  bot.wait(2400);  // the pause of 42 ends
  bot.ended(4, callRecord("c1"), 2);
  bot.wait(100);  // it is refused again
  EXPECT_THAT(bot.sent, SizeIs(4));
  bot.ended(3, callRecord("c3"));
  bot.wait(1500);
  EXPECT_THAT(bot.sent, SizeIs(4)) << "now both wait";
}

TEST(TelegramDelivery, GoesOnInTheSupergroupAGroupBecame) {
  Bot bot(Pairs{{"chat_id", "-77"}});
  bot.service = [&](const Bot::Sent& s) {
    return s.body["chat_id"] == -77 ? Bot::refusal(s.id, 400, "Bad Request: group chat was upgraded",
                                                   {{"migrate_to_chat_id", -1001234567890}})
                                    : Bot::ok(s.id);
  };
  bot.ended(1, callRecord("c1"));
  bot.wait(200);
  ASSERT_THAT(bot.sent, SizeIs(2));
  EXPECT_EQ(bot.sent[1].body["chat_id"], -1001234567890);
  EXPECT_EQ(bot.done.at(0).state, HKS_HOOK_OK);
  EXPECT_THAT(bot.logs, ElementsAre(HasSubstr("write -1001234567890 into telegram.chat_id instead of -77")));
  bot.ended(2, callRecord("c2"));
  EXPECT_EQ(bot.sent.at(2).body["chat_id"], -1001234567890);
}

TEST(TelegramDelivery, DoesNotFollowAChatThatMovesForEver) {
  Bot bot;
  bot.service = [&](const Bot::Sent& s) { return Bot::refusal(s.id, 400, "moved", {{"migrate_to_chat_id", -100}}); };
  bot.ended(1, callRecord("c1"));
  bot.wait(20000);
  EXPECT_THAT(bot.sent, SizeIs(2));
  EXPECT_EQ(bot.done.at(0).state, HKS_HOOK_GIVE_UP);
}

TEST(TelegramDelivery, RepeatsInPlainTextWhatTheMarkupSpoiled) {
  Bot bot;
  bot.service = [&](const Bot::Sent& s) {
    return s.body.contains("parse_mode") ? Bot::refusal(s.id, 400, "Bad Request: can't parse entities: byte offset 3")
                                         : Bot::ok(s.id);
  };
  bot.ended(1, callRecord("c<1>"));
  bot.wait(1000);
  ASSERT_THAT(bot.sent, SizeIs(2));
  EXPECT_EQ(bot.texts(1), markupText(bot.texts(0)));
  EXPECT_THAT(bot.texts(1), HasSubstr("c<1>"));
  EXPECT_EQ(bot.done.at(0).state, HKS_HOOK_OK);
  EXPECT_THAT(bot.logs, ElementsAre(HasSubstr("without markup")));
}

TEST(TelegramDelivery, GivesUpWhenEvenPlainTextIsRefused) {
  Bot bot;
  bot.service = [&](const Bot::Sent& s) { return Bot::refusal(s.id, 400, "Bad Request: can't parse entities"); };
  bot.ended(1, callRecord("c1"));
  bot.wait(5000);
  EXPECT_THAT(bot.sent, SizeIs(2));
  EXPECT_EQ(bot.done.at(0).state, HKS_HOOK_GIVE_UP);
}

TEST(TelegramDelivery, LeavesATopicOutThatIsGone) {
  Bot bot(Pairs{{"chat_id", "-100/7"}});
  bot.service = [&](const Bot::Sent& s) {
    return s.body.contains("message_thread_id") ? Bot::refusal(s.id, 400, "Bad Request: message thread not found")
                                                : Bot::ok(s.id);
  };
  bot.ended(1, callRecord("c1"));
  bot.wait(1000);
  EXPECT_THAT(bot.sent, SizeIs(2));
  EXPECT_EQ(bot.done.at(0).state, HKS_HOOK_OK);
}

TEST(TelegramDelivery, WaitsForAPersonWhenTheTokenIsWrongAndWarnsOnce) {
  for (const int code : {401, 404}) {
    Bot bot(Pairs{{"chat_id", "42,43"}});
    bot.service = [&](const Bot::Sent& s) { return Bot::refusal(s.id, code, "Unauthorized"); };
    bot.ended(1, callRecord("c1"));
    bot.wait(100);
    EXPECT_EQ(bot.doneOf(1).at(0).state, HKS_HOOK_RETRY);
    EXPECT_EQ(bot.doneOf(1).at(0).flags, std::uint32_t(HKS_HOOK_MEND))
        << "nobody gets anything, so nobody need be passed by";
    EXPECT_THAT(bot.doneOf(1).at(0).reason, HasSubstr("@BotFather"));
    const std::size_t asked = bot.sent.size();
    bot.ended(2, callRecord("c2"));
    EXPECT_EQ(bot.doneOf(2).at(0).flags, std::uint32_t(HKS_HOOK_MEND)) << "told without asking again";
    EXPECT_EQ(bot.sent.size(), asked);
    EXPECT_THAT(bot.logs, SizeIs(1));
    bot.wait(601000);  // ten minutes later somebody may have repaired it
    bot.ended(3, callRecord("c1"), 2);
    bot.wait(100);
    EXPECT_GT(bot.sent.size(), asked);
    EXPECT_THAT(bot.logs, SizeIs(1)) << "and the same sentence is not logged again";
  }
}

TEST(TelegramDelivery, ClosesOneChatThatBlockedTheBotAndServesTheOther) {
  Bot bot(Pairs{{"chat_id", "42,43"}});
  bot.service = [&](const Bot::Sent& s) {
    return s.body["chat_id"] == 42 ? Bot::refusal(s.id, 403, "Forbidden: bot was blocked by the user") : Bot::ok(s.id);
  };
  bot.ended(1, callRecord("c1"));
  bot.ended(2, callRecord("c2"));
  bot.wait(3000);
  int to42 = 0, to43 = 0;
  for (auto& s : bot.sent) (s.body["chat_id"] == 42 ? to42 : to43)++;
  EXPECT_EQ(to42, 1);
  EXPECT_EQ(to43, 2);
  EXPECT_EQ(bot.doneOf(1).at(0).state, HKS_HOOK_RETRY);
  EXPECT_EQ(bot.doneOf(1).at(0).flags, std::uint32_t(HKS_HOOK_MEND | HKS_HOOK_APART))
      << "the calls behind it go to the other chat";
  EXPECT_EQ(bot.doneOf(1).at(0).memo, "43=*");
  EXPECT_THAT(bot.doneOf(1).at(0).reason,
              HasSubstr("chat 42: 403: Forbidden: bot was blocked by the user: that person must unblock the bot"));
  EXPECT_THAT(bot.doneOf(1).at(0).reason, Not(HasSubstr("chat 43")));
  EXPECT_THAT(bot.logs, SizeIs(1));
}

TEST(TelegramDelivery, WhatOneChatHasIsNotSentToItAgainByAnotherSession) {
  Bot bot(Pairs{{"chat_id", "42,43"}});
  bot.give(1, callRecord("c1"), 1700000100000, 7, "43=* 99=1");
  bot.wait(1000);
  ASSERT_THAT(bot.sent, SizeIs(1));
  EXPECT_EQ(bot.sent[0].body["chat_id"], 42);
  EXPECT_EQ(bot.done.at(0).state, HKS_HOOK_OK);
  Bot parts;
  parts.give(1, callRecord("c1", 420), 1700000100000, 2, "42=1");
  parts.wait(5000);
  ASSERT_THAT(parts.sent, SizeIs(2));
  EXPECT_THAT(parts.texts(0), HasSubstr("(2/3)"));
}

TEST(TelegramDelivery, AMemoThatSaysNothingIsNoMemo) {
  for (const char* memo : {"", " ", "=", "42", "42=", "42=x", "43=*", "=*", "42=12", "  =  = "}) {
    Bot bot;
    bot.give(1, callRecord("c1"), 1700000100000, 2, memo);
    bot.wait(1000);
    EXPECT_THAT(bot.sent, SizeIs(1)) << memo;
  }
}

TEST(TelegramDelivery, AChatThatWasClosedIsAskedAgainWhenThereIsNewsAfterAWhile) {
  Bot bot;
  bool mended = false;
  bot.service = [&](const Bot::Sent& s) {
    return mended ? Bot::ok(s.id) : Bot::refusal(s.id, 400, "Bad Request: TOPIC_CLOSED");
  };
  bot.give(1, callRecord("c1"), 1700000100000);
  bot.wait(100);
  EXPECT_THAT(bot.doneOf(1).at(0).reason, HasSubstr("reopen the topic"));
  mended = true;
  bot.give(2, callRecord("c1"), 1700000110000, 2);
  bot.wait(100);
  EXPECT_THAT(bot.sent, SizeIs(1)) << "ten seconds later";
  bot.give(3, callRecord("c1"), 1700000140000, 3);
  bot.wait(100);
  EXPECT_EQ(bot.doneOf(3).at(0).state, HKS_HOOK_OK);
}

TEST(TelegramDelivery, OneThatWasGivenUpIsTriedAgainWhenSomebodyAsks) {
  Bot bot;
  bool good = false;
  bot.service = [&](const Bot::Sent& s) {
    return good ? Bot::ok(s.id) : Bot::refusal(s.id, 400, "Bad Request: message is too long");
  };
  bot.ended(1, callRecord("c1"));
  bot.wait(100);
  EXPECT_EQ(bot.doneOf(1).at(0).state, HKS_HOOK_GIVE_UP);
  good = true;
  bot.ended(2, callRecord("c1"), 2);
  bot.wait(100);
  EXPECT_EQ(bot.doneOf(2).at(0).state, HKS_HOOK_OK);
}

TEST(TelegramDelivery, BacksOffFromAServiceThatIsDown) {
  Bot bot;
  bot.service = [&](const Bot::Sent& s) { return Bot::refusal(s.id, 500, "Internal Server Error"); };
  std::uint64_t last = 0;
  for (std::uint32_t attempt = 1; attempt <= 5; ++attempt) {
    bot.ended(attempt, callRecord("c1"), attempt);
    bot.wait(100);
    const auto done = bot.doneOf(attempt);
    ASSERT_THAT(done, SizeIs(1)) << attempt;
    EXPECT_EQ(done[0].state, HKS_HOOK_RETRY);
    EXPECT_GT(done[0].after_ms, last) << "1, 2, 4, 8 ... seconds";
    last = done[0].after_ms;
    bot.wait(last);
  }
  EXPECT_THAT(bot.sent, SizeIs(5));
  EXPECT_THAT(bot.logs, SizeIs(1)) << "the same trouble is logged once";
  bot.service = [](const Bot::Sent& s) { return Bot::ok(s.id); };
  bot.ended(9, callRecord("c1"), 6);
  bot.wait(30000);
  EXPECT_EQ(bot.doneOf(9).back().state, HKS_HOOK_OK);
}

TEST(TelegramDelivery, RepeatsWhatGotNoAnswerWhetherOrNotItLeft) {
  for (const std::uint32_t flags : {0u, std::uint32_t(HKS_HTTP_UNSENT)}) {
    Bot bot;
    bot.service = [&](const Bot::Sent& s) {
      return In::noAnswer(s.id, "timeout at http://127.0.0.1:9/bot123456:fake-token/sendMessage", flags);
    };
    bot.ended(1, callRecord("c1"));
    bot.wait(100);
    ASSERT_THAT(bot.done, SizeIs(1));
    EXPECT_EQ(bot.done[0].state, HKS_HOOK_RETRY);
    EXPECT_THAT(bot.done[0].reason, HasSubstr("bot***/sendMessage"));
  }
}

TEST(TelegramDelivery, DropsAPartOfWhichNothingIsLeft) {
  Bot bot;
  bot.service = [&](const Bot::Sent& s) { return Bot::refusal(s.id, 400, "Bad Request: message text is empty"); };
  bot.ended(1, callRecord("c1"));
  bot.wait(100);
  EXPECT_EQ(bot.done.at(0).state, HKS_HOOK_OK);
}

TEST(TelegramDelivery, SurvivesAHostThatTakesNoMoreMessages) {
  Bot bot(Pairs{{"chat_id", "42,43"}});
  bot.player.player().fullAfter(2);  // the deadline's timer and one request
  bot.ended(1, callRecord("c1"));
  bot.player.player().fullAfter(4096);
  bot.wait(14000);
  ASSERT_THAT(bot.done, SizeIs(1));
  EXPECT_EQ(bot.done[0].state, HKS_HOOK_RETRY);
  bot.ended(2, callRecord("c1"), 2);
  bot.wait(2000);
  EXPECT_EQ(bot.doneOf(2).at(0).state, HKS_HOOK_OK);
  EXPECT_THAT(bot.sent, SizeIs(2)) << "each chat has it once";
}

}  // namespace
}  // namespace hookswitch::telegram
