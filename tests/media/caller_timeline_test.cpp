// Where the caller's frames belong, on a virtual clock.
#include "host/media/caller_timeline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace hookswitch::media {
namespace {

/// Frames of 20 ms, each of them one letter; silence is '.', one for 20 ms.
class TimelineTest : public testing::Test, private TimelineOut {
 protected:
  void frame(char c, std::uint64_t pts_ms) {
    if (timeline.inOrder(pts_ms * 1000, 20'000))
      heard += c;
    else
      timeline.take(pts_ms * 1000, 20'000, std::string(160, c), now);
  }
  void frames(const std::string& letters, std::uint64_t from_ms) {
    for (std::size_t i = 0; i < letters.size(); ++i) frame(letters[i], from_ms + 20 * i);
  }
  void pass(std::int64_t ms) {
    now += ms * 1000;
    if (timeline.untilUs() >= 0 && timeline.untilUs() <= now) timeline.release();
  }

  std::string heard;
  std::uint64_t late_ms = 0;
  std::int64_t now = 1'000'000;
  CallerTimeline timeline{*this};

 private:
  void callerFrame(std::string_view bytes) override { heard += bytes[0]; }
  void callerSilence(std::uint64_t ms) override { heard += std::string(ms / 20, '.'); }
  void callerLate(std::uint64_t ms) override { late_ms += ms; }
};

TEST_F(TimelineTest, FramesThatHaveChangedPlacesAreHeardInTheirs) {
  frames("ab", 0);
  frame('d', 60);
  EXPECT_EQ(heard, "ab");
  frame('c', 40);
  EXPECT_EQ(heard, "abcd");
  frames("ef", 80);
  EXPECT_EQ(heard, "abcdef");
  EXPECT_LT(timeline.untilUs(), 0);
  EXPECT_EQ(late_ms, 0u);
}

TEST_F(TimelineTest, FramesThatOvertakeBySomeHundredMillisecondsMakeNothingLonger) {
  // Every other frame comes 200 ms late.
  std::vector<std::pair<int, int>> arrivals;
  for (int i = 0; i < 300; ++i) arrivals.emplace_back(20 * i + (i % 2 ? 200 : 0), i);
  std::sort(arrivals.begin(), arrivals.end());
  std::string said;
  for (int i = 0; i < 300; ++i) said += char('a' + i % 26);
  for (auto& [at, i] : arrivals) {
    now = 1'000'000 + at * 1000;
    pass(0);
    frame(said[std::size_t(i)], std::uint64_t(20 * i));
  }
  EXPECT_EQ(heard, said);
  EXPECT_EQ(late_ms, 0u);
}

TEST_F(TimelineTest, WhatIsMissingIsSilenceOnceTheWindowHasPassed) {
  frames("ab", 0);
  frames("defghijklmnopq", 60);
  EXPECT_EQ(heard, "ab") << "it may still come";
  frames("rstuvw", 340);
  EXPECT_EQ(heard, "ab.defghijklmnopqrstuvw");
}

TEST_F(TimelineTest, NoFrameWaitsForEverForOneThatIsLost) {
  frames("ab", 0);
  frames("de", 60);
  pass(399);
  EXPECT_EQ(heard, "ab");
  pass(1);
  EXPECT_EQ(heard, "ab.de");
  frame('f', 100);
  EXPECT_EQ(heard, "ab.def");
}

TEST_F(TimelineTest, WhatComesAfterItsPlaceWasTakenIsDroppedAndTurnsNothingBack) {
  frames("ab", 0);
  frames("de", 60);
  pass(400);
  frame('c', 40);
  frames("fgh", 100);
  EXPECT_EQ(heard, "ab.defgh");
  EXPECT_EQ(late_ms, 20u);
}

TEST_F(TimelineTest, AFrameThatComesTwiceIsHeardOnce) {
  frames("abcdef", 0);
  frame('e', 80);
  frame('g', 120);
  frame('c', 40);
  frame('d', 60);
  frame('h', 140);
  EXPECT_EQ(heard, "abcdefgh");
  frame('j', 180);
  frame('j', 180);
  frame('i', 160);
  EXPECT_EQ(heard, "abcdefghij");
  EXPECT_EQ(late_ms, 80u);
}

TEST_F(TimelineTest, SeveralHolesAreFilledEachInItsPlace) {
  frame('a', 0);
  frame('c', 40);
  frame('e', 80);
  frame('g', 120);
  frame('d', 60);
  EXPECT_EQ(heard, "a");
  pass(400);
  EXPECT_EQ(heard, "a.cde.g");
  frame('h', 140);
  EXPECT_EQ(heard, "a.cde.gh");
}

TEST_F(TimelineTest, AStallThatComesInOnePieceIsWhatWasSaid) {
  frames("abc", 0);
  pass(3000);
  std::string said;
  for (int i = 0; i < 150; ++i) said += char('d' + i % 20);
  frames(said, 60);
  EXPECT_EQ(heard, "abc" + said);
}

TEST_F(TimelineTest, SilenceThatWasGivenAheadMakesRoomForWhatComesAfterAll) {
  frames("ab", 0);
  timeline.gaveAhead(1000);
  std::string said;
  for (int i = 0; i < 80; ++i) said += char('c' + i % 20);
  frames(said, 40);
  EXPECT_EQ(heard, "ab" + said) << "nothing of it is lost, and nothing is put in";
}

TEST_F(TimelineTest, AStreamThatBeginsAnewIsFollowed) {
  frames("ab", 60'000);
  frames("cdef", 0);
  EXPECT_EQ(heard, "abcdef") << "long ago: two frames in a row say it";
  frames("ghijklmnopqrstu", 80);
  frames("vwxyzABCDEFG", 0);
  EXPECT_EQ(heard, "abcdefghijklmnopqrstuvwxyzABCDEFG") << "not so long ago: 200 ms do";
}

TEST_F(TimelineTest, ACarrierWithoutTimesIsBelievedToBeInOrder) {
  for (char c = 'a'; c < 'g'; ++c) frame(c, 0);
  timeline.gaveAhead(1000);
  for (char c = 'g'; c < 'k'; ++c) frame(c, 0);
  EXPECT_EQ(heard, "abcdefghij");
  EXPECT_EQ(late_ms, 0u);
}

TEST_F(TimelineTest, AJumpOfMoreThanTenSecondsIsANewBeginning) {
  frames("ab", 0);
  frames("cd", 20'000);
  EXPECT_EQ(heard, "abcd");
}

TEST_F(TimelineTest, AfterForgetTheNextFrameIsTheFirst) {
  frames("ab", 10'000);
  frame('d', 10'060);
  timeline.forget();
  EXPECT_EQ(heard, "ab.d") << "what was held is heard";
  frames("ef", 500);
  EXPECT_EQ(heard, "ab.def");
}

TEST_F(TimelineTest, WhatIsHeldHasABound) {
  frame('a', 0);
  timeline.take(40'000, 1000, std::string(CallerTimeline::max_held_bytes + 1, 'c'), now);
  EXPECT_EQ(heard, "a.c");
}

}  // namespace
}  // namespace hookswitch::media
