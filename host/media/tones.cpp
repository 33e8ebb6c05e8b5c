#include "host/media/tones.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace hookswitch::media {
namespace {

constexpr unsigned tone_rate = 8000;
constexpr double tone_level =
    0.35 * 32767;  // of each of the two: about -9 dB of full scale, so that their sum is not clipped
constexpr unsigned ramp_samples = 40;  // 5 ms: a tone that begins at once is a click

struct TonePair {
  double low, high;
};

constexpr std::string_view tone_keys = "123A456B789C*0#D";

TonePair pairOf(std::size_t key) {
  static constexpr double low[] = {697, 770, 852, 941}, high[] = {1209, 1336, 1477, 1633};
  return {low[key / 4], high[key % 4]};
}

void appendSample(std::string& pcm, int sample) {
  pcm += char(sample & 0xff);
  pcm += char((sample >> 8) & 0xff);
}

void appendTone(std::string& pcm, const TonePair& pair) {
  constexpr double turn = 6.283185307179586 / tone_rate;
  constexpr unsigned samples = tone_ms * tone_rate / 1000;
  for (unsigned i = 0; i < samples; ++i) {
    const double edge = std::min({1.0, double(i) / ramp_samples, double(samples - i) / ramp_samples});
    appendSample(
        pcm, int(std::lround(tone_level * edge * (std::sin(turn * pair.low * i) + std::sin(turn * pair.high * i)))));
  }
}

/// Made once: sixty-four keys in one request are more sines than a loop has time for.
const std::string& toneOf(std::size_t key) {
  static const std::array<std::string, tone_keys.size()> tones = [] {
    std::array<std::string, tone_keys.size()> made;
    for (std::size_t i = 0; i < made.size(); ++i) appendTone(made[i], pairOf(i));
    return made;
  }();
  return tones[key];
}

}  // namespace

std::string keyTones(AudioFormat format, std::string_view digits) {
  std::string pcm;
  for (const char key : digits) {
    const std::size_t known = tone_keys.find(key);
    if (key == 'w') {
      pcm.append(wait_ms * tone_rate / 1000 * 2, '\0');
    } else if (known != std::string_view::npos) {
      pcm += toneOf(known);
      pcm.append(pause_ms * tone_rate / 1000 * 2, '\0');
    }
  }
  Transcoder to(AudioFormat::s16_8k, format, ResamplerKind::polyphase);
  std::string sound(to.process(pcm));
  sound += to.finish();
  return sound;
}

}  // namespace hookswitch::media
