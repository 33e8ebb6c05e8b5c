#include "host/call/call.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace call_test {
namespace {

using namespace hookswitch::call;
using testing::HasSubstr;
using testing::Not;

Record record() {
  auto terms = std::make_shared<Terms>();
  terms->id = "00000000-0000-4000-8000-000000000001";
  terms->carrier = "twilio";
  terms->voice = "openai";
  terms->to_number = "+15550100002";
  terms->from_number = "+15550100001";
  terms->media_url = "wss://gateway.example/twilio/media-stream/SECRET-TOKEN";
  terms->metadata_json = R"({"order":7})";
  Record r;
  r.terms = terms;
  r.status = Status::in_progress;
  r.started_unix_ms = 1769868200000;
  r.answered_unix_ms = 1769868202123;
  return r;
}

TEST(Record, IsListedAsTheApiSpellsIt) {
  EXPECT_EQ(
      toJson(record(), nullptr, 1769868204500, false),
      R"({"call_id":"00000000-0000-4000-8000-000000000001","to_number":"+15550100002","from_number":"+15550100001","far_number":"+15550100002",)"
      R"("status":"in-progress","direction":"outbound","carrier":"twilio","voice":"openai",)"
      R"("started_at":"2026-01-31T14:03:20.000Z","answered_at":"2026-01-31T14:03:22.123Z","duration_s":2.377})");
}

TEST(Record, AnIncomingCallIsFromTheCallerAndToUs) {
  Record r = record();
  auto terms = std::make_shared<Terms>(*r.terms);
  terms->direction = Direction::incoming;
  terms->from_number = "+15550100777";
  terms->to_number = "+15550100001";
  r.terms = terms;
  r.answered_unix_ms = 0;
  const std::string json = toJson(r, nullptr, 1769868204500, false);
  EXPECT_THAT(json,
              HasSubstr(R"("to_number":"+15550100001","from_number":"+15550100777","far_number":"+15550100777")"));
  EXPECT_THAT(json, HasSubstr(R"("answered_at":null)"));
  EXPECT_THAT(json, Not(HasSubstr("stored")));
  EXPECT_THAT(toJson(r, nullptr, 1769868204500, false, false), HasSubstr(R"("stored":false)"));
}

TEST(Record, ItsClockIsTheWallClockOfItsStartDrivenByTheMonotonicOne) {
  Record r = record();
  r.started_ms = 50'000;
  const std::uint64_t start = r.started_unix_ms;
  EXPECT_EQ(r.clockMs(55'000, start + 86'400'000), start + 5'000) << "a wall clock that was set forward";
  EXPECT_EQ(r.clockMs(55'000, 0), start + 5'000) << "and back";
  EXPECT_EQ(r.durationMs(r.clockMs(55'000, 0)), 5'000u - 2'123u);
}

TEST(Record, WithoutThatClockNoTimeIsNegativeOrLongerThanTheCallMayBe) {
  Record r = record();  // of an earlier run of the machine
  EXPECT_EQ(r.clockMs(7, r.answered_unix_ms + 4'000), r.answered_unix_ms + 4'000);
  EXPECT_EQ(r.clockMs(7, 1'000), r.answered_unix_ms) << "set back: not before what has happened";
  EXPECT_EQ(r.clockMs(7, r.answered_unix_ms + 30ull * 86'400'000), r.answered_unix_ms + 3'600'000)
      << "set forward: the carrier has ended it";
  r.answered_unix_ms = 0;
  EXPECT_EQ(r.clockMs(7, 1'000), r.started_unix_ms);
}

TEST(Record, ALineIsKeptUpToItsBoundAndMarkedWhenItIsCut) {
  Record r = record();
  std::string said(Record::max_line_bytes - 1, 'x');
  ASSERT_TRUE(r.addLine({1, 1, said + "x"}));
  ASSERT_TRUE(r.addLine({2, 2, said + "\xC3\xBC and more"}));  // the bound lies within a character
  EXPECT_EQ(r.transcript[0].text.size(), Record::max_line_bytes);
  EXPECT_FALSE(r.transcript[0].cut);
  EXPECT_EQ(r.transcript[1].text, said);
  EXPECT_TRUE(r.transcript[1].cut);
  EXPECT_EQ(r.transcript_bytes, 2 * Record::max_line_bytes - 1);
  const std::string json = toJson(r, nullptr, 1769868204500, true);
  EXPECT_THAT(json, HasSubstr(R"(x","at":"1970-01-01T00:00:00.002Z","cut":true}])"));
  EXPECT_THAT(json, HasSubstr(R"(x","at":"1970-01-01T00:00:00.001Z"},)"));
}

TEST(Record, CorrectionsThatGrowCountForTheBoundOfTheTranscript) {
  Record r = record();
  const auto small = [](unsigned n) { return Line{1, n, "x", "item-" + std::to_string(n)}; };
  for (unsigned n = 0; n < 30; ++n) ASSERT_TRUE(r.addLine(small(n)));
  while (r.transcript_bytes + Record::max_line_bytes <= Record::max_transcript_bytes)
    ASSERT_TRUE(r.addLine({1, 1, std::string(Record::max_line_bytes, 'y')}));
  Line grown = {1, 1, std::string(Record::max_line_bytes, 'z'), "last"};
  ASSERT_TRUE(r.addLine({1, 1, "x", "last"}));
  EXPECT_FALSE(r.addLine(grown));
  EXPECT_LE(r.transcript_bytes, Record::max_transcript_bytes);
  grown.text = "zz";
  EXPECT_TRUE(r.addLine(grown));
}

TEST(Record, ItsDetailOfALiveCallHasNoOutcomeYet) {
  Record r = record();
  ASSERT_TRUE(r.addLine({1, 1769868203000, "Is \"this\" it?\n"}));
  ASSERT_TRUE(r.addLine({2, 1769868204000, "Yes"}));
  const std::string json = toJson(r, nullptr, 1769868204500, true);
  EXPECT_THAT(json, HasSubstr(R"("metadata":{"order":7})"));
  EXPECT_THAT(
      json, HasSubstr(R"("transcript":[{"speaker":"user","text":"Is \"this\" it?\n","at":"2026-01-31T14:03:23.000Z"},)"
                      R"({"speaker":"assistant","text":"Yes","at":"2026-01-31T14:03:24.000Z"}])"));
  EXPECT_THAT(json, Not(HasSubstr("outcome")));
  EXPECT_THAT(json, Not(HasSubstr("ended_at")));
}

TEST(Record, ItsDetailOfAnEndedCallSaysWhoEndedItAndHow) {
  Record r = record();
  r.status = Status::ended;
  r.outcome = Outcome::completed;
  r.ended_by = EndedBy::agent;
  r.reason = "the agent said good-bye";
  r.ended_unix_ms = 1769868206623;
  std::vector<HookRow> rows(3);
  rows[0].phase = Phase::started;
  rows[0].plugin = "gateway";
  rows[0].state = HookRow::State::done;
  rows[1].phase = Phase::hangup;
  rows[1].plugin = "twilio";
  rows[1].state = HookRow::State::retrying;
  rows[1].attempts = 2;
  rows[1].ms = 41;
  rows[1].error = "503";
  rows[2].phase = Phase::notify;
  rows[2].plugin = "telegram";
  rows[2].state = HookRow::State::timed_out;
  const std::string json = toJson(r, &rows, 1769999999999, true);
  EXPECT_THAT(
      json,
      HasSubstr(
          R"("outcome":"completed","ended_by":"agent","reason":"the agent said good-bye","ended_at":"2026-01-31T14:03:26.623Z")"));
  EXPECT_THAT(json, HasSubstr(R"("duration_s":4.500)"));
  EXPECT_THAT(
      json,
      HasSubstr(
          R"("started_hooks":[{"phase":"started","plugin":"gateway","state":"done","ms":0,"attempts":0,"error":""}])"));
  EXPECT_THAT(
      json,
      HasSubstr(
          R"("teardown":[{"phase":"hangup","plugin":"twilio","state":"retrying","ms":41,"attempts":2,"error":"503"},)"
          R"({"phase":"notify","plugin":"telegram","state":"timed-out",)"));
}

TEST(Record, NoAnswerShowsTheMediaToken) {
  Record r = record();
  const std::vector<HookRow> rows;
  EXPECT_THAT(toJson(r, &rows, 1, true), Not(HasSubstr("SECRET-TOKEN")));
}

TEST(Record, DurationIsCountedFromTheAnswer) {
  Record r = record();
  r.answered_unix_ms = 0;
  EXPECT_EQ(r.durationMs(1769868299999), 0u);
  r.answered_unix_ms = 1000;
  EXPECT_EQ(r.durationMs(3500), 2500u);
  r.ended_unix_ms = 2000;
  EXPECT_EQ(r.durationMs(99'000), 1000u) << "an ended call does not grow older";
  r.ended_unix_ms = 500;
  EXPECT_EQ(r.durationMs(99'000), 0u) << "a clock that was set back makes no call of 585 million years";
}

TEST(Record, ALineThatWasCutTakesThePlaceOfTheOneToldBefore) {
  Record r = record();
  ASSERT_TRUE(r.addLine({2, 1, "We open at nine and close at five.", "item_1"}));
  ASSERT_TRUE(r.addLine({1, 2, "Thanks!", "item_2"}));
  ASSERT_TRUE(r.addLine({2, 3, "We open at nine", "item_1"}));
  ASSERT_EQ(r.transcript.size(), 2u);
  EXPECT_EQ(r.transcript[0].text, "We open at nine");
  EXPECT_EQ(r.transcript[0].at_unix_ms, 1u);
  EXPECT_EQ(r.transcript_bytes, 22u);
  ASSERT_TRUE(r.addLine({2, 4, "", "item_1"}));
  ASSERT_TRUE(r.addLine({2, 5, "", "item_9"}));
  ASSERT_EQ(r.transcript.size(), 1u);
  EXPECT_EQ(r.transcript[0].text, "Thanks!");
  ASSERT_TRUE(r.addLine({1, 6, "No name, no correction."}));
  ASSERT_TRUE(r.addLine({1, 7, "No name, no correction."}));
  EXPECT_EQ(r.transcript.size(), 3u);
}

TEST(Record, ATranscriptHasABoundInLines) {
  Record r = record();
  for (std::size_t i = 0; i < Record::max_lines; ++i) ASSERT_TRUE(r.addLine({1, i, "x"}));
  EXPECT_FALSE(r.addLine({1, 1, "x"}));
  EXPECT_EQ(r.transcript.size(), Record::max_lines);
}

TEST(Record, ATranscriptHasABoundInBytes) {
  Record r = record();
  const std::string long_line(Record::max_line_bytes, 'x');
  constexpr std::size_t count = Record::max_transcript_bytes / Record::max_line_bytes;
  for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(r.addLine({1, 1, long_line}));
  EXPECT_FALSE(r.addLine({1, 1, "x"}));
  EXPECT_EQ(r.transcript.size(), count);
}

}  // namespace
}  // namespace call_test
