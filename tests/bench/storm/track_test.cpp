// What the benchmark says of the audio that came is what happened to it.
#include "tests/bench/storm/track.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace storm {
namespace {

constexpr std::size_t kSent = 200;
constexpr std::int64_t kFrameNs = 20'000'000;

/// Frames of one sender, as they leave.
std::vector<std::string> frames(Sender& sender, std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) {
    char text[kFrameText];
    sender.next(text, std::int64_t(i) * kFrameNs);
    all.emplace_back(text, kFrameText);
  }
  return all;
}

class TrackTest : public ::testing::Test {
 protected:
  /// All of them come, each 5 ms after it has left.
  Tally read(Kind kind, const std::vector<std::string>& all) {
    Sender sender(kind, 7);
    Reader reader(sender);
    Tally tally;
    char spare[kFrameText];
    std::int64_t now_ns = 0;
    for (const std::string& text : all) {
      if (sender.sent() < kSent) sender.next(spare, now_ns);
      reader.read(text, now_ns + kFrameNs / 4, tally, true);
      now_ns += kFrameNs;
    }
    reader.close(tally);
    return tally;
  }
  std::vector<std::string> sent(Kind kind, std::size_t count = kSent) {
    Sender sender(kind, 7);
    return frames(sender, count);
  }
  static std::string silence() {
    const std::string bytes(kFrameBytes, '\xff');
    std::string text(kFrameText, ' ');
    encodeBase64(text.data(), bytes.data(), bytes.size());
    return text;
  }
};

TEST_F(TrackTest, NothingIsWrongWithWhatCameAsItLeft) {
  for (const Kind kind : {Kind::stamps, Kind::bursts}) {
    const Tally tally = read(kind, sent(kind));
    EXPECT_EQ(tally.frames, 200u);
    EXPECT_EQ(tally.missing, 0u);
    EXPECT_EQ(tally.disordered, 0u);
    EXPECT_EQ(tally.changed, 0u);
    EXPECT_EQ(tally.padding_ms, 0u);
    EXPECT_NEAR(tally.delay.ms(0.5), 5, 0.1);
  }
}

TEST_F(TrackTest, AFrameThatIsGoneIsMissing) {
  for (const Kind kind : {Kind::stamps, Kind::bursts})
    for (const std::size_t at : {100, 113, 120, 150}) {
      auto all = sent(kind);
      all.erase(all.begin() + std::ptrdiff_t(at));
      all.resize(199);
      EXPECT_GE(read(kind, all).missing, 1u) << int(kind) << " " << at;
    }
}

TEST_F(TrackTest, TheLastFrameIsMissingToo) {
  auto all = sent(Kind::stamps);
  all.back() = silence();
  EXPECT_EQ(read(Kind::stamps, all).missing, 1u);
}

TEST_F(TrackTest, FramesThatChangedPlacesAreOutOfOrder) {
  auto all = sent(Kind::stamps);
  std::swap(all[100], all[101]);
  EXPECT_GE(read(Kind::stamps, all).disordered, 1u);
}

TEST_F(TrackTest, AnyByteThatIsAnotherIsSeen) {
  const auto good = sent(Kind::stamps);
  for (std::size_t at = 0; at < kFrameText - 2; ++at) {
    auto all = good;
    all[100][at] = all[100][at] == 'A' ? 'B' : 'A';
    EXPECT_EQ(read(Kind::stamps, all).changed, 1u) << at;
  }
}

TEST_F(TrackTest, SilenceInBetweenIsPaddingAndNoLoss) {
  for (const Kind kind : {Kind::stamps, Kind::bursts}) {
    auto all = sent(kind);
    all.insert(all.begin() + 103, 50, silence());
    const Tally tally = read(kind, all);
    EXPECT_EQ(tally.padding_ms, 1000u);
    EXPECT_EQ(tally.missing, 0u);
    EXPECT_EQ(tally.changed, 0u);
  }
}

TEST_F(TrackTest, FramesMayComeInPiecesOfAnySize) {
  const auto all = sent(Kind::stamps);
  std::string bytes;
  for (const std::string& text : all) {
    char frame[kFrameBytes + 2];
    bytes.append(frame, decodeBase64(frame, text));
  }
  Sender sender(Kind::stamps, 7);
  frames(sender, all.size());
  Reader reader(sender);
  Tally tally;
  for (std::size_t at = 0, size = 1; at < bytes.size(); at += size, size = size % 700 + 37) {
    const std::string part = bytes.substr(at, size);
    std::string text(base64Size(part.size()), ' ');
    encodeBase64(text.data(), part.data(), part.size());
    reader.read(text, 0, tally, false);
  }
  reader.close(tally);
  EXPECT_EQ(tally.frames, all.size());
  EXPECT_EQ(tally.missing + tally.disordered + tally.changed, 0u);
}

TEST_F(TrackTest, AnotherCallsFrameIsAnotherBytes) {
  Sender sender(Kind::stamps, 8);
  EXPECT_EQ(read(Kind::stamps, frames(sender, 10)).changed, 10u);
}

TEST(HistogramTest, APercentileIsRightWithinTwoPercent) {
  Histogram histogram;
  for (int us = 1; us <= 1'000'000; us += 7) histogram.add(std::int64_t(us) * 1000);
  EXPECT_NEAR(histogram.ms(0.5), 500, 10);
  EXPECT_NEAR(histogram.ms(0.99), 990, 20);
  EXPECT_NEAR(histogram.ms(0.0001), 0.1, 0.01);
}

TEST(SoundTest, EverySampleOfMuLawComesBack) {
  for (int byte = 0; byte < 256; ++byte) {
    if (byte == 0x7f) continue;  // the other zero
    EXPECT_EQ(toMuLaw(fromMuLaw(std::uint8_t(byte))), byte);
  }
}

TEST(SoundTest, WhatIsNotBase64IsRefused) {
  char out[32];
  EXPECT_EQ(decodeBase64(out, "QUJD"), 3u);
  EXPECT_EQ(decodeBase64(out, "QUI="), 2u);
  EXPECT_EQ(decodeBase64(out, "QQ=="), 1u);
  for (const char* wrong : {"QUJ", "QU*D", "Q===", "=QUJ"}) EXPECT_EQ(decodeBase64(out, wrong), 0u) << wrong;
}

}  // namespace
}  // namespace storm
