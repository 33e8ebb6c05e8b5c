#include "tests/system/audio.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace system_test {
namespace {

int linear(unsigned char mulaw) {
  mulaw = static_cast<unsigned char>(~mulaw);
  const int magnitude = ((((mulaw & 15) << 3) + 132) << ((mulaw >> 4) & 7)) - 132;
  return mulaw & 128 ? -magnitude : magnitude;
}

}  // namespace

double correlation(const std::string& whole, const std::string& part) {
  std::vector<double> a, b;
  for (unsigned char c : whole) a.push_back(linear(c));
  for (unsigned char c : part) b.push_back(linear(c));
  double best = 0, energy_b = 0;
  for (double x : b) energy_b += x * x;
  for (std::size_t shift = 0; shift + b.size() <= a.size(); ++shift) {
    double product = 0, energy_a = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
      product += a[shift + i] * b[i];
      energy_a += a[shift + i] * a[shift + i];
    }
    if (energy_a > 0 && energy_b > 0) best = std::max(best, product / std::sqrt(energy_a * energy_b));
  }
  return best;
}

std::size_t toneMs(const std::string& audio, double hz) {
  constexpr std::size_t frame = 160;
  const double step = 2 * std::acos(-1.0) * hz / 8000;
  std::size_t ms = 0;
  for (std::size_t at = 0; at + frame <= audio.size(); at += frame) {
    double real = 0, imaginary = 0, energy = 0;
    for (std::size_t i = 0; i < frame; ++i) {
      const double x = linear(static_cast<unsigned char>(audio[at + i]));
      real += x * std::cos(step * double(i));
      imaginary += x * std::sin(step * double(i));
      energy += x * x;
    }
    // All of the energy of a tone is at its height.
    if (energy > 1e6 && (real * real + imaginary * imaginary) * 2 / frame > 0.7 * energy) ms += 20;
  }
  return ms;
}

std::string trimSilence(std::string audio) {
  while (!audio.empty() && static_cast<unsigned char>(audio.back()) == 0xff) audio.pop_back();
  return audio;
}

}  // namespace system_test
