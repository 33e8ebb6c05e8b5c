#include "host/media/playout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "tests/media/simulated_carrier.hpp"

namespace hookswitch::media {
namespace {

using test::pattern;
using test::PlayoutBench;

constexpr std::size_t kFrame = 160;

std::string ms(std::size_t n) { return std::string(n * 8, 'a'); }

std::size_t frames(const std::vector<PlayoutAction>& actions) {
  return static_cast<std::size_t>(std::count_if(actions.begin(), actions.end(), [](const PlayoutAction& action) {
    return action.kind == PlayoutAction::Kind::frame;
  }));
}

std::vector<std::string> marks(const std::vector<PlayoutAction>& actions) {
  std::vector<std::string> out;
  for (const auto& action : actions)
    if (action.kind == PlayoutAction::Kind::mark) out.emplace_back(action.mark());
  return out;
}

// ------------------------------------------------------------------------------------------------------ pacing

TEST(Playout, FillsTheLeadAtOnceThenKeepsToTheClock) {
  Playout playout;
  playout.push("a", ms(2000));
  EXPECT_EQ(frames(playout.due(1000)), 10u);
  EXPECT_EQ(frames(playout.due(1000)), 0u);
  EXPECT_EQ(frames(playout.due(20999)), 0u);
  EXPECT_EQ(frames(playout.due(21000)), 1u);
  EXPECT_EQ(frames(playout.due(61000)), 2u);
  EXPECT_EQ(playout.counters().frames, 13u);
}

TEST(Playout, WaitsForEnoughAudioBeforeItStarts) {
  Playout playout;
  playout.push("a", ms(59));
  EXPECT_TRUE(playout.due(0).empty());
  EXPECT_TRUE(playout.idle());
  playout.push("a", ms(1));
  EXPECT_EQ(frames(playout.due(20000)), 3u);
  EXPECT_FALSE(playout.idle());
}

std::vector<std::int64_t> lateness(const std::vector<PlayoutAction>& actions) {
  std::vector<std::int64_t> out;
  for (const auto& action : actions)
    if (action.kind == PlayoutAction::Kind::frame) out.push_back(action.late_us);
  return out;
}

TEST(Playout, TheFirstFrameAfterAGapInsideAnItemIsLateByTheGap) {
  Playout playout;
  playout.push("a", ms(60));
  EXPECT_THAT(lateness(playout.due(0)), testing::ElementsAre(0, 0, 0));
  EXPECT_TRUE(playout.due(100'000).size() <= 1) << "the carrier has been dry for 40 ms";
  playout.push("a", ms(60));
  EXPECT_THAT(lateness(playout.due(250'000)), testing::ElementsAre(190'000, 0, 0));
}

TEST(Playout, AudioThatWasHereAndLeftTooLateIsLate) {
  Playout playout;
  playout.push("a", ms(1000));
  EXPECT_EQ(frames(playout.due(0)), 10u);
  EXPECT_THAT(lateness(playout.due(230'000)), testing::Contains(30'000).Times(1));
}

TEST(Playout, AfterAPauseThatTheSpeakerMadeNothingIsLate) {
  Playout playout;
  playout.push("a", ms(60));
  playout.endItem("a");
  playout.due(0);
  playout.due(100'000);
  playout.push("b", ms(60));
  EXPECT_THAT(lateness(playout.due(900'000)), testing::ElementsAre(0, 0, 0));
  playout.due(1'000'000);  // dry inside of b
  playout.interrupt(1'100'000);
  playout.push("c", ms(60));
  EXPECT_THAT(lateness(playout.due(1'200'000)), testing::ElementsAre(0, 0, 0));
}

TEST(Playout, AnEndedItemStartsHoweverShort) {
  Playout playout;
  playout.push("a", ms(5));
  EXPECT_TRUE(playout.due(0).empty());
  EXPECT_TRUE(playout.endItem("a"));
  const auto& actions = playout.due(1000);
  ASSERT_EQ(actions.size(), 2u);
  EXPECT_EQ(actions[0].audio, ms(5) + std::string(kFrame - 40, '\xFF'));
  EXPECT_EQ(actions[0].item, "a");
  EXPECT_TRUE(actions[0].last);
  EXPECT_EQ(actions[1].mark(), "g1:1");
  EXPECT_EQ(actions[1].item, "a");
  EXPECT_TRUE(actions[1].last);
}

TEST(Playout, DoesNotWaitForEverForMoreAudio) {
  Playout playout;
  playout.push("a", ms(40));
  EXPECT_TRUE(playout.due(1000000).empty());
  EXPECT_TRUE(playout.due(1199999).empty());
  EXPECT_EQ(frames(playout.due(1200000)), 2u);
}

TEST(Playout, AnUnderrunStartsANewClockAndInsertsNothing) {
  PlayoutBench bench;
  const std::string audio = pattern(1600, 1);
  bench.playout.push("a", audio.substr(0, 800));  // 100 ms
  bench.run(500);
  EXPECT_TRUE(bench.playout.idle());
  EXPECT_EQ(bench.playout.counters().underruns, 1u);
  bench.playout.push("a", audio.substr(800));
  bench.playout.endItem("a");
  bench.run(500);
  EXPECT_EQ(bench.carrier.received["a"], audio);
  EXPECT_EQ(bench.carrier.gaps.size(), 1u);  // the one silence is that of the model
  EXPECT_TRUE(bench.playout.drained());
  EXPECT_EQ(bench.playout.counters().underruns, 1u);
}

TEST(Playout, AfterAnUnderrunItBuffersAgainBeforeItGoesOn) {
  PlayoutBench bench;
  bench.playout.push("a", ms(100));
  bench.run(500);
  bench.playout.push("a", ms(20));
  bench.run(40);
  EXPECT_TRUE(bench.playout.idle());
  bench.playout.push("a", ms(40));
  bench.run(20);
  EXPECT_FALSE(bench.playout.idle());
}

TEST(Playout, ALateWakeUpCatchesUpByNoMoreThanTheLead) {
  Playout playout;
  playout.push("a", ms(5000));
  EXPECT_EQ(frames(playout.due(0)), 10u);
  EXPECT_EQ(frames(playout.due(150000)), 7u);    // inside the lead: the clock stands, what was missed is due
  EXPECT_EQ(frames(playout.due(3000000)), 10u);  // the carrier has run dry: as at the start
  EXPECT_EQ(frames(playout.due(3020000)), 1u);
}

TEST(Playout, KeepsTheCarrierWithinTheLeadAndNeverDry) {
  PlayoutOptions options;
  options.lead_ms = 100;
  PlayoutBench bench(options);
  bench.playout.push("a", ms(30000));
  bench.playout.endItem("a");
  for (int i = 0; i < 1600; ++i) bench.run(20 + i % 3 - 1);  // ticks that come early and late
  EXPECT_TRUE(bench.carrier.gaps.empty());
  EXPECT_LE(bench.carrier.max_buffered_us, 100000);
  EXPECT_EQ(bench.carrier.received["a"].size(), 240000u);
  EXPECT_TRUE(bench.playout.drained());
}

TEST(Playout, TheNextItemFollowsWithoutASeam) {
  PlayoutBench bench;
  bench.playout.push("a", ms(333));
  bench.playout.push("b", ms(10));  // ends a; too short to start by itself, but the clock is running
  bench.playout.endItem("b");
  bench.run(1000);
  EXPECT_TRUE(bench.carrier.gaps.empty());
  EXPECT_EQ(bench.carrier.received["a"], ms(333) + std::string(7 * 8, '\xFF'));
  EXPECT_EQ(bench.carrier.received["b"].size(), kFrame);
  EXPECT_TRUE(bench.playout.drained());
}

class OddChunks : public testing::TestWithParam<std::size_t> {};

TEST_P(OddChunks, LoseAndDoubleNothing) {
  for (const AudioFormat format : {AudioFormat::pcmu_8k, AudioFormat::pcma_8k, AudioFormat::s16_16k}) {
    PlayoutOptions options;
    options.format = format;
    PlayoutBench bench(options);
    const std::string audio = pattern(40003 & ~std::size_t{1}, 3);
    for (std::size_t at = 0; at < audio.size(); at += GetParam()) {
      EXPECT_EQ(bench.playout.push("a", std::string_view(audio).substr(at, GetParam())), PushResult::queued);
      if (at % 7 == 0) bench.run(3, 1);
    }
    bench.playout.endItem("a");
    bench.run(6000);
    std::string expected = audio;
    expected.resize((audio.size() + bytesPerMs(format) * 20 - 1) / (bytesPerMs(format) * 20) * bytesPerMs(format) * 20);
    fillSilence(format, expected.data() + audio.size(), expected.size() - audio.size());
    EXPECT_EQ(bench.carrier.received["a"], expected);
    EXPECT_TRUE(bench.playout.drained());
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, OddChunks, testing::Values(1, 159, 161, 4001));

// ------------------------------------------------------------------------------------------------------- marks

TEST(Playout, MarksEvery200MillisecondsAndTheEnd) {
  PlayoutOptions options;
  options.lead_ms = 10000;
  Playout playout(options);
  playout.push("a", ms(500));
  playout.endItem("a");
  std::vector<std::size_t> at;
  std::size_t sent = 0;
  for (const auto& action : playout.due(0)) {
    if (action.kind == PlayoutAction::Kind::frame)
      ++sent;
    else
      at.push_back(sent);
  }
  EXPECT_EQ(at, (std::vector<std::size_t>{10, 20, 25}));
}

TEST(Playout, AnEndThatComesAfterTheLastFrameIsMarkedByItself) {
  PlayoutBench bench;
  bench.playout.push("a", ms(100));
  bench.run(100);
  EXPECT_EQ(bench.carrier.received["a"].size(), 800u);
  bench.playout.endItem("a");
  EXPECT_FALSE(bench.playout.drained());
  bench.run(200);
  EXPECT_TRUE(bench.playout.drained());
}

TEST(Playout, AnUnderrunIsMarkedSoThatSilenceIsKnownToBeSilence) {
  PlayoutBench bench;
  bench.playout.push("a", ms(260));
  bench.run(200);
  EXPECT_TRUE(playing(bench.playout));
  bench.run(300);  // the model pauses: nothing was said about the end
  EXPECT_FALSE(playing(bench.playout));
  EXPECT_FALSE(bench.playout.drained());
  EXPECT_EQ(heardMs(bench.playout, "a", bench.now_us), 260u);
  EXPECT_FALSE(bench.interrupt().flush);
}

TEST(Playout, AnEndThatComesLongAfterTheAudioStillWaitsForItsEcho) {
  PlayoutBench bench;
  bench.playout.push("a", ms(100));
  bench.run(20000);
  bench.playout.endItem("a");
  bench.carrier.up_us = 90000;
  bench.run(80);
  EXPECT_FALSE(bench.playout.drained());
  bench.run(100);
  EXPECT_TRUE(bench.playout.drained());
  EXPECT_EQ(bench.playout.counters().lost_marks, 0u);
}

TEST(Playout, DrainedOnlyWhenTheEndMarkHasComeBack) {
  Playout playout;
  EXPECT_TRUE(playout.drained());
  EXPECT_FALSE(playing(playout));
  playout.push("a", ms(60));
  playout.endItem("a");
  EXPECT_TRUE(playing(playout));
  ASSERT_THAT(marks(playout.due(0)), testing::ElementsAre("g1:1"));
  playout.due(100000);  // all played, by our clock
  EXPECT_TRUE(playing(playout));
  EXPECT_FALSE(playout.drained());
  EXPECT_TRUE(playout.markEchoed("g1:1", 110000));
  EXPECT_FALSE(playing(playout));
  EXPECT_TRUE(playout.drained());
}

TEST(Playout, AnEchoProvesTheMarksBeforeIt) {
  PlayoutOptions options;
  options.lead_ms = 1000;
  Playout playout(options);
  playout.push("a", ms(600));
  playout.endItem("a");
  ASSERT_THAT(marks(playout.due(0)), testing::ElementsAre("g1:1", "g1:2", "g1:3"));
  EXPECT_TRUE(playout.markEchoed("g1:3", 600000));
  EXPECT_TRUE(playout.drained());
  EXPECT_FALSE(playout.markEchoed("g1:2", 610000));
}

TEST(Playout, IgnoresMarksThatAreNotItsOwn) {
  Playout playout;
  playout.push("a", ms(600));
  playout.due(0);
  for (const char* name : {"", "g", "g1", "g1:", "g:1", "g2:1", "g0:1", "g1:0", "g1:7", "g1:1 ", "G1:1", "g-1:1",
                           "x1:1", "g1:99999999999999999999999", "g99999999999:1"})
    EXPECT_FALSE(playout.markEchoed(name, 100)) << name;
  EXPECT_EQ(playout.counters().foreign_marks, 15u);
  EXPECT_TRUE(playout.markEchoed("g1:1", 200000));
}

TEST(Playout, ACarrierThatLosesMarksDoesNotPlayForEver) {
  PlayoutBench bench;
  bench.playout.push("a", ms(600));
  bench.playout.endItem("a");
  bench.carrier.deaf = true;
  bench.run(5500);
  EXPECT_FALSE(bench.playout.drained());
  bench.run(1000);
  EXPECT_TRUE(bench.playout.drained());
  EXPECT_EQ(bench.playout.counters().lost_marks, 3u);
}

// ---------------------------------------------------------------------------------------------------- limits, times

TEST(Playout, AnOverflowIsReportedOnceAndCutsTheItemAtItsEnd) {
  PlayoutOptions options;
  options.max_queue_ms = 1000;
  PlayoutBench bench(options);
  const std::string audio = pattern(9000, 9);
  EXPECT_EQ(bench.playout.push("a", audio.substr(0, 7000)), PushResult::queued);
  EXPECT_EQ(bench.playout.push("a", audio.substr(7000)), PushResult::overflow);
  EXPECT_EQ(bench.playout.push("a", ms(10)), PushResult::late);
  EXPECT_EQ(queuedMs(bench.playout), 1000u);
  EXPECT_EQ(bench.playout.push("b", ms(10)), PushResult::overflow);
  EXPECT_EQ(bench.playout.push("b", ms(10)), PushResult::late);
  bench.run(1500);
  EXPECT_EQ(bench.carrier.received["a"], audio.substr(0, 8000));
  EXPECT_EQ(bench.carrier.received.count("b"), 0u);
  EXPECT_TRUE(bench.playout.drained());
  EXPECT_EQ(bench.playout.push("c", ms(10)), PushResult::queued);
}

TEST(Playout, AnOverflowDoesNotCutASampleInTwo) {
  PlayoutOptions options;
  options.format = AudioFormat::s16_8k;
  options.max_queue_ms = 1000;
  Playout playout(options);
  playout.push("a", std::string(15999, 'a'));
  EXPECT_EQ(playout.push("a", "bc"), PushResult::overflow);
  EXPECT_EQ(playout.interrupt(0).items.at(0).received_ms, 999u);
}

TEST(Playout, WithoutMarksTheClockSaysWhatWasHeard) {
  PlayoutOptions options;
  options.carrier_marks = false;
  options.blind_latency_ms = 100;
  Playout playout(options);
  playout.push("a", ms(300));
  playout.endItem("a");
  playout.push("b", ms(300));
  playout.endItem("b");
  std::int64_t now = 0;
  EXPECT_TRUE(marks(playout.due(now)).empty());
  EXPECT_EQ(heardMs(playout, "a", 90000), 0u);
  for (; now <= 240000; now += 20000) EXPECT_TRUE(marks(playout.due(now)).empty());
  EXPECT_EQ(heardMs(playout, "a", 240000), 140u);
  for (; now <= 500000; now += 20000) playout.due(now);
  EXPECT_EQ(heardMs(playout, "b", 500000), 100u);
  EXPECT_TRUE(playing(playout));
  for (; now <= 720000; now += 20000) playout.due(now);
  EXPECT_TRUE(playout.drained());
  EXPECT_FALSE(playing(playout));
}

TEST(Playout, OptionsThatMakeNoSenseAreBroughtIntoRange) {
  PlayoutOptions options;
  options.frame_ms = 0;
  options.lead_ms = 0;
  options.start_ms = 100000;
  options.mark_every_ms = 0;
  options.max_queue_ms = 0;
  PlayoutBench bench(options);
  bench.playout.push("a", ms(500));
  bench.playout.endItem("a");
  bench.run(1000, 10);
  EXPECT_EQ(bench.carrier.received["a"], ms(500));
  EXPECT_TRUE(bench.playout.drained());
}

}  // namespace
}  // namespace hookswitch::media
