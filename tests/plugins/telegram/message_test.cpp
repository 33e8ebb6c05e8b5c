#include "plugins/telegram/message.hpp"

#include "tests/plugins/telegram/markup.hpp"

#include <hookswitch/plugin.hpp>
#include <hookswitch/utf8.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookswitch::telegram {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Sample {
  hks_call call{};
  hks_record record{};
  std::vector<std::string> texts;
  std::vector<hks_line> lines;

  Sample() {
    call.msg.size = sizeof call;
    call.call = hks::str("c-1");
    call.to_number = hks::str("+49301234");
    call.from_number = hks::str("+15550001");
    call.direction = HKS_OUTBOUND;
    record.size = sizeof record;
    record.line_size = sizeof(hks_line);
    record.call = &call;
    record.outcome = HKS_COMPLETED;
    record.ended_by = HKS_BY_AGENT;
    record.reason = hks::str("the agent said goodbye");
    record.answered_unix_ms = 1;
    record.duration_ms = 65432;
  }
  void say(std::uint32_t speaker, std::string text) {
    texts.push_back(std::move(text));
    hks_line line{};
    line.size = sizeof line;
    line.speaker = speaker;
    lines.push_back(line);
  }
  const hks_record& get() {
    for (std::size_t i = 0; i < lines.size(); ++i) lines[i].text = hks::str(texts[i]);
    record.lines = lines.data();
    record.line_count = lines.size();
    return record;
  }
};

TEST(TelegramMessage, TellsWhoHowLongAndWhy) {
  Sample s;
  s.say(HKS_ASSISTANT, "Hello.");
  s.say(HKS_USER, "Hi!");
  const auto parts = endedMessage(s.get(), true);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].html,
            "\u2705 <b>Call ended</b>\n<b>To</b> <code>+49301234</code> from <code>+15550001</code> (outbound)\n"
            "<b>Duration</b> 1:05\n<b>Outcome</b> completed\n<b>Ended by</b> the agent\n"
            "<b>Reason</b> the agent said goodbye\n<b>Call</b> <code>c-1</code>\n\n"
            "<blockquote expandable>\U0001F916 Hello.\n\U0001F464 Hi!</blockquote>");
  EXPECT_EQ(parts[0].plain,
            "\u2705 Call ended\nTo +49301234 from +15550001 (outbound)\nDuration 1:05\nOutcome completed\n"
            "Ended by the agent\nReason the agent said goodbye\nCall c-1\n\n\U0001F916 Hello.\n\U0001F464 Hi!");
  EXPECT_FALSE(parts[0].silent);
}

TEST(TelegramMessage, SaysOfAnIncomingCallThatWasNotAnswered) {
  Sample s;
  s.call.direction = HKS_INCOMING;
  std::swap(s.call.from_number, s.call.to_number);
  s.record.outcome = HKS_NO_ANSWER;
  s.record.answered_unix_ms = s.record.duration_ms = 0;
  const auto parts = endedMessage(s.get(), true);
  EXPECT_THAT(parts.at(0).plain, HasSubstr("\u274C Call ended\nFrom +49301234 to +15550001 (incoming)\nDuration 0:00 "
                                           "(not answered)\nOutcome no answer"));
}

TEST(TelegramMessage, EscapesEverythingThatComesFromOutside) {
  Sample s;
  s.call.to_number = hks::str("<b>&");
  s.record.reason = hks::str("</code><a href=\"x\">");
  s.say(HKS_USER, "1 < 2 && \x02 3 > 2\nnew\u202E line \xff");
  const auto part = endedMessage(s.get(), true).at(0);
  EXPECT_EQ(markupProblem(part.html), "");
  EXPECT_EQ(markupText(part.html), part.plain);
  EXPECT_THAT(part.plain, HasSubstr("1 < 2 && 3 > 2 new line \uFFFD"));
}

TEST(TelegramMessage, CanLeaveTheTranscriptOut) {
  Sample s;
  s.say(HKS_USER, "secret");
  const auto parts = endedMessage(s.get(), false);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_THAT(parts[0].html, Not(HasSubstr("secret")));
}

TEST(TelegramMessage, SplitsALongTranscriptIntoNumberedParts) {
  Sample s;
  for (int i = 0; i < 150; ++i)
    s.say(i % 2 ? HKS_USER : HKS_ASSISTANT, "Line " + std::to_string(i) + " of it & more, all escaped < > 0123456789.");
  const auto parts = endedMessage(s.get(), true);
  ASSERT_EQ(parts.size(), 3u);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    EXPECT_THAT(parts[i].plain, HasSubstr("(" + std::to_string(i + 1) + "/3)"));
    EXPECT_LE(hks::utf8::utf16Length(parts[i].plain), kMaxUnits);
    EXPECT_EQ(markupProblem(parts[i].html), "");
    EXPECT_EQ(markupText(parts[i].html), parts[i].plain);
    EXPECT_EQ(parts[i].silent, i > 0);
  }
  for (int i = 0; i < 150; ++i) {
    int seen = 0;
    for (const auto& part : parts) seen += part.plain.find("Line " + std::to_string(i) + " of") != std::string::npos;
    EXPECT_EQ(seen, 1) << i;
  }
  EXPECT_THAT(parts[2].plain, Not(HasSubstr("not shown")));
}

TEST(TelegramMessage, CutsWhatDoesNotFitIntoThreePartsAndSaysHowMuch) {
  Sample s;
  for (int i = 0; i < 5000; ++i) s.say(HKS_USER, "\U0001F600 line number " + std::to_string(i) + " & some words");
  const auto parts = endedMessage(s.get(), true);
  ASSERT_EQ(parts.size(), kMaxParts);
  std::size_t shown = 0;
  for (const auto& part : parts) {
    EXPECT_LE(hks::utf8::utf16Length(part.plain), kMaxUnits);
    EXPECT_EQ(markupProblem(part.html), "");
    for (std::size_t at = 0; (at = part.plain.find("line number", at)) != std::string::npos; ++at) ++shown;
  }
  EXPECT_THAT(parts.back().plain, HasSubstr("\u2026 " + std::to_string(5000 - shown) + " more lines not shown"));
}

TEST(TelegramMessage, KeepsItsLimitWhenOneLineIsEndless) {
  Sample s;
  std::string text;
  for (int i = 0; i < 40000; ++i) text += "\U0001F600";
  s.say(HKS_USER, text);
  s.record.reason = hks::str(text);
  for (const auto& part : endedMessage(s.get(), true)) EXPECT_LE(hks::utf8::utf16Length(part.plain), kMaxUnits);
}

TEST(TelegramMessage, AnnouncesAStartSilently) {
  Sample s;
  const auto parts = startedMessage(s.get());
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_TRUE(parts[0].silent);
  EXPECT_EQ(parts[0].plain, "\U0001F4DE Call started\nTo +49301234 from +15550001 (outbound)\nCall c-1");
}

TEST(TelegramMessage, CutsALongNotice) {
  const std::string text(100000, 'x');
  hks_notice notice{};
  notice.level = HKS_ERROR;
  notice.text = hks::str(text);
  const auto parts = noticeMessage(notice);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_LE(hks::utf8::utf16Length(parts[0].plain), kMaxUnits);
  EXPECT_THAT(parts[0].plain, HasSubstr("Error"));
  EXPECT_THAT(parts[0].plain, HasSubstr("\u2026"));
}

TEST(TelegramMessage, WritesMinutes) {
  EXPECT_EQ(minutes(0), "0:00");
  EXPECT_EQ(minutes(59999), "0:59");
  EXPECT_EQ(minutes(3600000), "60:00");
}

TEST(TelegramMessage, SaysWhenTheCallWasWithItsTimeZone) {
  Sample s;
  s.record.started_unix_ms = 1700000000000;
  s.record.ended_unix_ms = 1700000080000;
  Telling telling;
  EXPECT_EQ(telling.zone.set("Europe/Berlin"), "");
  telling.unix_ms = 1700000081000;
  const auto parts = endedMessage(s.get(), false, telling);
  EXPECT_THAT(parts[0].plain, HasSubstr("\nWhen 2023-11-14 23:13:20 CET (UTC+01:00) to 23:14:40\n"));
  EXPECT_THAT(parts[0].plain, Not(HasSubstr("late")));
  EXPECT_THAT(startedMessage(s.get(), telling)[0].plain, HasSubstr("\nWhen 2023-11-14 23:13:20 CET (UTC+01:00)\n"));
}

TEST(TelegramMessage, SaysThatItIsToldLate) {
  Sample s;
  s.record.started_unix_ms = 1700000000000;
  s.record.ended_unix_ms = 1700000080000;
  Telling telling;
  telling.unix_ms = 1700000080000 + 11520000;
  EXPECT_THAT(endedMessage(s.get(), false, telling)[0].plain, HasSubstr("Told late: this was 3 h 12 min ago"));
  EXPECT_THAT(digestLine(s.get(), telling).plain, HasSubstr("told late, 3 h 12 min ago"));
  telling.unix_ms = 1700000000000 + 300000;
  EXPECT_THAT(startedMessage(s.get(), telling)[0].plain, HasSubstr("Told late: this was 5 min ago"));
}

TEST(TelegramMessage, JoinsAsManyCallsAsFit) {
  Sample s;
  s.record.outcome = HKS_FAILED;
  s.record.ended_unix_ms = 1700000080000;
  const std::string reason(2000, 'x');
  s.record.reason = hks::str(reason);
  const Part line = digestLine(s.get(), {});
  EXPECT_LE(hks::utf8::utf16Length(line.plain), kMaxDigestUnits);
  const std::vector<const Part*> lines(100, &line);
  std::size_t count = 0;
  const Part all = joined(lines, count);
  EXPECT_GE(count, 10u);
  EXPECT_LT(count, 100u);
  EXPECT_LE(hks::utf8::utf16Length(all.plain), kMaxUnits);
  EXPECT_THAT(all.plain, HasSubstr(std::to_string(count) + " calls ended"));
  EXPECT_EQ(markupText(all.html), all.plain);
}

}  // namespace
}  // namespace hookswitch::telegram
