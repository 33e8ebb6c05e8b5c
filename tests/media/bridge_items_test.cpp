// Items that alternate, marks that come back too early, models that are too slow.
#include "tests/media/bridge_support.hpp"

namespace hookswitch::media {
namespace {

TEST_F(BridgeTest, WhatTwoItemsSayInTurnsIsHeardOneItemAfterTheOther) {
  ready();
  for (int i = 0; i < 10; ++i) {
    agent(100, "i1", 'a');
    agent(100, "i2", 'b');
  }
  bridge.voiceAudioEnd("i2", now);
  bridge.voiceAudioEnd("i1", now);
  pass(2500);
  EXPECT_EQ(ports.played(), std::string(8000, 'a') + std::string(8000, 'b'));
  echoAll();
  EXPECT_TRUE(bridge.drained());
  EXPECT_EQ(bridge.counters().late_dropped, 0u);
}

TEST_F(BridgeTest, ItemsThatAlternateHaveATranscoderEach) {
  ready(AudioFormat::s16_16k, AudioFormat::s16_24k);
  const auto play = [&](bool alternating) {
    RecordingPorts to;
    Bridge one(to, ResamplerKind::polyphase);
    one.carrierReady(mulaw, mulaw);
    one.voiceReady(AudioFormat::s16_16k, AudioFormat::s16_24k);
    std::string first, second;
    for (int i = 0; i < 24000; ++i) {
      const auto sample = std::int16_t((i * 37 % 200 - 100) * 100);
      first.append(reinterpret_cast<const char*>(&sample), 2);
      const auto other = std::int16_t(sample / 3);
      second.append(reinterpret_cast<const char*>(&other), 2);
    }
    std::int64_t at = 1'000'000;
    if (alternating)
      for (std::size_t i = 0; i < 48000; i += 4800) {
        one.voiceAudio(AudioFormat::s16_24k, "i1", first.substr(i, 4800), at);
        one.voiceAudio(AudioFormat::s16_24k, "i2", second.substr(i, 4800), at);
      }
    else
      one.voiceAudio(AudioFormat::s16_24k, "i1", first, at);
    one.voiceAudioEnd("i1", at);
    if (!alternating) one.voiceAudio(AudioFormat::s16_24k, "i2", second, at);
    one.voiceAudioEnd("i2", at);
    for (int i = 0; i < 200; ++i) one.pace(at += 20'000);
    return to.played();
  };
  EXPECT_EQ(play(true), play(false));
}

TEST_F(BridgeTest, AnItemThatNobodyEndsDoesNotHoldUpTheNext) {
  ready();
  agent(300, "i1", 'a');
  agent(300, "i2", 'b');
  pass(1000);
  EXPECT_EQ(ports.played(), std::string(2400, 'a') + std::string(2400, 'b'));
  bridge.voiceAudioEnd("i2", now);
  pass(20);
  echoAll();
  agent(100, "i1", 'c');
  pass(60);
  EXPECT_EQ(ports.played().substr(4800), std::string(800, 'c')) << "more of it comes after what has begun since";
  bridge.interrupt(now);
  EXPECT_EQ(ports.events.back(), "heard i1 360/400") << "of all that came of it";
}

TEST_F(BridgeTest, OfItemsThatAlternateTheOneThatPlaysIsToldAsHeard) {
  ready();
  for (int i = 0; i < 10; ++i) {
    agent(100, "i1", 'a');
    agent(100, "i2", 'b');
  }
  for (int i = 0; i < 25; ++i) {
    pass(20);
    echoAll();
  }
  ports.events.clear();
  bridge.interrupt(now);
  ASSERT_EQ(ports.events.size(), 3u);
  EXPECT_EQ(ports.events[1], "heard i1 500/1000");
  EXPECT_EQ(ports.events[2], "heard i2 0/1000");
  agent(100, "i1", 'a');
  agent(100, "i2", 'b');
  ports.forget();
  pass(500);
  EXPECT_THAT(ports.pieces, IsEmpty());
}

TEST_F(BridgeTest, ACarrierThatEchoesMarksAtOncePlaysNoFaster) {
  ready();
  agent(2000);
  for (int i = 0; i < 25; ++i) {
    pass(20);
    echoAll();
  }
  ports.events.clear();
  bridge.interrupt(now);
  ASSERT_EQ(ports.events.size(), 2u);
  EXPECT_EQ(ports.events[0], "flush") << "what was echoed is still playing";
  EXPECT_EQ(ports.events[1], "heard i1 500/2000");
}

TEST_F(BridgeTest, WithMarksThatCameBackAtOnceItIsDrainedWhenTheAudioIsPlayed) {
  ready();
  agent(200);
  bridge.voiceAudioEnd("i1", now);
  echoAll();
  pass(180);
  EXPECT_FALSE(bridge.drained());
  EXPECT_LE(bridge.nextPaceUs(now), now + 50'000) << "and somebody looks at it";
  pass(20);
  EXPECT_TRUE(bridge.drained());
}

TEST_F(BridgeTest, AModelSlowerThanRealTimeBuildsABufferAgainInsteadOfStuttering) {
  for (const int delta_ms : {20, 40, 100}) {
    RecordingPorts to;
    Bridge slow(to, ResamplerKind::polyphase);
    slow.carrierReady(mulaw, mulaw);
    slow.voiceReady(mulaw, mulaw);
    std::int64_t at = 1'000'000;
    std::int64_t next = at;
    for (; at < 16'000'000; at += 5'000) {
      while (next <= at) {
        slow.voiceAudio(mulaw, "i", std::string(std::size_t(delta_ms) * 8, 'a'), at);
        next += std::int64_t(delta_ms) * 1000 * 100 / 95;
      }
      if (at % 20'000 == 0) slow.pace(at);
    }
    EXPECT_LE(to.silences, 2) << delta_ms << " ms a delta";
    EXPECT_GE(to.played().size() / 8, 12'500u);
  }
}

TEST_F(BridgeTest, AModelInRealTimeWhoseConnectionStallsIsHeldUpNoLongerThanItStalls) {
  ready();
  std::size_t said = 0;
  for (int i = 0; i < 1'490; ++i) {
    now += i % 100 == 99 ? 300'000 : 20'000;  // what would have come meanwhile never comes
    agent(20);
    said += 20;
    bridge.pace(now);
    if (i % 100 == 50) {
      EXPECT_EQ(playedMs(), said) << "all of it is at the carrier, nothing waits";
    }
  }
  EXPECT_EQ(bridge.counters().agent_frames * 20, said);
}

TEST_F(BridgeTest, AQueueThatIsFullEndsTheItem) {
  ready();
  for (int i = 0; i < 610; ++i) agent(1000);
  EXPECT_EQ(bridge.counters().overflows, 1u);
  EXPECT_GT(bridge.counters().late_dropped, 0u);
}

}  // namespace
}  // namespace hookswitch::media
