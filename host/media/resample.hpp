#pragma once
// Sample-rate conversion of one mono stream.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace hookswitch::media {

// [media] resampler in the configuration.
enum class ResamplerKind : std::uint8_t {
  polyphase = 1,   // own FIR for the ratios between 8, 16 and 24 kHz; libsamplerate for every other one
  samplerate = 2,  // libsamplerate (SINC_MEDIUM) for all: 40 times the cost, 137 dB instead of 75
};

// [loop] One stream in one direction; state is carried across calls, so chunks may have any length.
//
// Output is aligned with input: sample k of the output is the input at the time k / outRate, the filter's delay having
// been taken off the start. So the first process() after a start gives delayMs() less than it took, all others as much
// as they took, and with flush() the stream as a whole has exactly ceil(n * outRate / inRate) samples.
class Resampler {
 public:
  virtual ~Resampler() = default;
  Resampler(const Resampler&) = delete;
  Resampler& operator=(const Resampler&) = delete;

  // Appends to `out` what can be computed from the n samples at `in` and those before. The caller reserves and
  // clears `out`; with enough capacity nothing is allocated.
  virtual void process(const std::int16_t* in, std::size_t n, std::vector<std::int16_t>& out) = 0;
  // Appends the tail as if silence followed, then forgets everything: the next process() begins a new stream.
  virtual void flush(std::vector<std::int16_t>& out) = 0;
  // Forgets everything without giving the tail.
  virtual void reset() = 0;
  // How much input the newest output lags behind, milliseconds.
  virtual double delayMs() const = 0;

 protected:
  Resampler() = default;
};

// Rates in Hz, 1,000 to 192,000 and at most 16 apart in ratio, else std::invalid_argument. Equal rates give a
// Resampler that copies. Allocates: make it when the call starts.
std::unique_ptr<Resampler> makeResampler(unsigned inRate, unsigned outRate,
                                         ResamplerKind kind = ResamplerKind::polyphase);

}  // namespace hookswitch::media
