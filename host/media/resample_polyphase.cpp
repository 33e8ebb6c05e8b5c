#include "host/media/resample_polyphase.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#if defined(__x86_64__) && defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define HOOKSWITCH_RESAMPLE_AVX2 1
#endif
#endif

namespace hookswitch::media {
namespace {

constexpr std::size_t kStep = 16;     // taps are filled up to a multiple: so many are multiplied at once
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
    const unsigned after = phase + down;
    kernel.moves.push_back({static_cast<std::uint16_t>(after / up), static_cast<std::uint16_t>(after % up)});
  }
  return kernel;
}

// A sum of products is made of four, of the pairs of taps 0, 4, 8 and so on, of 1, 5, 9, ..., of 2, 6, 10, ..., and of
// 3, 7, 11, ...: however many products a processor makes at once, they end in the same four. The magnitudes of a phase
// add up to 2.4 at most, those of the pairs with even numbers to less than 2 as those with odd ones: such a half fits
// 32 bits whatever comes in, the whole would not.
using Four = std::int32_t __attribute__((vector_size(16)));

template <std::size_t Taps>
inline Four products(const std::int16_t* x, const std::int16_t* h) {
  Four sums{};
#ifdef __SSE2__
  using Shorts = std::int16_t __attribute__((vector_size(16)));
#pragma GCC unroll 18
  for (std::size_t i = 0; i < Taps; i += 8) {
    Shorts a, b;
    std::memcpy(&a, x + i, sizeof a);
    std::memcpy(&b, h + i, sizeof b);
    sums += __builtin_ia32_pmaddwd128(a, b);
  }
#else
  for (std::size_t i = 0; i < Taps; i += 8)
    for (std::size_t j = 0; j < 4; ++j) sums[j] += x[i + 2 * j] * h[i + 2 * j] + x[i + 2 * j + 1] * h[i + 2 * j + 1];
#endif
  return sums;
}

#ifdef HOOKSWITCH_RESAMPLE_AVX2
template <std::size_t Taps>
__attribute__((target("avx2"), always_inline)) inline Four productsAvx2(const std::int16_t* x, const std::int16_t* h) {
  using Shorts = std::int16_t __attribute__((vector_size(32)));
  std::int32_t __attribute__((vector_size(32))) sums{};
#pragma GCC unroll 9
  for (std::size_t i = 0; i < Taps; i += 16) {
    Shorts a, b;
    std::memcpy(&a, x + i, sizeof a);
    std::memcpy(&b, h + i, sizeof b);
    sums += __builtin_ia32_pmaddwd256(a, b);
  }
  return __builtin_shufflevector(sums, sums, 0, 1, 2, 3) + __builtin_shufflevector(sums, sums, 4, 5, 6, 7);
}
#endif

/// The sample that the four sums stand for, of each of four.
__attribute__((always_inline)) inline Four samples(const Four (&sums)[4]) {
  // Even and odd of the first two, and of the others.
  Four halves[2];
  for (std::size_t i = 0; i < 2; ++i) {
    const Four a = sums[2 * i], b = sums[2 * i + 1];
    halves[i] = __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
    halves[i] >>= 1;
  }
  const Four sum = __builtin_shufflevector(halves[0], halves[1], 0, 2, 4, 6) +
                   __builtin_shufflevector(halves[0], halves[1], 1, 3, 5, 7);
  return (sum + (1 << 13)) >> 14;
}

/// The first `n` of four, 1..4.
__attribute__((always_inline)) inline void put(std::int16_t* out, const Four& of, std::size_t n) {
#ifdef __SSE2__
  const auto packed = __builtin_ia32_packssdw128(of, of);
  if (n == 4)
    std::memcpy(out, &packed, 8);
  else
    std::memcpy(out, &packed, n * 2);
#else
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::int16_t>(std::clamp(of[i], -32768, 32767));
#endif
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

/// Outputs, one after the other, and where the taps of the next one begin.
struct PolyphaseResampler::Walk {
  const PolyphaseKernel& kernel;
  std::int16_t* out;
  std::size_t left;
  const std::int16_t* x;
  unsigned phase;

  struct Taken {
    const std::int16_t *x, *h;
  };
  __attribute__((always_inline)) Taken take() {
    const Taken taken{x, kernel.phases.data() + phase * kernel.taps};
    x += kernel.moves[phase].ahead;
    phase = kernel.moves[phase].phase;
    return taken;
  }

  template <std::size_t Taps>
  void run() {
    while (left != 0) {
      Four sums[4]{};
      const std::size_t n = std::min<std::size_t>(left, 4);
      for (std::size_t i = 0; i < n; ++i) {
        const Taken at = take();
        sums[i] = products<Taps>(at.x, at.h);
      }
      finish(sums, n);
    }
  }

#ifdef HOOKSWITCH_RESAMPLE_AVX2
  template <std::size_t Taps>
  __attribute__((target("avx2"))) void runAvx2() {
    while (left != 0) {
      Four sums[4]{};
      const std::size_t n = std::min<std::size_t>(left, 4);
#pragma GCC unroll 4
      for (std::size_t i = 0; i < 4; ++i) {
        if (i >= n) break;
        const Taken at = take();
        sums[i] = productsAvx2<Taps>(at.x, at.h);
      }
      finish(sums, n);
    }
  }
#endif

  template <std::size_t Taps>
  void runBest() {
#ifdef HOOKSWITCH_RESAMPLE_AVX2
    if (__builtin_cpu_supports("avx2")) return runAvx2<Taps>();
#endif
    run<Taps>();
  }

 private:
  __attribute__((always_inline)) void finish(const Four (&sums)[4], std::size_t n) {
    put(out, samples(sums), n);
    out += n;
    left -= n;
  }
};

void PolyphaseResampler::run(std::vector<std::int16_t>& out) {
  if (next_ + kernel_.taps <= filled_) {
    const std::size_t starts = filled_ - next_ - kernel_.taps + 1;  // complete windows; each serves `up` phases
    const std::size_t count = (starts * kernel_.up - phase_ - 1) / kernel_.down + 1;
    const std::size_t before = out.size();
    out.resize(before + count);
    Walk walk{kernel_, &out[before], count, &window_[next_], phase_};
    switch (kernel_.taps) {
      case 48: walk.runBest<48>(); break;
      case 80: walk.runBest<80>(); break;
      case 96: walk.runBest<96>(); break;
      default: walk.runBest<144>(); break;
    }
    next_ = std::size_t(walk.x - window_.data());
    phase_ = walk.phase;
  }
  // What the next output still needs moves to the front.
  const std::size_t gone = std::min(next_, filled_);
  std::copy(window_.begin() + static_cast<std::ptrdiff_t>(gone), window_.begin() + static_cast<std::ptrdiff_t>(filled_),
            window_.begin());
  filled_ -= gone;
  next_ -= gone;
}

}  // namespace hookswitch::media
