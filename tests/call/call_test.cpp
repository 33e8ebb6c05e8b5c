#include "host/call/call.hpp"
#include "tests/call/sample_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace call_test {
namespace {

using namespace hookswitch::call;

TEST(Record, ItsClockIsTheWallClockOfItsStartDrivenByTheMonotonicOne) {
  Record r = sampleRecord();
  r.started_ms = 50'000;
  const std::uint64_t start = r.started_unix_ms;
  EXPECT_EQ(r.clockMs(55'000, start + 86'400'000), start + 5'000) << "a wall clock that was set forward";
  EXPECT_EQ(r.clockMs(55'000, 0), start + 5'000) << "and back";
  EXPECT_EQ(r.durationMs(r.clockMs(55'000, 0)), 5'000u - 2'123u);
}

TEST(Record, WithoutThatClockNoTimeIsNegativeOrLongerThanTheCallMayBe) {
  Record r = sampleRecord();  // of an earlier run of the machine
  EXPECT_EQ(r.clockMs(7, r.answered_unix_ms + 4'000), r.answered_unix_ms + 4'000);
  EXPECT_EQ(r.clockMs(7, 1'000), r.answered_unix_ms) << "set back: not before what has happened";
  EXPECT_EQ(r.clockMs(7, r.answered_unix_ms + 30ull * 86'400'000), r.answered_unix_ms + 3'600'000)
      << "set forward: the carrier has ended it";
  r.answered_unix_ms = 0;
  EXPECT_EQ(r.clockMs(7, 1'000), r.started_unix_ms);
}

TEST(Record, ALineIsKeptUpToItsBoundAndMarkedWhenItIsCut) {
  Record r = sampleRecord();
  std::string said(Record::max_line_bytes - 1, 'x');
  ASSERT_TRUE(r.addLine({1, 1, said + "x"}));
  ASSERT_TRUE(r.addLine({2, 2, said + "\xC3\xBC and more"}));  // the bound lies within a character
  EXPECT_EQ(r.transcript[0].text.size(), Record::max_line_bytes);
  EXPECT_FALSE(r.transcript[0].cut);
  EXPECT_EQ(r.transcript[1].text, said);
  EXPECT_TRUE(r.transcript[1].cut);
  EXPECT_EQ(r.transcript_bytes, 2 * Record::max_line_bytes - 1);
}

TEST(Record, CorrectionsThatGrowCountForTheBoundOfTheTranscript) {
  Record r = sampleRecord();
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

TEST(Record, DurationIsCountedFromTheAnswer) {
  Record r = sampleRecord();
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
  Record r = sampleRecord();
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
  Record r = sampleRecord();
  for (std::size_t i = 0; i < Record::max_lines; ++i) ASSERT_TRUE(r.addLine({1, i, "x"}));
  EXPECT_FALSE(r.addLine({1, 1, "x"}));
  EXPECT_EQ(r.transcript.size(), Record::max_lines);
}

TEST(Record, ATranscriptHasABoundInBytes) {
  Record r = sampleRecord();
  const std::string long_line(Record::max_line_bytes, 'x');
  constexpr std::size_t count = Record::max_transcript_bytes / Record::max_line_bytes;
  for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(r.addLine({1, 1, long_line}));
  EXPECT_FALSE(r.addLine({1, 1, "x"}));
  EXPECT_EQ(r.transcript.size(), count);
}

}  // namespace
}  // namespace call_test
