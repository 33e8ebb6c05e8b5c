#include "host/media/transcoder.hpp"

#include <gtest/gtest.h>
#include <cstring>
#include <string>

#include "host/media/g711.hpp"
#include "tests/media/signals.hpp"

namespace hookswitch::media {
namespace {

using test::Samples;

const AudioFormat kFormats[] = {AudioFormat::pcmu_8k, AudioFormat::pcma_8k, AudioFormat::s16_8k, AudioFormat::s16_16k,
                                AudioFormat::s16_24k};

std::string bytesOf(AudioFormat format, const Samples& samples) {
  std::string out(samples.size() * bytesPerSample(format), '\0');
  if (format == AudioFormat::pcmu_8k)
    encodeMuLaw(samples.data(), samples.size(), reinterpret_cast<std::uint8_t*>(out.data()));
  else if (format == AudioFormat::pcma_8k)
    encodeALaw(samples.data(), samples.size(), reinterpret_cast<std::uint8_t*>(out.data()));
  else
    for (std::size_t i = 0; i < samples.size(); ++i) {  // little-endian, by hand
      out[2 * i] = static_cast<char>(samples[i] & 0xFF);
      out[2 * i + 1] = static_cast<char>((samples[i] >> 8) & 0xFF);
    }
  return out;
}

Samples samplesOf(AudioFormat format, const std::string& bytes) {
  Samples out;
  if (bytesPerSample(format) == 1) {
    for (const char byte : bytes) {
      const auto code = static_cast<std::uint8_t>(byte);
      out.push_back(format == AudioFormat::pcmu_8k ? decodeMuLaw(code) : decodeALaw(code));
    }
  } else {
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
      out.push_back(static_cast<std::int16_t>(static_cast<std::uint8_t>(bytes[i]) |
                                              static_cast<std::uint8_t>(bytes[i + 1]) << 8));
  }
  return out;
}

std::string through(Transcoder& transcoder, const std::string& bytes, std::size_t chunk) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += chunk)
    out += transcoder.process(std::string_view(bytes).substr(at, chunk));
  out += transcoder.finish();
  return out;
}

TEST(AudioFormats, HaveTheirSizes) {
  EXPECT_EQ(bytesPerMs(AudioFormat::pcmu_8k), 8u);
  EXPECT_EQ(bytesPerMs(AudioFormat::pcma_8k), 8u);
  EXPECT_EQ(bytesPerMs(AudioFormat::s16_8k), 16u);
  EXPECT_EQ(bytesPerMs(AudioFormat::s16_16k), 32u);
  EXPECT_EQ(bytesPerMs(AudioFormat::s16_24k), 48u);
  EXPECT_FALSE(isAudioFormat(0));
  EXPECT_TRUE(isAudioFormat(1));
  EXPECT_TRUE(isAudioFormat(5));
  EXPECT_FALSE(isAudioFormat(6));
}

TEST(AudioFormats, HaveTheirSilence) {
  for (const AudioFormat format : kFormats) {
    std::string bytes(6, 'x');
    fillSilence(format, bytes.data(), 4);
    const char expected = format == AudioFormat::pcmu_8k ? '\xFF' : format == AudioFormat::pcma_8k ? '\xD5' : '\0';
    EXPECT_EQ(bytes, std::string(4, expected) + "xx");
  }
}

TEST(Transcoder, HandsIdenticalFormatsThroughUntouched) {
  for (const AudioFormat format : kFormats) {
    Transcoder transcoder(format, format);
    const std::string bytes = "an odd number of bytes!";
    const std::string_view out = transcoder.process(bytes);
    EXPECT_EQ(out.data(), bytes.data());
    EXPECT_EQ(out.size(), bytes.size());
    EXPECT_TRUE(transcoder.finish().empty());
    EXPECT_EQ(transcoder.delayMs(), 0.0);
  }
}

TEST(Transcoder, KeepsTheSoundBetweenAnyTwoFormats) {
  for (const AudioFormat from : kFormats) {
    for (const AudioFormat to : kFormats) {
      const Samples in = test::speechLike(sampleRate(from), 1.0);
      const Samples expected = test::speechLike(sampleRate(to), 1.0);
      Transcoder transcoder(from, to);
      const std::string out = through(transcoder, bytesOf(from, in), 160);
      EXPECT_EQ(out.size(), 1000 * bytesPerMs(to));
      // G.711 itself has about 38 dB; without it the filter is the limit.
      const bool companded = bytesPerSample(from) == 1 || bytesPerSample(to) == 1;
      EXPECT_GT(test::snr(expected, samplesOf(to, out)), companded ? 33.0 : 60.0)
          << static_cast<int>(from) << " to " << static_cast<int>(to);
    }
  }
}

TEST(Transcoder, ChunkingCannotBeSeen) {
  for (const AudioFormat from : kFormats) {
    for (const AudioFormat to : kFormats) {
      const std::string bytes = bytesOf(from, test::noise(6007, 2));
      Transcoder transcoder(from, to);
      const std::string whole = through(transcoder, bytes, bytes.size());
      for (const std::size_t chunk : {1u, 3u, 159u, 161u, 4001u})
        EXPECT_EQ(through(transcoder, bytes, chunk), whole) << chunk;
    }
  }
}

TEST(Transcoder, CarriesTheOddByteOfASample) {
  Transcoder transcoder(AudioFormat::s16_8k, AudioFormat::pcmu_8k);
  const std::string bytes = bytesOf(AudioFormat::s16_8k, {1000, -2000, 3000});
  EXPECT_TRUE(transcoder.process(std::string_view(bytes).substr(0, 1)).empty());
  EXPECT_EQ(transcoder.process(std::string_view(bytes).substr(1, 4)).size(), 2u);
  const std::string_view last = transcoder.process(std::string_view(bytes).substr(5, 1));
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(static_cast<std::uint8_t>(last[0]), encodeMuLaw(std::int16_t{3000}));
}

TEST(Transcoder, ResetForgetsTheHalfSampleAndTheFilter) {
  Transcoder transcoder(AudioFormat::s16_24k, AudioFormat::pcmu_8k);
  const std::string bytes = bytesOf(AudioFormat::s16_24k, test::speechLike(24000, 0.2));
  const std::string fresh = through(transcoder, bytes, bytes.size());
  transcoder.process(std::string_view(bytes).substr(0, 1001));
  transcoder.reset();
  EXPECT_EQ(through(transcoder, bytes, bytes.size()), fresh);
}

TEST(Transcoder, FinishForgetsTheHalfSample) {
  Transcoder transcoder(AudioFormat::s16_8k, AudioFormat::pcma_8k);
  const std::string bytes = bytesOf(AudioFormat::s16_8k, {1000, -2000, 3000});
  const std::string fresh(transcoder.process(bytes));
  transcoder.process("x");
  transcoder.finish();
  EXPECT_EQ(transcoder.process(bytes), fresh);
}

TEST(Transcoder, TakesLibsamplerateWhenToldTo) {
  Transcoder fir(AudioFormat::s16_24k, AudioFormat::pcmu_8k);
  Transcoder sinc(AudioFormat::s16_24k, AudioFormat::pcmu_8k, ResamplerKind::samplerate);
  EXPECT_GT(sinc.delayMs(), fir.delayMs());
  const std::string bytes = bytesOf(AudioFormat::s16_24k, test::speechLike(24000, 0.5));
  const std::string one = through(fir, bytes, 960);
  const std::string other = through(sinc, bytes, 960);
  ASSERT_EQ(one.size(), other.size());
  EXPECT_GT(test::snr(samplesOf(AudioFormat::pcmu_8k, other), samplesOf(AudioFormat::pcmu_8k, one)), 33.0);
}

TEST(Transcoder, MovesWithItsState) {
  const std::string bytes = bytesOf(AudioFormat::s16_16k, test::speechLike(16000, 0.1));
  Transcoder whole(AudioFormat::s16_16k, AudioFormat::s16_8k);
  const std::string expected = through(whole, bytes, bytes.size());
  Transcoder first(AudioFormat::s16_16k, AudioFormat::s16_8k);
  std::string out(first.process(std::string_view(bytes).substr(0, 701)));
  Transcoder second(std::move(first));
  out += second.process(std::string_view(bytes).substr(701));
  out += second.finish();
  EXPECT_EQ(out, expected);
}

}  // namespace
}  // namespace hookswitch::media
