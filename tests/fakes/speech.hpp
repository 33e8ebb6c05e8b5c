// What the two speech models of the fakes share: G.711, tones, resampling and an energy voice detector.
// Written apart from the gateway's own codecs on purpose: a mistake must not be made on both ends of a test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fakes/base64.hpp"

namespace fakes::speech {

using Samples = std::vector<std::int16_t>;

/// What one byte stream means. Values are never sent anywhere.
enum class Code { Pcmu = 1, Pcma = 2, Pcm16 = 3 };

struct Format {
  Code code = Code::Pcmu;
  std::uint32_t rate = 8000;  ///< samples per second
  std::size_t sampleBytes() const { return code == Code::Pcm16 ? 2 : 1; }
  std::size_t bytes(std::uint64_t ms) const { return ms * rate / 1000 * sampleBytes(); }
  std::uint64_t ms(std::size_t bytes) const { return bytes * 1000 / (rate * sampleBytes()); }
  bool operator==(const Format& other) const { return code == other.code && rate == other.rate; }
};

Samples decode(const Format& format, std::string_view bytes);  ///< a trailing odd byte of PCM is ignored
std::string encode(const Format& format, const Samples& samples);
/// Whole recordings only (no state is kept); the same format is returned byte for byte.
std::string convert(std::string_view bytes, const Format& from, const Format& to);
Samples tone(std::uint32_t rate, double hz, std::uint32_t ms, double amplitude);

/// Windowed-sinc resampler for a rational ratio; keeps its state between pushes, so a stream has no seams.
class Resampler {
 public:
  Resampler(std::uint32_t from, std::uint32_t to);
  void push(const std::int16_t* samples, std::size_t count, Samples& out);
  void flush(Samples& out);  ///< what still waits for look-ahead; output then lines up with input at time zero

 private:
  void run(Samples& out, std::uint64_t end);
  std::uint32_t up_, down_;
  std::size_t taps_;           // per phase, at the input rate
  std::vector<float> filter_;  // [phase][tap], oldest input first
  std::vector<float> history_;
  std::uint64_t base_ = 0;  // input index of history_[0]
  std::uint64_t next_;      // position of the next output, in units of 1/(from*up)
  std::uint64_t in_ = 0, out_ = 0;
};

/// Energy voice detector over 20 ms frames. Offsets count audio that was pushed, never wall time.
class Vad {
 public:
  struct Settings {
    double level = 600;             ///< RMS of a loud frame, 0-32767
    std::uint32_t confirm_ms = 60;  ///< loud this long before a start is believed
    std::uint32_t silence_ms = 500;
  };
  enum class Edge { None = 1, Started = 2, Stopped = 3 };
  Vad() = default;
  Vad(std::uint32_t rate, Settings settings) : settings_(settings), frame_(rate / 50) {}
  void configure(Settings settings) { settings_ = settings; }
  /// Consumes samples until an edge or the end; returns the edge and how many samples were taken.
  Edge push(const std::int16_t* samples, std::size_t count, std::size_t& taken);
  bool speaking() const { return speaking_; }
  std::uint64_t startMs() const { return start_frame_ * 20; }  ///< first loud frame of the current or last speech
  std::uint64_t nowMs() const { return frames_ * 20; }
  void restart() { speaking_ = false, loud_ = quiet_ = 0; }

 private:
  Settings settings_;
  std::size_t frame_ = 160, have_ = 0;
  double energy_ = 0;
  std::uint64_t frames_ = 0, start_frame_ = 0;
  std::uint32_t loud_ = 0, quiet_ = 0;
  bool speaking_ = false;
};

}  // namespace fakes::speech
