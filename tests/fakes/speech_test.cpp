#include "tests/fakes/speech.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace fakes::speech {
namespace {

double correlation(const Samples& a, const Samples& b, std::size_t from, std::size_t to) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = from; i < to; ++i) ab += 1.0 * a[i] * b[i], aa += 1.0 * a[i] * a[i], bb += 1.0 * b[i] * b[i];
  return ab / std::sqrt(aa * bb);
}

TEST(FakeSpeech, G711HasTheReferenceValuesAndIsStable) {
  const Format mu{Code::Pcmu, 8000}, a{Code::Pcma, 8000};
  EXPECT_EQ(decode(mu, std::string("\xFF\x7F\x80\x00", 4)), (Samples{0, 0, 32124, -32124}));
  EXPECT_EQ(decode(a, std::string("\xD5\x55\xAA\x2A", 4)), (Samples{8, -8, 32256, -32256}));
  EXPECT_EQ(encode(mu, {0}), "\xFF");
  for (const Format& format : {mu, a}) {
    for (int code = 0; code < 256; ++code) {
      if (format.code == Code::Pcmu && code == 0x7F) continue;  // minus zero becomes plus zero
      const std::string byte(1, static_cast<char>(code));
      EXPECT_EQ(encode(format, decode(format, byte)), byte) << code;
    }
  }
}

TEST(FakeSpeech, ResamplingKeepsAToneWhereItIsAndItsLength) {
  for (const auto& [from, to] : {std::pair{16000U, 24000U}, {8000U, 24000U}, {24000U, 8000U}, {8000U, 16000U}}) {
    for (const double hz : {100.0, 1000.0, 3300.0}) {
      const Samples in = tone(from, hz, 500, 9000), wanted = tone(to, hz, 500, 9000);
      Resampler resampler(from, to);
      Samples out;
      for (std::size_t at = 0; at < in.size(); at += 77)
        resampler.push(&in[at], std::min<std::size_t>(77, in.size() - at), out);
      resampler.flush(out);
      ASSERT_EQ(out.size(), wanted.size());
      EXPECT_GT(correlation(out, wanted, to / 50, out.size() - to / 50), 0.9999) << from << "->" << to << " " << hz;
    }
  }
}

TEST(FakeSpeech, ResamplingDownRemovesWhatWouldAlias) {
  const Samples in = tone(24000, 5000, 300, 9000);
  Resampler resampler(24000, 8000);
  Samples out;
  resampler.push(in.data(), in.size(), out);
  int most = 0;
  for (std::size_t i = 100; i < out.size(); ++i) most = std::max(most, std::abs(out[i]));
  EXPECT_LT(most, 5);
}

TEST(FakeSpeech, TheDetectorReportsSpeechWhereItIsWhateverTheChunks) {
  Samples audio(8000 * 600 / 1000, 0);  // 600 ms silence, 800 ms tone, 1 s silence
  const Samples loud = tone(8000, 300, 800, 5000);
  audio.insert(audio.end(), loud.begin(), loud.end());
  audio.insert(audio.end(), 8000, 0);
  for (const std::size_t chunk : {160UL, 1UL, 1234UL}) {
    Vad vad(8000, {600, 60, 500});
    std::vector<std::pair<Vad::Edge, std::uint64_t>> seen;
    for (std::size_t at = 0; at < audio.size(); at += chunk) {
      const std::size_t n = std::min(chunk, audio.size() - at);
      for (std::size_t used = 0, taken = 0; used < n; used += taken) {
        const auto edge = vad.push(&audio[at + used], n - used, taken);
        if (edge == Vad::Edge::Started) seen.emplace_back(edge, vad.startMs());
        if (edge == Vad::Edge::Stopped) seen.emplace_back(edge, vad.nowMs());
      }
    }
    ASSERT_EQ(seen.size(), 2U) << chunk;
    EXPECT_EQ(seen[0], std::pair(Vad::Edge::Started, std::uint64_t{600}));
    EXPECT_EQ(seen[1], std::pair(Vad::Edge::Stopped, std::uint64_t{1900}));
  }
}

TEST(FakeSpeech, AClickIsNotSpeech) {
  Samples audio(8000, 0);
  for (std::size_t i = 3000; i < 3080; ++i) audio[i] = 20000;
  Vad vad(8000, {600, 60, 500});
  std::size_t taken = 0;
  EXPECT_EQ(vad.push(audio.data(), audio.size(), taken), Vad::Edge::None);
}

}  // namespace
}  // namespace fakes::speech
