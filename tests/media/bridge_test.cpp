// The audio of a call between its legs, on a virtual clock.
#include "tests/media/bridge_support.hpp"

namespace hookswitch::media {
namespace {

using testing::IsEmpty;

TEST_F(BridgeTest, TheSameFormatOnBothSidesIsTheSameBytes) {
  ready();
  std::string said, spoken;
  for (int i = 0; i < 50; ++i) {
    std::string frame;
    for (int k = 0; k < 160; ++k) frame += char(i * 31 + k * 7);
    bridge.carrierAudio(mulaw, frame, std::uint64_t(i) * 20'000, now);
    said += frame;
    bridge.voiceAudio(mulaw, "i", frame, now);
    spoken += frame;
    pass(20);
  }
  EXPECT_EQ(ports.voice, said);
  EXPECT_EQ(bridge.counters().gaps_ms, 0u);
  bridge.voiceAudioEnd("i", now);
  pass(1000);
  EXPECT_EQ(ports.played(), spoken);
  EXPECT_EQ(bridge.counters().caller_frames, 50u);
  EXPECT_EQ(bridge.counters().agent_frames, 50u);
}

TEST_F(BridgeTest, WhatTheCallerSaysBeforeTheVoiceIsReadyIsDeliveredFirst) {
  bridge.carrierReady(mulaw, mulaw);
  for (int i = 0; i < 10; ++i) caller(char('a' + i), std::uint64_t(i) * 20);
  EXPECT_EQ(ports.voice, "");
  bridge.voiceReady(mulaw, mulaw);
  ASSERT_EQ(ports.voice.size(), 1600u);
  caller('z', 200);
  EXPECT_EQ(ports.voice.substr(0, 160), std::string(160, 'a'));
  EXPECT_EQ(ports.voice.substr(1600), std::string(160, 'z'));
  EXPECT_EQ(bridge.counters().early_dropped, 0u);
}

TEST_F(BridgeTest, UnderTheShieldTheVoiceHearsSilenceAndNothingOfWhatCameBefore) {
  bridge.shield(true);
  bridge.carrierReady(mulaw, mulaw);
  for (int i = 0; i < 10; ++i) caller('e', std::uint64_t(i) * 20);
  bridge.voiceReady(mulaw, mulaw);
  EXPECT_EQ(ports.voice, "");
  for (int i = 10; i < 20; ++i) caller('c', std::uint64_t(i) * 20);
  EXPECT_EQ(ports.voice, std::string(1600, '\xFF')) << "as long as what was said";
  bridge.shield(false);
  caller('d', 400);
  EXPECT_EQ(ports.voice.substr(1600), std::string(160, 'd'));
}

TEST_F(BridgeTest, OfEarlyAudioTheNewestFiveSecondsAreKept) {
  bridge.carrierReady(mulaw, mulaw);
  for (int i = 0; i < 300; ++i) caller(i < 50 ? 'o' : 'n', std::uint64_t(i) * 20);
  bridge.voiceReady(mulaw, mulaw);
  EXPECT_EQ(ports.voice, std::string(40'000, 'n'));
  EXPECT_EQ(bridge.counters().early_dropped, 8000u);
}

TEST_F(BridgeTest, TheVoiceMayBeReadyFirst) {
  bridge.voiceReady(AudioFormat::s16_16k, AudioFormat::s16_16k);
  bridge.carrierReady(mulaw, mulaw);
  for (int i = 0; i < 5; ++i) caller('\xFF', std::uint64_t(i) * 20);
  EXPECT_EQ(ports.voice_format, AudioFormat::s16_16k);
  EXPECT_NEAR(double(ports.voice.size()), 5 * 640, 640)
      << "twice the rate, two bytes a sample; the filter holds a little back";
}

TEST_F(BridgeTest, WithoutACarrierNothingGoesAnywhere) {
  bridge.voiceReady(mulaw, mulaw);
  caller('a', 0);
  agent(100);
  bridge.voiceAudioEnd("i1", now);
  bridge.interrupt(now);
  pass(1000);
  EXPECT_THAT(ports.events, IsEmpty());
  EXPECT_EQ(ports.voice, "");
  EXPECT_TRUE(bridge.drained());
}

TEST_F(BridgeTest, AGapInTheCallersAudioIsFilledWithSilence) {
  ready();
  caller('a', 0);
  caller('b', 20);
  caller('c', 100);
  pass(420);
  EXPECT_EQ(ports.voice, std::string(160, 'a') + std::string(160, 'b') + silence(60) + std::string(160, 'c'));
  EXPECT_EQ(bridge.counters().gaps_ms, 60u);
}

TEST_F(BridgeTest, FramesThatWobbleLeaveNoGap) {
  ready();
  std::uint64_t pts = 0;
  for (int i = 0; i < 20; ++i) {
    caller('a', pts);
    pts += 20 + (i % 2 ? 9 : 0);
  }
  EXPECT_EQ(ports.voice.size(), 20u * 160);
  EXPECT_EQ(bridge.counters().gaps_ms, 0u);
}

TEST_F(BridgeTest, AJumpOfMoreThanTenSecondsIsANewBeginning) {
  ready();
  caller('a', 0);
  caller('b', 60'000);
  caller('c', 60'040);
  pass(420);
  EXPECT_EQ(ports.voice, std::string(160, 'a') + std::string(160, 'b') + silence(20) + std::string(160, 'c'));
}

TEST_F(BridgeTest, TimeThatGoesBackIsNoGap) {
  ready();
  caller('a', 1000);
  caller('b', 0);
  caller('c', 20);
  EXPECT_EQ(ports.voice.size(), 480u);
}

TEST_F(BridgeTest, ALineThatFallsSilentGetsOneSecondOfSilenceOnce) {
  ready();
  caller('a', 0);
  pass(Bridge::silence_after_us / 1000 - 20);
  EXPECT_EQ(ports.voice.size(), 160u);
  pass(40);
  EXPECT_EQ(ports.voice, std::string(160, 'a') + silence(1000));
  pass(10'000);
  EXPECT_EQ(ports.voice.size(), 160u + 8000);
}

TEST_F(BridgeTest, SilenceThatWasGivenAheadIsNotGivenAgain) {
  ready();
  caller('a', 0);
  pass(5800);
  caller('b', 800);
  EXPECT_EQ(bridge.counters().gaps_ms, 1000u) << "the second of silence covers the gap before this frame";
  caller('c', 820);
  EXPECT_EQ(ports.voice.size(), 160u + 8000 + 320);
  pass(5800);
  EXPECT_EQ(bridge.counters().gaps_ms, 2000u) << "a new silence is a new second";
}

TEST_F(BridgeTest, ALineThatNeverSpokeIsNotPadded) {
  ready();
  pass(5000);
  EXPECT_EQ(ports.voice, "");
}

TEST_F(BridgeTest, ACarrierThatChangesItsFormatIsFollowed) {
  ready();
  caller('\xFF', 0);
  bridge.carrierAudio(AudioFormat::pcma_8k, std::string(160, '\xD5'), 20'000, now);
  ASSERT_EQ(ports.voice.size(), 320u);
  EXPECT_EQ(ports.voice_format, mulaw);
  for (unsigned char c : ports.voice.substr(160)) EXPECT_GE(c & 0x7F, 0x7E) << "A-law silence is mu-law silence";
}

TEST_F(BridgeTest, TheFirstWordDoesNotWaitForTheNextPace) {
  ready();
  agent(200);
  EXPECT_THAT(ports.events, testing::Contains("frame"));
}

TEST_F(BridgeTest, TheModelsAudioIsPacedAndNoFasterThanTheCarrierMayHold) {
  ready();
  agent(5000);
  EXPECT_LE(ports.frames.size(), 11u) << "200 ms ahead and not more";
  pass(1000);
  EXPECT_NEAR(double(ports.frames.size()), 60, 2);
  for (auto& piece : ports.pieces) {
    EXPECT_GE(piece.size(), 160u);
    EXPECT_LE(piece.size(), 800u);
  }
}

TEST_F(BridgeTest, AnotherFormatOfTheModelArrivesInTheCarriers) {
  ready(AudioFormat::s16_16k, AudioFormat::s16_24k);
  bridge.voiceAudio(AudioFormat::s16_24k, "i", std::string(48 * 200, '\0'), now);
  bridge.voiceAudioEnd("i", now);
  pass(1000);
  ASSERT_EQ(ports.frames.size(), 10u) << "200 ms stay 200 ms";
  EXPECT_EQ(ports.played(), silence(200));
  EXPECT_EQ(ports.formats[0], mulaw);
}

TEST_F(BridgeTest, AnItemThatWasHeardToItsEndIsDrained) {
  ready();
  EXPECT_TRUE(bridge.drained());
  agent(100);
  EXPECT_FALSE(bridge.drained());
  bridge.voiceAudioEnd("i1", now);
  pass(400);
  EXPECT_FALSE(bridge.drained()) << "sent is not heard";
  echoAll();
  EXPECT_TRUE(bridge.drained());
}

TEST_F(BridgeTest, AnInterruptionFlushesTheCarrierAndTellsWhatWasHeard) {
  ready();
  agent(3000);
  pass(1000);
  ports.events.clear();
  bridge.interrupt(now);
  ASSERT_EQ(ports.events.size(), 2u);
  EXPECT_EQ(ports.events[0], "flush") << "the caller's ear comes first";
  EXPECT_THAT(ports.events[1], testing::StartsWith("heard i1 "));
  EXPECT_THAT(ports.events[1], testing::EndsWith("/3000"));
  EXPECT_EQ(bridge.counters().interruptions, 1u);
  ports.events.clear();
  pass(1000);
  EXPECT_THAT(ports.events, IsEmpty()) << "what was queued is gone";
}

TEST_F(BridgeTest, WhatWasHeardFollowsTheCarriersMarks) {
  ready();
  agent(2000);
  pass(500);
  echoAll();
  const std::int64_t echoed = now;
  bridge.interrupt(echoed);
  unsigned heard = 0, received = 0;
  ASSERT_EQ(std::sscanf(ports.events.back().c_str(), "heard i1 %u/%u", &heard, &received), 2) << ports.events.back();
  EXPECT_GE(heard, 400u);
  EXPECT_LE(heard, 700u);
  EXPECT_EQ(received, 2000u);
}

TEST_F(BridgeTest, EveryUnfinishedItemIsToldOfAndLateAudioOfItIsDropped) {
  ready();
  agent(1000, "i1");
  agent(1000, "i2", 'b');
  pass(100);
  ports.events.clear();
  bridge.interrupt(now);
  ASSERT_EQ(ports.events.size(), 3u);
  EXPECT_THAT(ports.events[1], testing::StartsWith("heard i1 "));
  EXPECT_EQ(ports.events[2], "heard i2 0/1000");
  ports.forget();
  agent(500, "i2", 'b');
  pass(500);
  EXPECT_THAT(ports.pieces, IsEmpty());
  EXPECT_EQ(bridge.counters().late_dropped, 1u);
  agent(100, "i3", 'c');
  bridge.voiceAudioEnd("i3", now);
  pass(500);
  EXPECT_EQ(ports.played(), std::string(800, 'c'));
}

TEST_F(BridgeTest, ACarrierMayAnswerInTheMomentInWhichItIsGivenAFrame) {
  ready();
  ports.on_frame = [&] { agent(3000, "i2", 'b'); };
  agent(400);
  pass(2000);
  EXPECT_EQ(ports.played().substr(0, 3200), std::string(3200, 'a'));

  const std::size_t before = ports.pieces.size();
  ports.on_frame = [&] { bridge.interrupt(now); };
  pass(2000);
  EXPECT_EQ(ports.pieces.size(), before + 1) << "nothing is sent of what was cut while it was being sent";
}

TEST_F(BridgeTest, AnInterruptionOfNothingIsNone) {
  ready();
  bridge.interrupt(now);
  EXPECT_THAT(ports.events, IsEmpty());
}

TEST_F(BridgeTest, WhenTheVoiceIsGoneWhatItSaidIsPlayedAndTheCallerIsKeptForTheNext) {
  ready();
  agent(300);
  caller('a', 0);
  ports.voice.clear();
  bridge.voiceGone();
  EXPECT_FALSE(bridge.voiceIsReady());
  caller('b', 20);
  pass(1000);
  echoAll();
  EXPECT_EQ(ports.played(), std::string(2400, 'a'));
  EXPECT_TRUE(bridge.drained()) << "the item that nobody ended has ended";
  EXPECT_EQ(ports.voice, "");
  bridge.voiceReady(AudioFormat::s16_24k, AudioFormat::s16_24k);
  EXPECT_EQ(ports.voice_format, AudioFormat::s16_24k);
  EXPECT_GT(ports.voice.size(), 20u * 48 / 2);
  ports.forget();
  bridge.voiceAudio(AudioFormat::s16_24k, "j1", std::string(48 * 100, '\0'), now);
  bridge.voiceAudioEnd("j1", now);
  pass(500);
  EXPECT_EQ(ports.played().size() % 160, 0u);
  EXPECT_FALSE(ports.frames.empty());
}

TEST_F(BridgeTest, AnAnswerOfMinutesThatComesInOneGoIsHeardWhole) {
  ready();
  agent(150'000);
  bridge.voiceAudioEnd("i1", now);
  pass(151'000);
  EXPECT_EQ(playedMs(), 150'000u);
  EXPECT_EQ(bridge.counters().overflows, 0u);
}

TEST_F(BridgeTest, AVoiceThatTakesOverWhileTheStreamIsAwayHearsTheCallerWhoComesBack) {
  ready();
  bridge.carrierLeft(now);
  bridge.voiceGone();
  bridge.voiceReady(mulaw, mulaw);
  bridge.carrierReady(mulaw, mulaw);
  caller('c', 0);
  EXPECT_EQ(ports.voice, std::string(160, 'c'));
}

TEST_F(BridgeTest, AudioOfAnItemThatWasCutIsNotHeardAndSaysSo) {
  ready();
  EXPECT_TRUE(bridge.voiceAudio(mulaw, "i1", std::string(800, 'a'), now));
  bridge.interrupt(now);
  EXPECT_FALSE(bridge.voiceAudio(mulaw, "i1", std::string(800, 'a'), now));
  EXPECT_TRUE(bridge.voiceAudio(mulaw, "i2", std::string(800, 'b'), now));
}

TEST_F(BridgeTest, WhatStandsInTheLineWhileTheVoiceIsHeldIsNotFlushed) {
  ready();
  agent(200);
  now += 600'000;  // played, and no mark has said so
  bridge.hold(true, now);
  bridge.insert(std::string(1'600, 't'));
  ports.events.clear();
  bridge.interrupt(now);
  EXPECT_THAT(ports.events, testing::Not(testing::Contains("flush")));
  bridge.hold(false, now);
  agent(200, "i2");
  bridge.interrupt(now);
  EXPECT_THAT(ports.events, testing::Contains("flush")) << "but what the voice says afterwards is";
}

}  // namespace
}  // namespace hookswitch::media
