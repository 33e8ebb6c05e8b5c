#include "tests/fakes/twilio_playback.hpp"

#include <gtest/gtest.h>

namespace fakes {
namespace {

constexpr std::uint64_t ms = 1000;  // microseconds
constexpr std::uint64_t base = 5000 * ms;

std::string speech(std::uint64_t milliseconds, char what = 'a') { return std::string(milliseconds * 8, what); }

std::vector<std::string> names(const std::vector<Playback::Echo>& echoes) {
  std::vector<std::string> out;
  for (const auto& echo : echoes) out.push_back(echo.name + (echo.played ? "" : "!"));
  return out;
}

using Names = std::vector<std::string>;

TEST(TwilioPlayback, EchoesAMarkWhenEverythingBeforeItWasPlayed) {
  Playback playback;
  playback.audio(base, speech(100));
  playback.mark(base, "first");
  playback.audio(base, speech(50));
  playback.mark(base, "second");
  EXPECT_EQ(playback.nextEchoUs(), base + 100 * ms);
  playback.advance(base + 99 * ms);
  EXPECT_EQ(names(playback.take()), Names{});
  playback.advance(base + 100 * ms);
  EXPECT_EQ(names(playback.take()), Names{"first"});
  playback.advance(base + 149 * ms);
  EXPECT_EQ(names(playback.take()), Names{});
  playback.advance(base + 150 * ms);
  EXPECT_EQ(names(playback.take()), Names{"second"});
}

TEST(TwilioPlayback, EchoesAMarkAtOnceWhenNothingIsBuffered) {
  Playback playback;
  playback.mark(base, "empty");
  EXPECT_EQ(names(playback.take()), Names{"empty"});
  playback.audio(base, speech(20));
  playback.mark(base + 21 * ms, "drained");
  EXPECT_EQ(names(playback.take()), Names{"drained"});
}

TEST(TwilioPlayback, AClearDropsTheBufferAndReturnsEveryPendingMark) {
  Playback playback;
  playback.audio(base, speech(100, 'a'));
  playback.mark(base, "one");
  playback.audio(base, speech(100, 'b'));
  playback.mark(base, "two");
  playback.clear(base + 130 * ms);
  EXPECT_EQ(names(playback.take()), (Names{"one", "two!"}));
  EXPECT_EQ(playback.buffered(), 0u);
  EXPECT_EQ(playback.counters().bytes_cleared, 70u * 8);
  EXPECT_EQ(playback.heard(), speech(100, 'a') + speech(30, 'b'));
  playback.audio(base + 200 * ms, speech(10, 'c'));
  playback.advance(base + 300 * ms);
  EXPECT_EQ(playback.heard(), speech(100, 'a') + speech(30, 'b') + speech(10, 'c'));
  EXPECT_EQ(playback.received(), speech(100, 'a') + speech(100, 'b') + speech(10, 'c'));
}

TEST(TwilioPlayback, PlaysNoFasterThanRealTimeHoweverEarlyTheAudioComes) {
  Playback playback;
  for (int i = 0; i < 50; ++i) playback.audio(base, speech(20));
  playback.advance(base + 333 * ms);
  EXPECT_EQ(playback.counters().bytes_played, 333u * 8);
  EXPECT_EQ(playback.counters().most_buffered, 8000u);
}

TEST(TwilioPlayback, CountsAHoleInsideAnItemAsAnUnderrun) {
  Playback playback;
  playback.audio(base, speech(20));
  playback.audio(base + 60 * ms, speech(20));
  EXPECT_EQ(playback.counters().underruns, 1u);
  EXPECT_EQ(playback.counters().longest_underrun_us, 40 * ms);
}

TEST(TwilioPlayback, TakesALongPauseADoneMarkAndAClearForTheEndOfAnItem) {
  Playback playback;
  playback.audio(base, speech(20));
  playback.audio(base + 2000 * ms, speech(20));  // a second and more later: another item
  playback.mark(base + 2000 * ms, "g1:item:done");
  playback.audio(base + 2100 * ms, speech(20));
  playback.clear(base + 2200 * ms);
  playback.audio(base + 2300 * ms, speech(20));
  EXPECT_EQ(playback.counters().underruns, 0u);
}

TEST(TwilioPlayback, AMarkThatArrivesAfterTheLastByteStillEndsItsItem) {
  Playback playback;
  playback.audio(base, speech(20));
  playback.advance(base + 30 * ms);
  playback.mark(base + 31 * ms, "g1:item:done");
  playback.audio(base + 100 * ms, speech(20));
  EXPECT_EQ(playback.counters().underruns, 0u);
}

TEST(TwilioPlayback, LaysTheHeardAudioOutInTime) {
  Playback playback;
  playback.audio(base + 10 * ms, speech(5, 'a'));
  playback.audio(base + 30 * ms, speech(5, 'b'));
  playback.advance(base + 100 * ms);
  const std::string silence(80, '\xff');
  EXPECT_EQ(playback.line(base, base + 40 * ms),
            silence + speech(5, 'a') + silence + std::string(40, '\xff') + speech(5, 'b') + std::string(40, '\xff'));
}

TEST(TwilioPlayback, ThrowsAwayWhatWouldBufferMoreThanTenMinutes) {
  Playback playback;
  EXPECT_TRUE(playback.audio(base, speech(10 * 60 * 1000)));
  EXPECT_FALSE(playback.audio(base, speech(20)));
  EXPECT_EQ(playback.counters().bytes_discarded, 160u);
}

TEST(TwilioPlayback, ForgetsPlayedAudioBeyondItsAllowanceAndPlaysOn) {
  Playback playback(1600);
  for (int i = 0; i < 100; ++i) {
    playback.audio(base + std::uint64_t(i) * 20 * ms, speech(20));
    playback.advance(base + std::uint64_t(i + 1) * 20 * ms);
  }
  EXPECT_LE(playback.received().size(), 1600u + 160u);
  EXPECT_GT(playback.heard().size(), 0u);
  EXPECT_EQ(playback.counters().bytes_played, 16000u);
}

}  // namespace
}  // namespace fakes
