// Cost of each step of the media plane, per 20 ms frame of one call in one direction.
#include <benchmark/benchmark.h>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "host/media/g711.hpp"
#include "host/media/playout.hpp"
#include "host/media/resample.hpp"
#include "host/media/transcoder.hpp"

namespace {

using namespace hookswitch::media;

std::vector<std::int16_t> speech(std::size_t samples, unsigned rate) {
  std::vector<std::int16_t> out(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    const double t = static_cast<double>(i) / rate;
    double value = 0.0;
    for (int k = 1; k < 20; ++k) value += std::sin(2.0 * 3.14159265 * 160.0 * k * t + k * k) / k;
    out[i] = static_cast<std::int16_t>(6000.0 * value);
  }
  return out;
}

constexpr std::size_t kSeconds = 5;  // of different sound, so that tables are not kinder than in a call

void decodeMuLawFrame(benchmark::State& state) {
  const auto samples = speech(8000 * kSeconds, 8000);
  std::vector<std::uint8_t> codes(samples.size());
  encodeMuLaw(samples.data(), samples.size(), codes.data());
  std::int16_t out[160];
  std::size_t at = 0;
  for (auto _ : state) {
    decodeMuLaw(&codes[at], 160, out);
    benchmark::DoNotOptimize(out);
    at = (at + 160) % codes.size();
  }
}
BENCHMARK(decodeMuLawFrame);

template <void (*Encode)(const std::int16_t*, std::size_t, std::uint8_t*)>
void encodeFrame(benchmark::State& state) {
  const auto samples = speech(8000 * kSeconds, 8000);
  std::uint8_t out[160];
  std::size_t at = 0;
  for (auto _ : state) {
    Encode(&samples[at], 160, out);
    benchmark::DoNotOptimize(out);
    at = (at + 160) % samples.size();
  }
}
BENCHMARK(encodeFrame<encodeMuLaw>)->Name("encodeMuLawFrame");
BENCHMARK(encodeFrame<encodeALaw>)->Name("encodeALawFrame");

void resampleFrame(benchmark::State& state, unsigned in, unsigned out, ResamplerKind kind) {
  const auto samples = speech(in * kSeconds, in);
  auto resampler = makeResampler(in, out, kind);
  std::vector<std::int16_t> result;
  result.reserve(2000);
  const std::size_t frame = in / 50;
  std::size_t at = 0;
  for (auto _ : state) {
    result.clear();
    resampler->process(&samples[at], frame, result);
    benchmark::DoNotOptimize(result.data());
    at = (at + frame) % samples.size();
  }
}
BENCHMARK_CAPTURE(resampleFrame, fir_8_to_16, 8000, 16000, ResamplerKind::polyphase);
BENCHMARK_CAPTURE(resampleFrame, fir_16_to_8, 16000, 8000, ResamplerKind::polyphase);
BENCHMARK_CAPTURE(resampleFrame, fir_8_to_24, 8000, 24000, ResamplerKind::polyphase);
BENCHMARK_CAPTURE(resampleFrame, fir_24_to_8, 24000, 8000, ResamplerKind::polyphase);
BENCHMARK_CAPTURE(resampleFrame, fir_16_to_24, 16000, 24000, ResamplerKind::polyphase);
BENCHMARK_CAPTURE(resampleFrame, fir_24_to_16, 24000, 16000, ResamplerKind::polyphase);
BENCHMARK_CAPTURE(resampleFrame, samplerate_8_to_16, 8000, 16000, ResamplerKind::samplerate);
BENCHMARK_CAPTURE(resampleFrame, samplerate_24_to_8, 24000, 8000, ResamplerKind::samplerate);

void transcodeFrame(benchmark::State& state, AudioFormat from, AudioFormat to) {
  const auto sound = speech(sampleRate(from) * kSeconds, sampleRate(from));
  Transcoder source(AudioFormat::s16_8k, from == AudioFormat::pcmu_8k ? from : AudioFormat::s16_8k);
  const std::string bytes(source.process({reinterpret_cast<const char*>(sound.data()), sound.size() * 2}));
  Transcoder transcoder(from, to);
  const std::size_t frame = bytesPerMs(from) * 20;
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(transcoder.process(std::string_view(bytes).substr(at, frame)));
    at = (at + frame) % bytes.size();
  }
}
BENCHMARK_CAPTURE(transcodeFrame, pcmu_to_pcmu, AudioFormat::pcmu_8k, AudioFormat::pcmu_8k);
BENCHMARK_CAPTURE(transcodeFrame, pcmu_to_s16_16k, AudioFormat::pcmu_8k, AudioFormat::s16_16k);
BENCHMARK_CAPTURE(transcodeFrame, pcmu_to_s16_24k, AudioFormat::pcmu_8k, AudioFormat::s16_24k);
BENCHMARK_CAPTURE(transcodeFrame, s16_24k_to_pcmu, AudioFormat::s16_24k, AudioFormat::pcmu_8k);

// A model that speaks without end in deltas of 100 ms, twice as fast as needed only at first: one push for five frames,
// one tick a frame, every mark echoed.
void playoutFrame(benchmark::State& state) {
  Playout playout;
  const std::string delta(800, 'a');
  std::int64_t now_us = 0;
  for (int i = 0; i < 5; ++i) playout.push("item", delta);
  int frame = 0;
  for (auto _ : state) {
    if (++frame % 5 == 0) playout.push("item", delta);
    PlayoutAction echo;
    for (const PlayoutAction& action : playout.due(now_us)) {
      if (action.kind == PlayoutAction::Kind::mark)
        echo = action;
      else
        benchmark::DoNotOptimize(action.audio);
    }
    if (echo.kind == PlayoutAction::Kind::mark) playout.markEchoed(echo.mark(), now_us);
    now_us += 20000;
  }
}
BENCHMARK(playoutFrame);

void playoutSilentTick(benchmark::State& state) {
  Playout playout;
  std::int64_t now_us = 0;
  for (auto _ : state) benchmark::DoNotOptimize(playout.due(now_us += 20000));
}
BENCHMARK(playoutSilentTick);

// A caller who speaks 20 ms into an answer of a second: push, first frames, interruption.
void playoutInterrupt(benchmark::State& state) {
  const std::string delta(8000, 'a');
  Playout playout;
  std::int64_t now_us = 0;
  std::uint64_t number = 1000000000000000;
  for (auto _ : state) {
    const std::string item = "item_" + std::to_string(++number);
    if (playout.push(item, delta) != PushResult::queued) state.SkipWithError("the push was refused");
    playout.due(now_us);
    now_us += 20000;
    benchmark::DoNotOptimize(playout.interrupt(now_us));
  }
}
BENCHMARK(playoutInterrupt);

}  // namespace
