// When the model's audio leaves for the carrier, in which pieces, and what the bridge has to be woken up for.
#include "tests/media/bridge_support.hpp"

namespace hookswitch::media {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t never = base::Pacer::never;

TEST_F(BridgeTest, AFrameThatComesWhileTheLineRunsLeavesInTheSameTurn) {
  ready();
  agent(60);
  ASSERT_EQ(playedMs(), 60u);
  for (std::size_t i = 1; i <= 50; ++i) {
    now += 20'000;
    agent(20);
    ASSERT_EQ(playedMs(), 60 + i * 20) << "nobody has paced it";
  }
  EXPECT_EQ(ports.pieces.back().size(), 160u);
  EXPECT_EQ(bridge.counters().agent_frames, 53u);
}

TEST_F(BridgeTest, AFrameOfA24KilohertzModelLeavesWithTheDeltaThatBroughtIt) {
  ready(AudioFormat::s16_24k, AudioFormat::s16_24k);
  const auto delta = [&] { bridge.voiceAudio(AudioFormat::s16_24k, "i1", std::string(48 * 20, '\0'), now); };
  for (int i = 0; i < 4; ++i) delta();
  const std::size_t begun = ports.played().size();
  EXPECT_GE(begun, 60u * 8) << "all but what the filter has to look ahead";
  EXPECT_LT(begun, 80u * 8);
  for (std::size_t i = 1; i <= 50; ++i) {
    now += 20'000;
    delta();
    ASSERT_EQ(ports.played().size(), begun + i * 160);
  }
  bridge.voiceAudioEnd("i1", now);
  EXPECT_EQ(playedMs(), 54 * 20u) << "the end gives back what the filter had held";
  EXPECT_EQ(ports.played(), silence(54 * 20));
}

TEST_F(BridgeTest, AnOddDeltaHoldsUpOnlyTheNext) {
  ready();
  agent(65);
  ASSERT_EQ(playedMs(), 65u);
  agent(7);
  EXPECT_EQ(playedMs(), 65u) << "less than a frame waits for more";
  agent(20);
  EXPECT_EQ(playedMs(), 92u);
  now += 20'000;
  agent(20);
  EXPECT_EQ(playedMs(), 112u);
}

TEST_F(BridgeTest, ABurstGoesInPiecesOfATenthOfASecond) {
  ready();
  for (int i = 0; i < 5; ++i) agent(200);
  EXPECT_EQ(playedMs(), 200u) << "the lead";
  EXPECT_EQ(ports.pieces.size(), 2u);
  for (int i = 0; i < 40; ++i) {
    const std::size_t gone = std::size_t(i) * 20;
    EXPECT_LE(playedMs(), gone + 200) << "no more than the lead";
    EXPECT_GE(playedMs(), std::min<std::size_t>(gone + 100, 1000)) << "and half of it is there";
    listen(20);
  }
  EXPECT_EQ(playedMs(), 1000u);
  EXPECT_EQ(ports.pieces.size(), 10u);
  for (auto& piece : ports.pieces) EXPECT_EQ(piece.size(), 800u);
  EXPECT_EQ(std::count(ports.events.begin(), ports.events.end(), "mark"), 5) << "every 200 ms, as ever";
  EXPECT_EQ(bridge.counters().agent_frames, 50u);
}

TEST_F(BridgeTest, ADeltaThatComesAMomentEarlyLeavesWholeInTheTurnThatBroughtIt) {
  ready();
  agent(200);
  ASSERT_EQ(playedMs(), 200u);
  for (std::size_t i = 1; i <= 20; ++i) {
    now += i % 2 ? 197'000 : 203'000;  // on time, but for the network's jitter
    agent(200);
    EXPECT_EQ(playedMs(), 200 + i * 200) << "to the last byte";
    EXPECT_GT(bridge.nextPaceUs(now) - now, 500'000) << "nothing of it waits for a turn";
    if (i % 5 == 0) echoAll();
  }
  bridge.voiceAudioEnd("i1", now);
  EXPECT_EQ(ports.played(), std::string(21 * 200 * 8, 'a'));
}

TEST_F(BridgeTest, AModelThatRunsAheadIsHeldToTheLeadAndAMoment) {
  ready();
  agent(200);
  for (std::size_t gone = 10; gone <= 3800; gone += 10) {
    now += 10'000;
    if (gone % 190 == 0) agent(200);
    for (int i = 0; i < 2; ++i) bridge.pace(now);
    EXPECT_LE(playedMs(), gone + 220) << "the moment is lent once, not with every turn";
    EXPECT_GE(playedMs(), std::min(200 + gone / 190 * 200, gone + 100));
  }
}

TEST_F(BridgeTest, AClearTakesBackABurstAndTellsWhatWasHeard) {
  ready();
  for (int i = 0; i < 5; ++i) agent(200);
  listen(300);
  ASSERT_GE(ports.marks.size(), 2u);
  bridge.carrierMark(ports.marks[0], now - 100'000);  // the first 200 ms were over 100 ms ago
  now += 37'000;
  ports.events.clear();
  ports.forget();
  bridge.interrupt(now);
  EXPECT_THAT(ports.events, ElementsAre("flush", "heard i1 337/1000"));
  EXPECT_TRUE(bridge.drained());
  listen(1000);
  EXPECT_THAT(ports.pieces, IsEmpty()) << "nothing of it is left";
}

TEST_F(BridgeTest, ALineThatRunsDryBetweenTwoFramesOfTheCallerIsMarked) {
  ready();
  agent(100);
  ASSERT_THAT(ports.marks, IsEmpty());
  listen(120);
  EXPECT_EQ(ports.marks.size(), 1u);
  echoAll();
  ports.events.clear();
  bridge.interrupt(now);
  EXPECT_THAT(ports.events, ElementsAre("heard i1 100/100")) << "all was played: there is nothing to clear";
}

// ---------------------------------------------------------------------------------------------------- being woken up

TEST_F(BridgeTest, WithNothingQueuedNobodyIsWokenUp) {
  EXPECT_EQ(bridge.nextPaceUs(now), never);
  ready();
  EXPECT_EQ(bridge.nextPaceUs(now), never);
  agent(60);
  bridge.voiceAudioEnd("i1", now);
  pass(60);
  echoAll();
  EXPECT_EQ(bridge.nextPaceUs(now), never) << "all of it has left, and the carrier has played it";
}

TEST_F(BridgeTest, WhileBothSidesSpeakNobodyIsWokenUp) {
  ready();
  agent(60);
  std::int64_t due = never;
  for (int i = 0; i < 500; ++i) {
    listen(20);
    EXPECT_GT(due, now) << "a deadline that came true, in frame " << i;
    agent(20);
    if (i % 5 == 0) echoAll();
    due = bridge.nextPaceUs(now);
    EXPECT_GE(due - now, 500'000) << "only the caller's silence could be due";
  }
  EXPECT_EQ(playedMs(), 10'060u);
}

TEST_F(BridgeTest, ACallerWhoFallsSilentIsNoticedInTime) {
  ready();
  listen(20);
  const std::int64_t last = now;
  int turns = 0;
  for (ports.voice.clear(); ports.voice.empty(); ++turns) bridge.pace(now = bridge.nextPaceUs(now));
  EXPECT_EQ(now, last + Bridge::silence_after_us + 1);
  EXPECT_LE(turns, 2);
  EXPECT_EQ(ports.voice, silence(1000));
  EXPECT_EQ(bridge.nextPaceUs(now), never) << "once";
}

TEST_F(BridgeTest, AQueueMovesOnThoughTheCarrierIsSilent) {
  ready();
  agent(3000);
  const std::int64_t began = now;
  int turns = 0;
  while (playedMs() < 3000) {
    const std::int64_t due = bridge.nextPaceUs(now);
    ASSERT_GT(due, now);
    EXPECT_EQ(due % Bridge::queue_grid_us, 0) << "all calls at the same times";
    EXPECT_GE(std::int64_t(playedMs()) * 1000 - (due - began), 70'000) << "the carrier has audio until then";
    bridge.pace(now = due);
    ++turns;
  }
  EXPECT_EQ(turns, 28) << "one for each piece";
}

TEST_F(BridgeTest, AFewWordsAreNotGatheredForEver) {
  ready();
  agent(40);
  ASSERT_THAT(ports.pieces, IsEmpty());
  const std::int64_t due = bridge.nextPaceUs(now);
  ASSERT_NE(due, never);
  EXPECT_LE(due - now, 230'000);
  bridge.pace(now = due);
  EXPECT_EQ(playedMs(), 40u);
}

TEST_F(BridgeTest, AMarkThatNeverComesBackIsNotWaitedForForEver) {
  ready();
  agent(60);
  bridge.voiceAudioEnd("i1", now);
  ASSERT_FALSE(bridge.drained());
  const std::int64_t due = bridge.nextPaceUs(now);
  ASSERT_NE(due, never);
  bridge.pace(now = due);
  EXPECT_TRUE(bridge.drained());
}

TEST_F(BridgeTest, TheRestOfAVoiceThatIsGoneIsDueAtOnce) {
  ready();
  agent(65);
  agent(15);
  bridge.voiceGone();
  EXPECT_LE(bridge.nextPaceUs(now), now);
  bridge.pace(now);
  EXPECT_EQ(playedMs(), 80u);
}

TEST_F(BridgeTest, WhatComesWhileItIsSendingIsDueAtOnce) {
  ready();
  ports.on_frame = [&] {
    ports.on_frame = nullptr;
    agent(60, "i2", 'b');
  };
  agent(60);
  EXPECT_EQ(playedMs(), 60u);
  EXPECT_LE(bridge.nextPaceUs(now), now);
  bridge.pace(now);
  EXPECT_EQ(playedMs(), 120u);
}

}  // namespace
}  // namespace hookswitch::media
