#pragma once
// The FIR behind the ratios between 8, 16 and 24 kHz. Use makeResampler().
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/media/resample.hpp"

namespace hookswitch::media {

// One low-pass filter at the common multiple of both rates, cut into `up` phases: a Kaiser window, 3.4 kHz passed
// within 0.01 dB and 4.2 kHz stopped by 66 dB or more where the lower rate is 8 kHz, in proportion elsewhere. The taps
// are 16-bit fractions, because a processor multiplies and adds twice as many of those at a time as floats, and sums of
// integers do not depend on their order. Built once per ratio, then constant.
struct PolyphaseKernel {
  unsigned up = 1;                   // interpolation: outRate / gcd
  unsigned down = 1;                 // decimation: inRate / gcd
  std::size_t taps = 0;              // of one phase: 48, 80, 96 or 144
  std::size_t delay = 0;             // of the filter, in input samples: exact
  std::vector<std::int16_t> phases;  // up * taps, 1.0 = 32768; each reversed, so that it runs along the input
  struct Move {
    std::uint16_t ahead;  // in the input
    std::uint16_t phase;  // of the next output
  };
  std::vector<Move> moves;  // after an output of each phase

  // 2, 3 and 3/2 and their inverses; null for others.
  static const PolyphaseKernel* forRatio(unsigned up, unsigned down);  // [any]
};

class PolyphaseResampler final : public Resampler {
 public:
  PolyphaseResampler(const PolyphaseKernel& kernel, unsigned inRate);

  void process(const std::int16_t* in, std::size_t n, std::vector<std::int16_t>& out) override;
  void flush(std::vector<std::int16_t>& out) override;
  void reset() override;
  double delayMs() const override;

 private:
  struct Walk;
  void run(std::vector<std::int16_t>& out);

  const PolyphaseKernel& kernel_;
  const unsigned inRate_;
  std::vector<std::int16_t> window_;  // the input that is still needed; fixed size
  std::size_t filled_ = 0;            // of window_
  std::size_t next_ = 0;              // where in window_ the next output's taps begin
  unsigned phase_ = 0;                // of the next output
};

}  // namespace hookswitch::media
