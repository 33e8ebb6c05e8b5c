#include "tests/fakes/speech.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace fakes::speech {
namespace {

// ITU-T G.711 by its definition: 8 segments of 16 steps; the tables below are made from these two.
std::int16_t pcmuDecode(unsigned code) {
  code = ~code & 0xFF;
  const int segment = static_cast<int>(code >> 4 & 7), step = static_cast<int>(code & 15);
  const int magnitude = (((step << 3) + 0x84) << segment) - 0x84;
  return static_cast<std::int16_t>(code & 0x80 ? -magnitude : magnitude);
}

std::int16_t pcmaDecode(unsigned code) {
  code ^= 0x55;
  const int segment = static_cast<int>(code >> 4 & 7), step = static_cast<int>(code & 15);
  const int magnitude = segment == 0 ? (step << 4) + 8 : ((step << 4) + 0x108) << (segment - 1);
  return static_cast<std::int16_t>(code & 0x80 ? magnitude : -magnitude);
}

using DecodeTable = std::array<std::int16_t, 256>;
using EncodeTable = std::vector<std::uint8_t>;

DecodeTable makeDecode(std::int16_t (*decodeOne)(unsigned)) {
  DecodeTable table{};
  for (unsigned i = 0; i < 256; ++i) table[i] = decodeOne(i);
  return table;
}

// The nearest code of all 256: slow to make, exact, done once. Ties go to the code met last, which keeps +0 for mu-law.
EncodeTable makeEncode(const DecodeTable& decoded) {
  std::vector<std::pair<int, std::uint8_t>> levels;
  for (unsigned i = 0; i < 256; ++i) levels.emplace_back(decoded[i], static_cast<std::uint8_t>(i));
  std::stable_sort(levels.begin(), levels.end(), [](auto& a, auto& b) { return a.first < b.first; });
  EncodeTable table(65536);
  std::size_t at = 0;
  for (int value = -32768; value <= 32767; ++value) {
    while (at + 1 < levels.size() && std::abs(levels[at + 1].first - value) <= std::abs(levels[at].first - value)) ++at;
    table[static_cast<std::uint16_t>(value)] = levels[at].second;
  }
  return table;
}

const DecodeTable& decodeTable(Code code) {
  static const DecodeTable pcmu = makeDecode(pcmuDecode), pcma = makeDecode(pcmaDecode);
  return code == Code::Pcma ? pcma : pcmu;
}

const EncodeTable& encodeTable(Code code) {
  static const EncodeTable pcmu = makeEncode(decodeTable(Code::Pcmu)), pcma = makeEncode(decodeTable(Code::Pcma));
  return code == Code::Pcma ? pcma : pcmu;
}

double besselI0(double x) {
  double sum = 1, term = 1;
  for (int k = 1; k < 40; ++k) sum += term *= (x / (2 * k)) * (x / (2 * k));
  return sum;
}

constexpr std::size_t kLanes = 8;
constexpr double kPi = 3.14159265358979323846;

}  // namespace

Samples decode(const Format& format, std::string_view bytes) {
  Samples out(bytes.size() / format.sampleBytes());
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  if (format.code == Code::Pcm16) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::int16_t>(p[2 * i] | p[2 * i + 1] << 8);
  } else {
    const auto& table = decodeTable(format.code);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = table[p[i]];
  }
  return out;
}

std::string encode(const Format& format, const Samples& samples) {
  std::string out(samples.size() * format.sampleBytes(), '\0');
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto value = static_cast<std::uint16_t>(samples[i]);
    if (format.code == Code::Pcm16) {
      out[2 * i] = static_cast<char>(value & 255), out[2 * i + 1] = static_cast<char>(value >> 8);
    } else {
      out[i] = static_cast<char>(encodeTable(format.code)[value]);
    }
  }
  return out;
}

std::string convert(std::string_view bytes, const Format& from, const Format& to) {
  if (from == to) return std::string(bytes);
  Samples samples = decode(from, bytes);
  if (from.rate == to.rate) return encode(to, samples);
  Resampler resampler(from.rate, to.rate);
  Samples out;
  resampler.push(samples.data(), samples.size(), out);
  resampler.flush(out);
  return encode(to, out);
}

Samples tone(std::uint32_t rate, double hz, std::uint32_t ms, double amplitude) {
  Samples out(static_cast<std::size_t>(rate) * ms / 1000);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::int16_t>(std::lrint(amplitude * std::sin(2 * kPi * hz * static_cast<double>(i) / rate)));
  }
  return out;
}

Resampler::Resampler(std::uint32_t from, std::uint32_t to) {
  const std::uint32_t common = std::gcd(from, to);
  up_ = to / common, down_ = from / common;
  const std::uint32_t wide = std::max(up_, down_);
  // 24 zero crossings of the narrower side's sinc to each side: flat to 0.91 of its band, over 80 dB down past it.
  const std::size_t half = static_cast<std::size_t>(24) * wide;
  taps_ = ((2 * half + 1 + up_ - 1) / up_ + kLanes - 1) / kLanes * kLanes;
  filter_.assign(taps_ * up_, 0.0F);
  const double cutoff = 0.5 / wide * 0.955, beta = 8.5;
  for (std::size_t i = 0; i <= 2 * half; ++i) {
    const double x = static_cast<double>(i) - static_cast<double>(half), edge = x / static_cast<double>(half + 1);
    const double sinc = x == 0 ? 2 * cutoff : std::sin(2 * kPi * cutoff * x) / (kPi * x);
    const double window = besselI0(beta * std::sqrt(1 - edge * edge)) / besselI0(beta);
    filter_[i % up_ * taps_ + (taps_ - 1 - i / up_)] = static_cast<float>(sinc * window * up_);
  }
  next_ = half;  // the filter's own delay: output sample 0 is input sample 0
  history_.assign(taps_, 0.0F);
}

void Resampler::run(Samples& out, std::uint64_t end) {
  // history_[k] is input sample base_ + k - taps_; output at next_ needs inputs up to next_ / up_.
  for (; next_ / up_ < end; next_ += down_) {
    const float* h = &filter_[next_ % up_ * taps_];
    const float* x = &history_[static_cast<std::size_t>(next_ / up_ - base_) + 1];
    // Independent sums: a single one would wait for every addition.
    float lanes[kLanes] = {};
    for (std::size_t k = 0; k < taps_; k += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += h[k + lane] * x[k + lane];
    }
    const float sum = std::accumulate(std::begin(lanes), std::end(lanes), 0.0F);
    out.push_back(static_cast<std::int16_t>(std::lrint(std::clamp(sum, -32768.0F, 32767.0F))));
    ++out_;
  }
  const std::uint64_t keep = next_ / up_;
  if (keep > base_) {
    const auto drop = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(keep - base_, history_.size() - taps_));
    history_.erase(history_.begin(), history_.begin() + drop);
    base_ += static_cast<std::uint64_t>(drop);
  }
}

void Resampler::push(const std::int16_t* samples, std::size_t count, Samples& out) {
  history_.insert(history_.end(), samples, samples + count);
  in_ += count;
  run(out, in_);
}

void Resampler::flush(Samples& out) {
  const std::uint64_t wanted = in_ * up_ / down_;
  history_.insert(history_.end(), 2 * taps_, 0.0F);
  const std::size_t before = out.size();
  const std::uint64_t missing = wanted > out_ ? wanted - out_ : 0;
  run(out, in_ + 2 * taps_);
  if (out.size() - before > missing) out.resize(before + static_cast<std::size_t>(missing));
  *this = Resampler(down_, up_);
}

Vad::Edge Vad::push(const std::int16_t* samples, std::size_t count, std::size_t& taken) {
  taken = 0;
  while (taken < count) {
    const std::size_t n = std::min(frame_ - have_, count - taken);
    for (std::size_t i = 0; i < n; ++i) energy_ += static_cast<double>(samples[taken + i]) * samples[taken + i];
    have_ += n, taken += n;
    if (have_ < frame_) break;
    const bool loud = energy_ >= settings_.level * settings_.level * static_cast<double>(frame_);
    have_ = 0, energy_ = 0;
    ++frames_;
    loud_ = loud ? loud_ + 20 : 0;
    quiet_ = loud ? 0 : quiet_ + 20;
    if (!speaking_ && loud && loud_ >= settings_.confirm_ms) {
      speaking_ = true;
      start_frame_ = frames_ - loud_ / 20;
      return Edge::Started;
    }
    if (speaking_ && quiet_ >= settings_.silence_ms) {
      speaking_ = false;
      return Edge::Stopped;
    }
  }
  return Edge::None;
}

}  // namespace fakes::speech
