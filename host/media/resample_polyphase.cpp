#include "host/media/resample_polyphase.hpp"

#include <algorithm>
#include <cmath>

namespace hookswitch::media {
namespace {

constexpr std::size_t kStep = 16;     // taps are filled up to a multiple: two halves of whole 8-lane vectors
constexpr std::size_t kBlock = 480;   // input taken into the window at a time: 20 ms of the highest rate
constexpr double kCutoff = 0.475;     // of the lower rate: halfway between 3.4 and 4.2 kHz at 8 kHz
constexpr double kKaiserBeta = 6.98;  // 72 dB
constexpr double kPi = 3.14159265358979323846;

// Modified Bessel function of the first kind, order 0, by its series.
double besselI0(double x) {
  double sum = 1.0;
  double term = 1.0;
  for (int k = 1; term > sum * 1e-17; ++k) {
    term *= (x / (2.0 * k)) * (x / (2.0 * k));
    sum += term;
  }
  return sum;
}

PolyphaseKernel design(unsigned up, unsigned down) {
  // Half the length is 23 samples of the lower rate (22 for 3/2, where 23 would not be whole samples of both): with the
  // middle tap that just fits 48 taps of the lower rate, and the delay is a whole number on both sides.
  const unsigned larger = std::max(up, down);
  const unsigned half = (std::min(up, down) == 1 ? 23u : 22u) * larger;
  PolyphaseKernel kernel;
  kernel.up = up;
  kernel.down = down;
  kernel.delay = half / up;
  const std::size_t longest = (2 * half + up) / up;  // ceil((2 * half + 1) / up)
  kernel.taps = (longest + kStep - 1) / kStep * kStep;
  kernel.phases.assign(up * kernel.taps, 0);

  const double cutoff = kCutoff / larger;  // of the common multiple's rate
  for (unsigned phase = 0; phase < up; ++phase) {
    std::vector<double> taps;
    double sum = 0.0;
    for (std::size_t i = phase; i <= 2 * half; i += up) {
      const double t = static_cast<double>(i) - half;
      const double sinc = t == 0.0 ? 2.0 * cutoff : std::sin(2.0 * kPi * cutoff * t) / (kPi * t);
      const double edge = t / (half + 1.0);
      taps.push_back(sinc * besselI0(kKaiserBeta * std::sqrt(1.0 - edge * edge)) / besselI0(kKaiserBeta));
      sum += taps.back();
    }
    // Unity gain for each phase by itself, to the last bit: a constant input gives a constant output.
    std::int16_t* const to = &kernel.phases[phase * kernel.taps];
    int total = 0;
    std::size_t largest = 0;
    for (std::size_t i = 0; i < taps.size(); ++i) {
      const std::size_t at = kernel.taps - 1 - i;
      to[at] = static_cast<std::int16_t>(std::lround(taps[i] / sum * 32768.0));
      total += to[at];
      if (to[at] > to[largest]) largest = at;
    }
    to[largest] = static_cast<std::int16_t>(to[largest] + 32768 - total);
  }
  return kernel;
}

template <std::size_t Taps>
inline std::int32_t dot(const std::int16_t* x, const std::int16_t* h) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < Taps; ++i) sum += x[i] * h[i];
  return sum;
}

}  // namespace

const PolyphaseKernel* PolyphaseKernel::forRatio(unsigned up, unsigned down) {
  static const std::array<PolyphaseKernel, 6> kernels = {design(2, 1), design(1, 2), design(3, 1),
                                                         design(1, 3), design(3, 2), design(2, 3)};
  for (const PolyphaseKernel& kernel : kernels)
    if (kernel.up == up && kernel.down == down) return &kernel;
  return nullptr;
}

PolyphaseResampler::PolyphaseResampler(const PolyphaseKernel& kernel, unsigned inRate)
    : kernel_(kernel), inRate_(inRate), window_(kernel.taps + kernel.down + kBlock) {
  reset();
}

void PolyphaseResampler::reset() {
  // Silence before the start; the first output looks `delay` samples ahead, which puts it on the first input sample.
  std::fill(window_.begin(), window_.end(), std::int16_t{0});
  filled_ = kernel_.taps - 1;
  next_ = kernel_.delay;
  phase_ = 0;
}

void PolyphaseResampler::process(const std::int16_t* in, std::size_t n, std::vector<std::int16_t>& out) {
  while (n != 0) {
    const std::size_t take = std::min(n, window_.size() - filled_);
    std::copy(in, in + take, window_.begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ += take;
    in += take;
    n -= take;
    run(out);
  }
}

void PolyphaseResampler::flush(std::vector<std::int16_t>& out) {
  const std::array<std::int16_t, 80> silence{};
  static_assert(silence.size() >= 23 * 3, "at least the longest delay, that of 1/3");
  process(silence.data(), kernel_.delay, out);
  reset();
}

double PolyphaseResampler::delayMs() const { return 1000.0 * static_cast<double>(kernel_.delay) / inRate_; }

// The magnitudes of a phase add up to 2.4 at most, those of one half to less than 2: a half fits 32 bits whatever comes
// in, the whole would not.
template <std::size_t Taps>
void PolyphaseResampler::filter(std::int16_t* out, std::size_t count) {
  const std::int16_t* const phases = kernel_.phases.data();
  for (std::size_t i = 0; i < count; ++i) {
    const std::int16_t* const x = &window_[next_];
    const std::int16_t* const h = &phases[phase_ * Taps];
    const std::int32_t sum = (dot<Taps / 2>(x, h) >> 1) + (dot<Taps / 2>(x + Taps / 2, h + Taps / 2) >> 1);
    out[i] = static_cast<std::int16_t>(std::clamp((sum + (1 << 13)) >> 14, -32768, 32767));
    phase_ += kernel_.down;
    while (phase_ >= kernel_.up) {
      phase_ -= kernel_.up;
      ++next_;
    }
  }
}

void PolyphaseResampler::run(std::vector<std::int16_t>& out) {
  if (next_ + kernel_.taps <= filled_) {
    const std::size_t starts = filled_ - next_ - kernel_.taps + 1;  // complete windows; each serves `up` phases
    const std::size_t count = (starts * kernel_.up - phase_ - 1) / kernel_.down + 1;
    const std::size_t before = out.size();
    out.resize(before + count);
    switch (kernel_.taps) {
      case 48: filter<48>(&out[before], count); break;
      case 80: filter<80>(&out[before], count); break;
      case 96: filter<96>(&out[before], count); break;
      default: filter<144>(&out[before], count); break;
    }
  }
  // What the next output still needs moves to the front.
  const std::size_t gone = std::min(next_, filled_);
  std::copy(window_.begin() + static_cast<std::ptrdiff_t>(gone), window_.begin() + static_cast<std::ptrdiff_t>(filled_),
            window_.begin());
  filled_ -= gone;
  next_ -= gone;
}

}  // namespace hookswitch::media
