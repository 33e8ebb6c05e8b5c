#pragma once
// The FIR behind the ratios between 8, 16 and 24 kHz. Use makeResampler().
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/media/resample.hpp"

namespace hookswitch::media {

// One low-pass filter at the common multiple of both rates, cut into `up` phases: a Kaiser window, 3.4 kHz passed and
// 4.2 kHz stopped by 72 dB where the lower rate is 8 kHz, in proportion elsewhere. Built once per ratio, then constant.
struct PolyphaseKernel {
  unsigned up = 1;              // interpolation: outRate / gcd
  unsigned down = 1;            // decimation: inRate / gcd
  std::size_t taps = 0;         // of one phase, a multiple of 8
  std::size_t delay = 0;        // of the filter, in input samples: exact
  std::vector<float> phases;    // up * taps, each phase reversed, so that it runs along the input

  // 2, 3 and 3/2 and their inverses; null for others.
  static const PolyphaseKernel* forRatio(unsigned up, unsigned down); // [any]
};

class PolyphaseResampler final : public Resampler {
public:
  PolyphaseResampler(const PolyphaseKernel& kernel, unsigned inRate);

  void process(const std::int16_t* in, std::size_t n, std::vector<std::int16_t>& out) override;
  void flush(std::vector<std::int16_t>& out) override;
  void reset() override;
  double delayMs() const override;

private:
  void run(std::vector<std::int16_t>& out);

  const PolyphaseKernel& kernel_;
  const unsigned inRate_;
  std::vector<float> window_;   // input from window_[0] on; fixed size
  std::size_t filled_ = 0;      // of window_
  std::size_t next_ = 0;        // first input sample that the next output needs, from window_[0]
  unsigned phase_ = 0;          // of the next output
};

} // namespace hookswitch::media
