// What the caller has heard when the answer is cut off.
#include "host/media/playout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "tests/media/simulated_carrier.hpp"

namespace hookswitch::media {
namespace {

using test::PlayoutBench;

std::string ms(std::size_t n) { return std::string(n * 8, 'a'); }

std::vector<std::string> marks(const std::vector<PlayoutAction>& actions) {
  std::vector<std::string> out;
  for (const auto& action : actions)
    if (action.kind == PlayoutAction::Kind::mark) out.emplace_back(action.mark());
  return out;
}

TEST(Playout, AnInterruptionOfSilenceIsNothing) {
  PlayoutBench bench;
  EXPECT_FALSE(bench.playout.interrupt(bench.now_us).flush);
  bench.playout.push("a", ms(300));
  bench.playout.endItem("a");
  bench.run(600);
  const Interruption result = bench.playout.interrupt(bench.now_us);
  EXPECT_FALSE(result.flush);
  EXPECT_TRUE(result.items.empty());  // heard to its end
}

TEST(Playout, AnInterruptionBeforeTheFirstFrameNeedsNoFlush) {
  Playout playout;
  playout.push("a", ms(50));
  playout.due(0);
  const Interruption result = playout.interrupt(20000);
  EXPECT_FALSE(result.flush);
  ASSERT_EQ(result.items.size(), 1u);
  EXPECT_EQ(result.items[0].item, "a");
  EXPECT_EQ(result.items[0].heard_ms, 0u);
  EXPECT_EQ(result.items[0].sent_ms, 0u);
  EXPECT_EQ(result.items[0].received_ms, 50u);
  EXPECT_FALSE(playing(playout));
  EXPECT_EQ(queuedMs(playout), 0u);
}

TEST(Playout, BeforeTheFirstEchoTheHeardTimeRunsFromTheFirstFrame) {
  PlayoutOptions options;
  options.lead_ms = 1000;
  Playout playout(options);
  playout.push("a", ms(1000));
  playout.due(1000000);
  EXPECT_EQ(heardMs(playout, "a", 1000000), 0u);
  EXPECT_EQ(heardMs(playout, "a", 1123999), 123u);  // rounded down
  EXPECT_EQ(heardMs(playout, "a", 1199000), 199u);
  EXPECT_EQ(heardMs(playout, "a", 1900000), 200u);  // not past the mark that has not come back
}

TEST(Playout, AfterAnEchoTheHeardTimeRunsFromThere) {
  Playout playout;
  playout.push("a", ms(1000));
  for (std::int64_t now = 0; now <= 400000; now += 20000) playout.due(now);
  ASSERT_TRUE(playout.markEchoed("g1:1", 230000));  // 200 ms, and 30 ms on the way
  EXPECT_EQ(heardMs(playout, "a", 230000), 200u);
  EXPECT_EQ(heardMs(playout, "a", 300000), 270u);
  const Interruption result = playout.interrupt(300000);
  EXPECT_TRUE(result.flush);
  ASSERT_EQ(result.items.size(), 1u);
  EXPECT_EQ(result.items[0].heard_ms, 270u);
  EXPECT_EQ(result.items[0].sent_ms, 600u);
  EXPECT_EQ(result.items[0].received_ms, 1000u);
}

TEST(Playout, NeverHeardMoreThanWasReceived) {
  PlayoutBench bench;
  bench.carrier.up_us = 80000;
  bench.playout.push("a", ms(301));  // 16 frames, 19 ms of them silence
  bench.playout.endItem("a");
  bench.run(360);
  const Interruption result = bench.interrupt();
  ASSERT_EQ(result.items.size(), 1u);
  EXPECT_LE(result.items[0].heard_ms, 301u);
  EXPECT_EQ(result.items[0].sent_ms, 301u);
  EXPECT_EQ(result.items[0].received_ms, 301u);
}

TEST(Playout, AnInterruptionInTheSecondItemSparesTheFirst) {
  PlayoutBench bench;
  bench.playout.push("a", ms(400));
  bench.playout.endItem("a");
  bench.playout.push("b", ms(1000));
  bench.playout.endItem("b");
  bench.playout.push("c", ms(1000));
  bench.run(700);
  const double truth = bench.carrier.heardMs("b", bench.now_us);
  const Interruption result = bench.interrupt();
  EXPECT_TRUE(result.flush);
  ASSERT_EQ(result.items.size(), 2u);
  EXPECT_EQ(result.items[0].item, "b");
  EXPECT_NEAR(static_cast<double>(result.items[0].heard_ms), truth, 25.0);
  EXPECT_GT(truth, 200.0);
  EXPECT_EQ(result.items[1].item, "c");
  EXPECT_EQ(result.items[1].heard_ms, 0u);
  EXPECT_EQ(result.items[1].sent_ms, 0u);
  EXPECT_EQ(result.items[1].received_ms, 1000u);
}

TEST(Playout, AnItemBehindAnUnfinishedOneHasHeardNothing) {
  Playout playout;
  playout.push("a", ms(100));
  playout.endItem("a");
  playout.push("b", ms(1000));
  for (std::int64_t now = 0; now <= 300000; now += 20000) playout.due(now);
  const Interruption result = playout.interrupt(300000);  // a's end was never echoed
  ASSERT_EQ(result.items.size(), 2u);
  EXPECT_EQ(result.items[0].heard_ms, 100u);
  EXPECT_EQ(result.items[1].heard_ms, 0u);
  EXPECT_GT(result.items[1].sent_ms, 200u);
}

TEST(Playout, ASecondItemStartsToBeHeardWhenTheFirstHasEnded) {
  Playout playout;
  playout.push("a", ms(100));
  playout.endItem("a");
  playout.push("b", ms(1000));
  for (std::int64_t now = 0; now <= 120000; now += 20000) playout.due(now);
  ASSERT_TRUE(playout.markEchoed("g1:1", 130000));
  EXPECT_EQ(heardMs(playout, "b", 130000), 0u);
  EXPECT_EQ(heardMs(playout, "b", 180000), 50u);
}

TEST(Playout, TheSilenceOfAnUnderrunIsNotHeardAsSpeech) {
  PlayoutBench bench;
  bench.playout.push("a", ms(260));
  bench.run(2000);  // plays 260 ms, then nothing
  bench.playout.push("a", ms(1000));
  bench.run(120);
  const double truth = bench.carrier.heardMs("a", bench.now_us);
  EXPECT_NEAR(truth, 360.0, 30.0);
  EXPECT_NEAR(static_cast<double>(heardMs(bench.playout, "a", bench.now_us)), truth, 25.0);
}

TEST(Playout, AnEchoOnItsWayDuringAnUnderrunDoesNotDelayTheCount) {
  Playout playout;
  playout.push("a", ms(100));
  playout.due(0);
  ASSERT_THAT(marks(playout.due(120000)), testing::ElementsAre("g1:1"));  // dry since 100 ms
  playout.push("a", ms(500));
  playout.due(140000);  // goes on; the echo is still on its way
  EXPECT_EQ(heardMs(playout, "a", 190000), 150u);
  EXPECT_TRUE(playout.markEchoed("g1:1", 200000));
  EXPECT_EQ(heardMs(playout, "a", 240000), 200u);
}

TEST(Playout, ARunThatStartsBehindAnUnprovedItemHasHeardNothingYet) {
  Playout playout;
  playout.push("a", ms(100));
  playout.endItem("a");
  playout.due(0);
  playout.due(200000);
  EXPECT_TRUE(playout.idle());
  playout.push("b", ms(500));
  playout.due(220000);
  const Interruption result = playout.interrupt(300000);  // the echo of a's end is still on its way
  ASSERT_EQ(result.items.size(), 2u);
  EXPECT_EQ(result.items[0].heard_ms, 100u);
  EXPECT_EQ(result.items[1].heard_ms, 0u);
  EXPECT_EQ(result.items[1].sent_ms, 200u);
}

TEST(Playout, IgnoresLateAudioOfWhatWasInterrupted) {
  PlayoutBench bench;
  bench.playout.push("a", ms(1000));
  bench.playout.push("b", ms(1000));
  bench.run(300);
  bench.interrupt();
  EXPECT_EQ(bench.playout.push("b", ms(100)), PushResult::late);
  EXPECT_EQ(bench.playout.push("a", ms(100)), PushResult::late);
  EXPECT_FALSE(bench.playout.endItem("b"));
  EXPECT_FALSE(playing(bench.playout));
  EXPECT_EQ(bench.playout.push("c", ms(100)), PushResult::queued);
  EXPECT_EQ(bench.playout.push("b", ms(100)), PushResult::late);
  bench.playout.endItem("c");
  bench.run(500);
  EXPECT_EQ(bench.carrier.received["c"], ms(100));
  EXPECT_TRUE(bench.playout.drained());
  EXPECT_EQ(bench.playout.counters().late_pushes, 3u);
}

TEST(Playout, AnEndedItemTakesNoMore) {
  Playout playout;
  playout.push("a", ms(100));
  EXPECT_TRUE(playout.endItem("a"));
  EXPECT_FALSE(playout.endItem("a"));
  EXPECT_EQ(playout.push("a", ms(100)), PushResult::late);
  playout.push("b", ms(100));
  playout.push("c", ms(100));  // b goes on
  EXPECT_EQ(playout.push("b", ms(100)), PushResult::queued);
  playout.endItem("b");
  EXPECT_EQ(playout.push("b", ms(100)), PushResult::late);
}

TEST(Playout, ItemsWithoutANameAreNeverConfusedWithInterruptedOnes) {
  Playout playout;
  playout.push("", ms(100));
  playout.due(0);
  EXPECT_EQ(playout.interrupt(50000).items.size(), 1u);
  EXPECT_EQ(playout.push("", ms(100)), PushResult::queued);
}

TEST(Playout, WhatWasHeardIsTheSameHoweverTheAudioWasCut) {
  PlayoutOptions options;
  options.piece_ms = 100;
  double worst = 0, sum = 0;
  for (int stop = 1; stop < 900; ++stop) {
    PlayoutBench bench(options);
    bench.carrier.up_us = bench.carrier.down_us = 1000;
    for (int i = 0; i < 5; ++i) bench.playout.push("a", ms(200));  // a burst
    bench.tick();
    bench.run(stop);
    const double heard = bench.carrier.heardMs("a", bench.now_us);
    const Interruption cut = bench.interrupt();
    ASSERT_TRUE(cut.flush);
    ASSERT_EQ(cut.items.size(), 1u);
    EXPECT_EQ(bench.carrier.received["a"].size(), cut.items[0].sent_ms * 8);
    worst = std::max(worst, std::abs(double(cut.items[0].heard_ms) - heard));
    sum += std::abs(double(cut.items[0].heard_ms) - heard);
    bench.run(2000);
    EXPECT_EQ(bench.carrier.received["a"].size(), cut.items[0].sent_ms * 8) << "nothing follows a clear";
  }
  EXPECT_LE(worst, 2.0) << "what the message and the echo took on their way";
  EXPECT_LE(sum / 899, 1.5);
}

TEST(Playout, EchoesAfterTheFlushProveNothing) {
  PlayoutBench bench;
  bench.playout.push("a", ms(1000));
  bench.run(250);
  const int before = bench.echoes;
  bench.interrupt();
  bench.playout.push("b", ms(1000));
  bench.run(100);
  EXPECT_GT(bench.playout.counters().foreign_marks, 0u);  // those that the flush set free
  EXPECT_EQ(bench.echoes, before);
  EXPECT_LE(heardMs(bench.playout, "b", bench.now_us), 100u);
  EXPECT_EQ(bench.playout.generation(), 2u);
}

}  // namespace
}  // namespace hookswitch::media
