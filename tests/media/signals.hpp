#pragma once
// Test signals and what is measured on them.
#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <random>
#include <vector>

namespace hookswitch::media::test {

constexpr double kPi = 3.14159265358979323846;
using Samples = std::vector<std::int16_t>;

inline std::int16_t rounded(double value) {
  return static_cast<std::int16_t>(std::lround(std::clamp(value, -32768.0, 32767.0)));
}

inline Samples sine(double hz, unsigned rate, double seconds, double amplitude = 16000.0) {
  Samples out(static_cast<std::size_t>(seconds * rate));
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = rounded(amplitude * std::sin(2.0 * kPi * hz * static_cast<double>(i) / rate));
  return out;
}

// From `from` to `to` Hz, linearly, faded in and out over 20 ms: a hard edge would be sound outside the band.
inline Samples sweep(double from, double to, unsigned rate, double seconds, double amplitude = 16000.0) {
  Samples out(static_cast<std::size_t>(seconds * rate));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double t = static_cast<double>(i) / rate;
    const double edge = std::sin(kPi / 2.0 * std::min({1.0, t / 0.02, (seconds - t) / 0.02}));
    const double turns = from * t + (to - from) * t * t / (2.0 * seconds);
    out[i] = rounded(amplitude * edge * edge * std::sin(2.0 * kPi * turns));
  }
  return out;
}

// Voiced syllables: harmonics of a gliding pitch up to `top` Hz, falling 6 dB an octave, four bursts a second.
inline Samples speechLike(unsigned rate, double seconds, double top = 3200.0) {
  Samples out(static_cast<std::size_t>(seconds * rate));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double t = static_cast<double>(i) / rate;
    const double phase = 2.0 * kPi * (140.0 * t + 8.0 * std::sin(2.0 * kPi * 0.7 * t));
    const double envelope = 0.5 - 0.5 * std::cos(2.0 * kPi * 4.0 * t);
    double value = 0.0;
    for (int k = 1; k * 176.0 < top; ++k) value += std::sin(k * phase + k * k) / k;
    out[i] = rounded(6000.0 * envelope * value);
  }
  return out;
}

inline Samples noise(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> value(-32768, 32767);
  Samples out(n);
  for (auto& sample : out) sample = static_cast<std::int16_t>(value(random));
  return out;
}

// Amplitude of the component at `hz`, by correlation over the middle part with a Hann window.
inline double amplitudeAt(const Samples& in, double hz, unsigned rate) {
  const std::size_t skip = in.size() / 8;
  const std::size_t n = in.size() - 2 * skip;
  std::complex<double> sum = 0.0;
  double weight = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const double window = 0.5 - 0.5 * std::cos(2.0 * kPi * static_cast<double>(i) / static_cast<double>(n));
    sum += window * in[skip + i] * std::polar(1.0, -2.0 * kPi * hz * static_cast<double>(i) / rate);
    weight += window;
  }
  return 2.0 * std::abs(sum) / weight;
}

inline double rms(const Samples& in) {
  const std::size_t skip = in.size() / 8;
  double sum = 0.0;
  for (std::size_t i = skip; i < in.size() - skip; ++i) sum += static_cast<double>(in[i]) * in[i];
  return std::sqrt(sum / static_cast<double>(in.size() - 2 * skip));
}

// Signal to noise of `got` against the reference, whole length, dB.
inline double snr(const Samples& reference, const Samples& got) {
  double signal = 0.0;
  double error = 1e-9;
  for (std::size_t i = 0; i < std::min(reference.size(), got.size()); ++i) {
    const double difference = static_cast<double>(reference[i]) - got[i];
    signal += static_cast<double>(reference[i]) * reference[i];
    error += difference * difference;
  }
  return 10.0 * std::log10(signal / error);
}

inline double decibel(double ratio) { return 20.0 * std::log10(std::max(ratio, 1e-12)); }

}  // namespace hookswitch::media::test
