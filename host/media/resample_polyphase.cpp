#include "host/media/resample_polyphase.hpp"

#include <algorithm>
#include <cmath>

namespace hookswitch::media {
namespace {

constexpr std::size_t kLanes = 8;    // partial sums kept apart: the order of additions is fixed, so chunking cannot show
constexpr std::size_t kBlock = 480;  // input taken into the window at a time: 20 ms of the highest rate
constexpr double kCutoff = 0.475;    // of the lower rate: halfway between 3.4 and 4.2 kHz at 8 kHz
constexpr double kKaiserBeta = 6.98; // 72 dB
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
  const std::size_t longest = (2 * half + up) / up; // ceil((2 * half + 1) / up)
  kernel.taps = (longest + kLanes - 1) / kLanes * kLanes;
  kernel.phases.assign(up * kernel.taps, 0.0f);

  const double cutoff = kCutoff / larger; // of the common multiple's rate
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
    // Unity gain for each phase by itself: a constant input gives a constant output.
    for (std::size_t i = 0; i < taps.size(); ++i)
      kernel.phases[phase * kernel.taps + (kernel.taps - 1 - i)] = static_cast<float>(taps[i] / sum);
  }
  return kernel;
}

inline float dot(const float* x, const float* h, std::size_t taps) {
  float sums[kLanes] = {};
  for (std::size_t i = 0; i < taps; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += x[i + lane] * h[i + lane];
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

inline std::int16_t toSample(float value) {
  const float limited = std::min(std::max(value, -32768.0f), 32767.0f);
  return static_cast<std::int16_t>(static_cast<int>(limited + 32768.5f) - 32768); // rounds half up, also below zero
}

} // namespace

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
  std::fill(window_.begin(), window_.end(), 0.0f);
  filled_ = kernel_.taps - 1;
  next_ = kernel_.delay;
  phase_ = 0;
}

void PolyphaseResampler::process(const std::int16_t* in, std::size_t n, std::vector<std::int16_t>& out) {
  while (n != 0) {
    const std::size_t take = std::min(n, window_.size() - filled_);
    for (std::size_t i = 0; i < take; ++i) window_[filled_ + i] = in[i];
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

void PolyphaseResampler::run(std::vector<std::int16_t>& out) {
  const std::size_t taps = kernel_.taps;
  const float* phases = kernel_.phases.data();
  if (next_ + taps <= filled_) {
    const std::size_t starts = filled_ - next_ - taps + 1; // windows that are complete; each serves `up` phases
    const std::size_t count = (starts * kernel_.up - phase_ - 1) / kernel_.down + 1;
    const std::size_t before = out.size();
    out.resize(before + count);
    for (std::size_t i = 0; i < count; ++i) {
      out[before + i] = toSample(dot(&window_[next_], &phases[phase_ * taps], taps));
      phase_ += kernel_.down;
      while (phase_ >= kernel_.up) {
        phase_ -= kernel_.up;
        ++next_;
      }
    }
  }
  // What the next output still needs moves to the front.
  const std::size_t gone = std::min(next_, filled_);
  std::copy(window_.begin() + static_cast<std::ptrdiff_t>(gone), window_.begin() + static_cast<std::ptrdiff_t>(filled_),
            window_.begin());
  filled_ -= gone;
  next_ -= gone;
}

} // namespace hookswitch::media
