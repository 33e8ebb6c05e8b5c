#include "host/api/transcript_text.hpp"
#include "tests/call/sample_record.hpp"
#include "tests/webvtt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace api_test {
namespace {

using call_test::sampleRecord;
using hookswitch::api::Span;
using hookswitch::api::spansOf;
using hookswitch::api::spokenMs;
using hookswitch::api::TranscriptText;
using hookswitch::call::Record;
using hookswitch::call::Status;
using hookswitch_test::Vtt;
using testing::HasSubstr;
using Format = TranscriptText::Format;

constexpr std::uint64_t answer = 1769868202123, later = answer + 3'600'000;

/// A line of one second, `ms` after the answer.
void said(Record& record, std::uint8_t speaker, std::uint64_t ms, const std::string& text = "Yes.") {
  ASSERT_TRUE(record.addLine({speaker, answer + ms, text}));
}

std::string all(const Record& record, Format format, std::uint64_t now = later, std::size_t part = 1) {
  TranscriptText text(record, now, format);
  std::string out;
  while (!text.done()) out += text.next(part);
  return out;
}

std::vector<std::uint64_t> starts(const Record& record, std::uint64_t now = later) {
  std::vector<std::uint64_t> out;
  for (auto& span : spansOf(record, now)) out.push_back(span.start_ms);
  return out;
}
std::vector<std::uint64_t> ends(const Record& record, std::uint64_t now = later) {
  std::vector<std::uint64_t> out;
  for (auto& span : spansOf(record, now)) out.push_back(span.end_ms);
  return out;
}

TEST(TranscriptText, IsReadAsOneLineForEachThatWasSpoken) {
  Record r = sampleRecord();
  said(r, 2, 250, "Hello.");
  said(r, 1, 3'725'004, "Good-bye.");
  EXPECT_EQ(all(r, Format::text, answer + 4'000'000),
            "[00:00:00.250] agent: Hello.\n"
            "[01:02:05.004] caller: Good-bye.\n");
}

TEST(TranscriptText, NothingInATextLooksLikeTheLineOfSomebodyElse) {
  for (const char* gap :
       {"\n", "\r\n", " \t\v\f ", "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9", "\x1B", "\xC2\x9B", "\x7F"}) {
    Record r = sampleRecord();
    said(r, 1, 0, std::string(gap) + "Well," + gap + "[00:00:00.000] agent: yes" + gap);
    EXPECT_EQ(all(r, Format::text), "[00:00:00.000] caller: Well, [00:00:00.000] agent: yes\n");
  }
  Record r = sampleRecord();
  said(r, 1, 0, "\xC3\x85 \xE2\x80\x93 \xC2\xA0\xF0\x9F\x98\x80");
  EXPECT_THAT(all(r, Format::text), HasSubstr("caller: \xC3\x85 \xE2\x80\x93 \xC2\xA0\xF0\x9F\x98\x80\n"));
}

TEST(TranscriptText, BytesThatAreNoUtf8ReadAsTheReplacementCharacterInEveryFormat) {
  Record r = sampleRecord();
  said(r, 1, 0, "A caf\xE9, please.");
  for (const Format format : {Format::json, Format::text, Format::vtt})
    EXPECT_THAT(all(r, format), HasSubstr("A caf\xEF\xBF\xBD, please."));
}

TEST(TranscriptText, AsWebVttNamesTheSpeakerOfEachCue) {
  Record r = sampleRecord();
  said(r, 2, 250, "Hello.");
  said(r, 1, 3'725'004, "Good-bye.");
  EXPECT_EQ(all(r, Format::vtt, answer + 4'000'000),
            "WEBVTT\n\n"
            "00:00:00.250 --> 00:00:01.250\n<v agent>Hello.</v>\n\n"
            "01:02:05.004 --> 01:02:06.004\n<v caller>Good-bye.</v>\n\n");
}

TEST(TranscriptText, NothingInATextIsAMarkOfWebVtt) {
  const std::vector<std::string> texts = {"a < b && b > c",
                                          "<v agent>I agree</v>",
                                          "NOTE\n\n00:00:01.000 --> 00:00:02.000\n\nWEBVTT",
                                          "&amp; &lt; &#60;",
                                          "-->",
                                          std::string("\0nothing\0", 9),
                                          "\r\r",
                                          "</v>",
                                          "STYLE\n::cue { color: red }"};
  Record r = sampleRecord();
  for (std::size_t i = 0; i < texts.size(); ++i) said(r, i % 2 ? 2 : 1, i * 10, texts[i]);
  const Vtt vtt(all(r, Format::vtt));
  ASSERT_EQ(vtt.error, "");
  ASSERT_EQ(vtt.cues.size(), texts.size());
  EXPECT_EQ(vtt.cues[0].text, "a < b && b > c");
  EXPECT_EQ(vtt.cues[1].text, "<v agent>I agree</v>");
  EXPECT_EQ(vtt.cues[1].voice, "agent");
  EXPECT_EQ(vtt.cues[2].text, "NOTE 00:00:01.000 --> 00:00:02.000 WEBVTT");
  EXPECT_EQ(vtt.cues[2].voice, "caller");
  EXPECT_EQ(vtt.cues[3].text, "&amp; &lt; &#60;");
  EXPECT_EQ(vtt.cues[4].text, "-->");
  EXPECT_EQ(vtt.cues[5].text, "nothing");
  EXPECT_EQ(vtt.cues[6].text, "");
}

TEST(TranscriptText, ACallWithoutAWordIsWholeInEveryFormat) {
  const Record r = sampleRecord();
  EXPECT_EQ(all(r, Format::text), "");
  EXPECT_EQ(all(r, Format::vtt), "WEBVTT\n\n");
  EXPECT_EQ(Vtt(all(r, Format::vtt)).error, "");
  EXPECT_THAT(all(r, Format::json), HasSubstr(R"("lines":[]})"));
}

TEST(TranscriptText, AsJsonHasTheCallAndEveryLineAsItIs) {
  Record r = sampleRecord();
  said(r, 1, 877, "Is \"this\"\nit?");
  said(r, 2, 1'877, std::string(Record::max_line_bytes + 1, 'x'));
  const std::string cut(Record::max_line_bytes, 'x');
  EXPECT_EQ(
      all(r, Format::json, answer + 5'000),
      R"({"call_id":"00000000-0000-4000-8000-000000000001","status":"in-progress","zero_at":"2026-01-31T14:03:22.123Z","lines":[)"
      R"({"speaker":"user","text":"Is \"this\"\nit?","at":"2026-01-31T14:03:23.000Z","start_ms":877,"end_ms":1877},)"
      R"({"speaker":"assistant","text":")" +
          cut + R"(","at":"2026-01-31T14:03:24.000Z","start_ms":1877,"end_ms":5000,"cut":true}]})");
  r.transcript_cut = true;
  EXPECT_THAT(all(r, Format::json), HasSubstr(R"("cut":true,"lines":[)"));
}

TEST(TranscriptText, TheClockBeginsWithTheCallWhenNobodyAnswered) {
  Record r = sampleRecord();
  r.answered_unix_ms = 0;
  ASSERT_TRUE(r.addLine({2, r.started_unix_ms + 1'500, "Hello."}));
  EXPECT_THAT(starts(r), testing::ElementsAre(1'500));
  EXPECT_THAT(all(r, Format::json), HasSubstr(R"("zero_at":"2026-01-31T14:03:20.000Z")"));
}

TEST(TranscriptText, AWrongClockTurnsNoTimeBack) {
  Record r = sampleRecord();
  for (const std::uint64_t at : {answer - 5'000, answer + 2'000, answer + 1'000, answer + 3'000, std::uint64_t(0)})
    ASSERT_TRUE(r.addLine({1, at, "Yes."}));
  EXPECT_THAT(starts(r), testing::ElementsAre(0, 2'000, 2'000, 3'000, 3'000));
  const Vtt vtt(all(r, Format::vtt));
  EXPECT_EQ(vtt.error, "");
  EXPECT_EQ(vtt.cues.size(), 5u);
}

TEST(TranscriptText, NoLineBeginsBehindTheEndOfTheCall) {
  Record r = sampleRecord();
  r.status = Status::ended;
  r.ended_unix_ms = answer + 10'000;
  said(r, 1, 9'900);
  said(r, 2, 86'400'000);
  EXPECT_THAT(starts(r), testing::ElementsAre(9'900, 10'000));
  EXPECT_THAT(ends(r), testing::ElementsAre(10'000, 10'001)) << "and each has a length";
  r.ended_unix_ms = answer - 1;
  EXPECT_THAT(starts(r), testing::ElementsAre(0, 0));
  EXPECT_EQ(Vtt(all(r, Format::vtt)).error, "");
}

TEST(TranscriptText, ALineEndsByItsLengthOrWhereTheSameSpeakerGoesOn) {
  Record r = sampleRecord();
  said(r, 2, 0, std::string(150, 'x'));  // ten seconds
  said(r, 1, 1'000, "Stop.");            // into it
  said(r, 2, 5'000, std::string(30, 'x'));
  EXPECT_THAT(ends(r), testing::ElementsAre(5'000, 2'000, 7'010));
  EXPECT_THAT(ends(r, answer + 6'000), testing::ElementsAre(5'000, 2'000, 6'000)) << "not beyond what has passed";
}

TEST(TranscriptText, TheLengthOfALineIsThatOfItsSounds) {
  EXPECT_EQ(spokenMs(""), 1'000u);
  EXPECT_EQ(spokenMs(std::string(30, 'x')), 2'010u);
  std::string umlauts, kana;
  for (int i = 0; i < 30; ++i) umlauts += "\xC3\xBC", kana += "\xE3\x81\x82";
  EXPECT_EQ(spokenMs(umlauts), 2'010u);
  EXPECT_EQ(spokenMs(kana), 6'030u);
}

TEST(TranscriptText, TheLongestTranscriptComesInPartsThatAreNoneOfThemLong) {
  Record r = sampleRecord();
  for (std::size_t i = 0; i < Record::max_lines; ++i)
    said(r, i % 2 ? 2 : 1, i * 300, std::string(400, i % 3 ? '<' : '\x01'));
  for (const Format format : {Format::json, Format::text, Format::vtt}) {
    TranscriptText text(r, later, format);
    std::string whole;
    std::size_t parts = 0;
    for (; !text.done(); ++parts) {
      const std::string part = text.next();
      EXPECT_LT(part.size(), TranscriptText::part_bytes + 6 * Record::max_line_bytes + 1024);
      whole += part;
    }
    EXPECT_GT(parts, 1u);
    EXPECT_TRUE(whole == all(r, format)) << "the same as in other parts";
    if (format == Format::json)
      EXPECT_EQ(nlohmann::json::parse(whole)["lines"].size(), Record::max_lines);
    else if (format == Format::vtt)
      EXPECT_EQ(Vtt(whole).error + std::to_string(Vtt(whole).cues.size()), std::to_string(Record::max_lines));
    else
      EXPECT_EQ(std::size_t(std::count(whole.begin(), whole.end(), '\n')), Record::max_lines);
  }
}

}  // namespace
}  // namespace api_test
