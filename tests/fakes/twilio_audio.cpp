#include "tests/fakes/twilio_audio.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace fakes {

namespace {

std::string readFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::invalid_argument("cannot read the audio file '" + file + "'");
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::uint32_t little(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::string resample(const std::vector<std::int16_t>& in, std::uint32_t rate) {
  std::string out;
  if (in.empty()) return out;
  const std::uint64_t samples = std::uint64_t(in.size()) * 8000 / rate;
  out.reserve(samples);
  for (std::uint64_t n = 0; n < samples; ++n) {
    // Between two input samples; going down, the average over the span, which keeps the worst aliases out.
    const double from = double(n) * rate / 8000.0;
    double value = 0;
    if (rate <= 8000) {
      const auto i = std::size_t(from);
      const double part = from - double(i);
      value = in[i] * (1 - part) + in[std::min(i + 1, in.size() - 1)] * part;
    } else {
      const double to = double(n + 1) * rate / 8000.0;
      for (auto i = std::size_t(from); i < std::size_t(std::ceil(to)) && i < in.size(); ++i)
        value += in[i] * (std::min(to, double(i + 1)) - std::max(from, double(i)));
      value /= to - from;
    }
    out += char(toMulaw(std::int16_t(std::lround(value))));
  }
  return out;
}

}  // namespace

std::uint8_t toMulaw(std::int16_t sample) {
  constexpr int bias = 132, clip = 32635;
  const int sign = sample < 0 ? 0x80 : 0;
  const int magnitude = std::min(sample < 0 ? -int(sample) : int(sample), clip) + bias;
  int exponent = 7;
  for (int bit = 0x4000; exponent > 0 && (magnitude & bit) == 0; bit >>= 1) --exponent;
  return std::uint8_t(~(sign | exponent << 4 | (magnitude >> (exponent + 3) & 15)));
}

std::int16_t fromMulaw(std::uint8_t code) {
  const int bits = ~code & 0xff;
  const int magnitude = ((((bits & 15) << 3) + 132) << (bits >> 4 & 7)) - 132;
  return std::int16_t(bits & 0x80 ? -magnitude : magnitude);
}

Audio parseWav(std::string_view bytes, const std::string& name) {
  const auto refuse = [&](const std::string& why) { throw std::invalid_argument("'" + name + "' " + why); };
  if (bytes.size() < 12 || bytes.substr(0, 4) != "RIFF" || bytes.substr(8, 4) != "WAVE")
    refuse("is not a RIFF WAVE file");
  std::uint32_t format = 0, channels = 0, rate = 0, bits = 0;
  for (std::size_t at = 12; at + 8 <= bytes.size();) {
    const std::string_view id = bytes.substr(at, 4);
    std::size_t size = little(bytes, at + 4, 4);
    at += 8;
    size = std::min(size, bytes.size() - at);  // a stream writer leaves 0xFFFFFFFF as the size of the data
    if (id == "fmt " && size >= 16) {
      format = little(bytes, at, 2);
      channels = little(bytes, at + 2, 2);
      rate = little(bytes, at + 4, 4);
      bits = little(bytes, at + 14, 2);
    } else if (id == "data") {
      if (channels != 1) refuse("has " + std::to_string(channels) + " channels: one is expected");
      if (format == 7 && rate == 8000) return std::make_shared<std::string>(bytes.substr(at, size));
      if (format != 1 || bits != 16 || rate < 1000)
        refuse("is neither 16-bit PCM nor mu-law at 8 kHz (format " + std::to_string(format) + ", " +
               std::to_string(bits) + " bits, " + std::to_string(rate) + " Hz)");
      std::vector<std::int16_t> samples(size / 2);
      for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = std::int16_t(little(bytes, at + 2 * i, 2));
      return std::make_shared<std::string>(resample(samples, rate));
    }
    at += size + (size & 1);
  }
  refuse("has no data chunk");
  return {};
}

Audio readWav(const std::string& file) { return parseWav(readFile(file), file); }

Audio readMulaw(const std::string& file) { return std::make_shared<std::string>(readFile(file)); }

Audio makeTone(double hz, std::uint32_t ms) {
  const double pi = std::acos(-1.0);
  std::string out;
  for (std::uint32_t n = 0; n < ms * 8; ++n)
    out += char(toMulaw(std::int16_t(std::lround(16384 * std::sin(2 * pi * hz * n / 8000)))));
  return std::make_shared<std::string>(std::move(out));
}

}  // namespace fakes
