#include "host/media/resample.hpp"

#include <gtest/gtest.h>
#include <samplerate.h>
#include <algorithm>
#include <numeric>
#include <random>
#include <stdexcept>
#include <tuple>

#include "host/media/resample_polyphase.hpp"
#include "tests/media/signals.hpp"

namespace hookswitch::media {
namespace {

using test::Samples;

struct Ratio {
  unsigned in;
  unsigned out;
};

void PrintTo(const Ratio& ratio, std::ostream* to) { *to << ratio.in << "_to_" << ratio.out; }

Samples convert(const Ratio& ratio, const Samples& in, ResamplerKind kind = ResamplerKind::polyphase) {
  Samples out;
  auto resampler = makeResampler(ratio.in, ratio.out, kind);
  resampler->process(in.data(), in.size(), out);
  resampler->flush(out);
  return out;
}

// The best converter of libsamplerate over the whole signal at once.
Samples oracle(const Ratio& ratio, const Samples& in) {
  std::vector<float> from(in.size());
  src_short_to_float_array(in.data(), from.data(), static_cast<int>(in.size()));
  std::vector<float> to(in.size() * ratio.out / ratio.in + 16);
  SRC_DATA data{};
  data.data_in = from.data();
  data.data_out = to.data();
  data.input_frames = static_cast<long>(from.size());
  data.output_frames = static_cast<long>(to.size());
  data.src_ratio = static_cast<double>(ratio.out) / ratio.in;
  EXPECT_EQ(src_simple(&data, SRC_SINC_BEST_QUALITY, 1), 0);
  Samples out(static_cast<std::size_t>(data.output_frames_gen));
  src_float_to_short_array(to.data(), out.data(), static_cast<int>(out.size()));
  return out;
}

// Frequencies that an 8 kHz telephone band stands for, in proportion to the lower of both rates.
double scaled(const Ratio& ratio, double hz) { return hz * std::min(ratio.in, ratio.out) / 8000.0; }

class Polyphase : public testing::TestWithParam<Ratio> {};

TEST_P(Polyphase, AgreesWithLibsamplerateOnSpeech) {
  const Samples speech = test::speechLike(GetParam().in, 2.0, scaled(GetParam(), 3200.0));
  const Samples expected = oracle(GetParam(), speech);
  EXPECT_GT(test::snr(expected, convert(GetParam(), speech)), 65.0);
}

TEST_P(Polyphase, AgreesWithLibsamplerateOnASweep) {
  const Samples sweep = test::sweep(50.0, scaled(GetParam(), 3400.0), GetParam().in, 3.0);
  const Samples expected = oracle(GetParam(), sweep);
  EXPECT_GT(test::snr(expected, convert(GetParam(), sweep)), 60.0);
}

TEST_P(Polyphase, PassesTheTelephoneBandFlat) {
  for (const double hz : {100.0, 300.0, 1000.0, 2000.0, 3000.0, 3400.0}) {
    const double at = scaled(GetParam(), hz);
    const Samples out = convert(GetParam(), test::sine(at, GetParam().in, 1.0));
    EXPECT_NEAR(test::decibel(test::amplitudeAt(out, at, GetParam().out) / 16000.0), 0.0, 0.05) << hz;
  }
}

TEST_P(Polyphase, LeavesNothingOfWhatTheLowerRateCannotCarry) {
  const auto [in, out] = GetParam();
  if (in > out) {  // all that would alias
    for (double hz = scaled(GetParam(), 4600.0); hz < in / 2.0; hz += 171.0) {
      const Samples got = convert(GetParam(), test::sine(hz, in, 0.5));
      EXPECT_LT(test::decibel(test::rms(got) / (16000.0 / std::sqrt(2.0))), -60.0) << hz;
    }
  } else {  // the images of all that was there
    for (double hz = 203.0; hz <= scaled(GetParam(), 3400.0); hz += 171.0) {
      const Samples got = convert(GetParam(), test::sine(hz, in, 0.5));
      for (double image = in - hz; image < out / 2.0; image += image < in ? 2.0 * hz : in - 2.0 * hz)
        EXPECT_LT(test::decibel(test::amplitudeAt(got, image, out) / 16000.0), -60.0) << hz << " at " << image;
    }
  }
}

TEST_P(Polyphase, ChunkingCannotBeSeen) {
  const Samples in = test::noise(9973, 7);
  const Samples whole = convert(GetParam(), in);
  std::mt19937 random(11);
  for (const std::size_t chunk : {1u, 2u, 3u, 7u, 159u, 160u, 161u, 479u, 481u, 4001u, 0u}) {
    auto resampler = makeResampler(GetParam().in, GetParam().out);
    Samples out;
    for (std::size_t at = 0; at < in.size();) {
      const std::size_t wanted = chunk != 0 ? chunk : 1 + random() % 700;
      const std::size_t n = std::min(wanted, in.size() - at);
      resampler->process(in.data() + at, n, out);
      at += n;
    }
    resampler->flush(out);
    EXPECT_EQ(out, whole) << "in chunks of " << chunk;
  }
}

TEST_P(Polyphase, IsToTheBitWhatItsTapsSay) {
  const unsigned divisor = std::gcd(GetParam().in, GetParam().out);
  const PolyphaseKernel& kernel = *PolyphaseKernel::forRatio(GetParam().out / divisor, GetParam().in / divisor);
  std::mt19937 random(7);
  Samples in(10'000);
  // Noise, and in between the loudest that there can be.
  for (std::size_t i = 0; i < in.size(); ++i)
    in[i] = std::int16_t(i / 1000 % 2 == 0 ? random() : random() % 2 == 0 ? 32767 : -32768);

  Samples with_silence(kernel.taps - 1, 0), expected;
  with_silence.insert(with_silence.end(), in.begin(), in.end());
  unsigned phase = 0;
  for (std::size_t at = kernel.delay; at + kernel.taps <= with_silence.size();) {
    std::int64_t halves[2] = {0, 0};
    for (std::size_t i = 0; i < kernel.taps; ++i)
      halves[i / 2 % 2] += std::int64_t{with_silence[at + i]} * kernel.phases[phase * kernel.taps + i];
    for (const std::int64_t half : halves) ASSERT_EQ(half, std::int32_t(half)) << "it does not fit";
    const std::int64_t sum = ((halves[0] >> 1) + (halves[1] >> 1) + (1 << 13)) >> 14;
    expected.push_back(std::int16_t(std::clamp<std::int64_t>(sum, -32768, 32767)));
    phase += kernel.down;
    at += phase / kernel.up;
    phase %= kernel.up;
  }

  Samples got;
  PolyphaseResampler resampler(kernel, GetParam().in);
  for (std::size_t at = 0; at < in.size();) {
    const std::size_t n = std::min<std::size_t>(1 + random() % 700, in.size() - at);
    resampler.process(&in[at], n, got);
    at += n;
  }
  EXPECT_EQ(got, expected);
}

TEST_P(Polyphase, TheStreamKeepsItsLengthAndPlace) {
  const auto [in, out] = GetParam();
  for (const std::size_t n : {0u, 1u, 2u, 3u, 100u, 479u, 480u, 481u, 2399u}) {
    const Samples got = convert(GetParam(), test::noise(n, 3));
    EXPECT_EQ(got.size(), (n * out + in - 1) / in) << n;
  }
  // A sine that starts at zero comes out as the same sine: no shift at all.
  const Samples ideal = test::sine(1000.0, out, 1.0);
  const Samples got = convert(GetParam(), test::sine(1000.0, in, 1.0));
  const std::size_t edge = out / 100;
  EXPECT_GT(test::snr(Samples(ideal.begin() + edge, ideal.end() - edge), Samples(got.begin() + edge, got.end() - edge)),
            70.0);
}

TEST_P(Polyphase, HoldsBackExactlyItsDelay) {
  const auto [in, out] = GetParam();
  auto resampler = makeResampler(in, out);
  const Samples frame = test::sine(500.0, in, 0.02);
  Samples first;
  resampler->process(frame.data(), frame.size(), first);
  const double missing = out / 50.0 - static_cast<double>(first.size());
  EXPECT_NEAR(missing * 1000.0 / out, resampler->delayMs(), 1000.0 / out);
  EXPECT_LT(resampler->delayMs(), 3.0);
  for (int i = 0; i < 10; ++i) {
    Samples next;
    resampler->process(frame.data(), frame.size(), next);
    EXPECT_EQ(next.size(), out / 50);
  }
}

TEST_P(Polyphase, AConstantStaysConstantAndFullScaleDoesNotWrap) {
  const Samples out = convert(GetParam(), Samples(GetParam().in / 10, 12345));
  for (std::size_t i = out.size() / 4; i < out.size() * 3 / 4; ++i) ASSERT_EQ(out[i], 12345);
  Samples square(GetParam().in / 10);
  for (std::size_t i = 0; i < square.size(); ++i) square[i] = i / 20 % 2 == 0 ? 32767 : -32768;
  const Samples loud = convert(GetParam(), square);  // overshoots at the edges: has to be limited
  EXPECT_EQ(*std::max_element(loud.begin(), loud.end()), 32767);
  EXPECT_EQ(*std::min_element(loud.begin(), loud.end()), -32768);
  for (std::size_t i = 1; i < loud.size(); ++i) ASSERT_LT(std::abs(loud[i] - loud[i - 1]), 60000) << i;
}

TEST_P(Polyphase, TheLoudestPossibleInputIsLimited) {
  const auto [in, out] = GetParam();
  const std::size_t length = 400;
  const std::size_t middle = length / 2 * out / in;
  Samples loudest(length);
  for (std::size_t i = 0; i < length; ++i) {  // the sign with which sample i goes into the output in the middle
    Samples impulse(length);
    impulse[i] = 32767;
    loudest[i] = convert(GetParam(), impulse)[middle] >= 0 ? 32767 : -32768;
  }
  EXPECT_EQ(convert(GetParam(), loudest)[middle], 32767);
  for (auto& sample : loudest) sample = static_cast<std::int16_t>(~sample);
  EXPECT_EQ(convert(GetParam(), loudest)[middle], -32768);
}

TEST_P(Polyphase, FlushAndResetForget) {
  const Samples in = test::noise(700, 5);
  const Samples fresh = convert(GetParam(), in);
  auto resampler = makeResampler(GetParam().in, GetParam().out);
  const Samples other = test::noise(333, 6);
  Samples out;
  resampler->process(other.data(), other.size(), out);
  resampler->reset();
  out.clear();
  resampler->process(in.data(), in.size(), out);
  resampler->flush(out);
  EXPECT_EQ(out, fresh);
  out.clear();
  resampler->process(in.data(), in.size(), out);
  resampler->flush(out);
  EXPECT_EQ(out, fresh);
}

INSTANTIATE_TEST_SUITE_P(AllRatios, Polyphase,
                         testing::Values(Ratio{8000, 16000}, Ratio{16000, 8000}, Ratio{8000, 24000}, Ratio{24000, 8000},
                                         Ratio{16000, 24000}, Ratio{24000, 16000}),
                         testing::PrintToStringParamName());

class Samplerate : public testing::TestWithParam<Ratio> {};

TEST_P(Samplerate, AgreesWithItsBestConverterAndKeepsTheLength) {
  const auto [in, out] = GetParam();
  const Samples speech = test::speechLike(in, 1.0);
  const Samples got = convert(GetParam(), speech, ResamplerKind::samplerate);
  EXPECT_EQ(got.size(), (speech.size() * out + in - 1) / in);
  EXPECT_GT(test::snr(oracle(GetParam(), speech), got), 70.0);
}

TEST_P(Samplerate, ChunksOfAnySizeGiveTheSameSound) {
  const Samples speech = test::speechLike(GetParam().in, 0.5);
  const Samples whole = convert(GetParam(), speech, ResamplerKind::samplerate);
  for (const std::size_t chunk : {1u, 159u, 161u, 4001u}) {
    auto resampler = makeResampler(GetParam().in, GetParam().out, ResamplerKind::samplerate);
    Samples out;
    for (std::size_t at = 0; at < speech.size(); at += chunk)
      resampler->process(speech.data() + at, std::min(chunk, speech.size() - at), out);
    resampler->flush(out);
    EXPECT_EQ(out.size(), whole.size());
    EXPECT_GT(test::snr(whole, out), 80.0) << chunk;
  }
}

TEST_P(Samplerate, FlushAndResetForget) {
  const Samples in = test::speechLike(GetParam().in, 0.3);
  const Samples fresh = convert(GetParam(), in, ResamplerKind::samplerate);
  auto resampler = makeResampler(GetParam().in, GetParam().out, ResamplerKind::samplerate);
  Samples out;
  resampler->process(in.data(), in.size() / 2, out);
  resampler->reset();
  for (int round = 0; round < 2; ++round) {
    out.clear();
    resampler->process(in.data(), in.size(), out);
    resampler->flush(out);
    EXPECT_EQ(out, fresh);
  }
}

TEST_P(Samplerate, LagsBehindByWhatItSays) {
  const auto [in, out] = GetParam();
  auto resampler = makeResampler(in, out, ResamplerKind::samplerate);
  const Samples speech = test::speechLike(in, 0.5);
  Samples got;
  resampler->process(speech.data(), speech.size(), got);
  const double missing = static_cast<double>(speech.size()) * out / in - static_cast<double>(got.size());
  EXPECT_NEAR(missing * 1000.0 / out, resampler->delayMs(), 0.5);
}

INSTANTIATE_TEST_SUITE_P(SomeRatios, Samplerate,
                         testing::Values(Ratio{8000, 16000}, Ratio{24000, 8000}, Ratio{48000, 8000}, Ratio{8000, 44100},
                                         Ratio{22050, 8000}),
                         testing::PrintToStringParamName());

TEST(MakeResampler, TakesLibsamplerateForARatioItHasNoFilterFor) {
  const Samples speech = test::speechLike(48000, 0.5);
  EXPECT_EQ(convert({48000, 8000}, speech), convert({48000, 8000}, speech, ResamplerKind::samplerate));
}

TEST(MakeResampler, TheSettingChoosesTheBackend) {
  EXPECT_NE(makeResampler(8000, 16000, ResamplerKind::polyphase)->delayMs(),
            makeResampler(8000, 16000, ResamplerKind::samplerate)->delayMs());
}

TEST(MakeResampler, EqualRatesCopy) {
  const Samples in = test::noise(321, 1);
  EXPECT_EQ(convert({8000, 8000}, in), in);
}

TEST(MakeResampler, RefusesRatesThatMakeNoSense) {
  EXPECT_THROW(makeResampler(0, 8000), std::invalid_argument);
  EXPECT_THROW(makeResampler(8000, 192001), std::invalid_argument);
  EXPECT_THROW(makeResampler(8000, 128000), std::invalid_argument);
}

}  // namespace
}  // namespace hookswitch::media
