#pragma once
// From any of the call audio formats to any other.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "host/media/resample.hpp"

namespace hookswitch::media {

// The numbers are those of HKS_PCMU_8K ... in hookswitch/abi.h. All mono; S16 is little-endian.
enum class AudioFormat : std::uint32_t {
  pcmu_8k = 1,
  pcma_8k = 2,
  s16_8k = 3,
  s16_16k = 4,
  s16_24k = 5,
};

bool isAudioFormat(std::uint32_t value);         // does the ABI's number name a format we know
unsigned sampleRate(AudioFormat format);         // Hz
std::size_t bytesPerSample(AudioFormat format);  // 1 or 2
std::size_t bytesPerMs(AudioFormat format);      // exact: 8, 8, 16, 32, 48
void fillSilence(AudioFormat format, void* to, std::size_t bytes);

// [loop] One stream in one direction. Bytes travel in string_views, as they do in hks_str.
//
// Identical formats: process() hands back the very bytes it was given. Otherwise the result lies in a buffer of the
// thread, valid until the next call of any transcoder on it; an odd trailing byte of 16-bit input and the filter state
// are carried over. A change of rate takes delayMs() off the first result of a stream and gives it back in finish()
// (see Resampler), so positions in the output are positions in the input: heard milliseconds need no correction.
class Transcoder {
 public:
  Transcoder(AudioFormat from, AudioFormat to, ResamplerKind kind = ResamplerKind::polyphase);
  ~Transcoder();
  Transcoder(Transcoder&&) noexcept;
  Transcoder& operator=(Transcoder&&) noexcept;

  std::string_view process(std::string_view bytes);
  // The tail of the stream: call at the end of an item, push what it gives, then end the item. Begins a new stream.
  std::string_view finish();
  // Forgets half samples and filter state: after an interruption, when the next bytes belong to something else.
  void reset();

  AudioFormat from() const { return from_; }
  AudioFormat to() const { return to_; }
  double delayMs() const;

 private:
  std::string_view encode(const std::vector<std::int16_t>& samples, std::vector<std::uint8_t>& encoded) const;

  AudioFormat from_;
  AudioFormat to_;
  std::unique_ptr<Resampler> resampler_;  // null when the rates are equal
  std::uint8_t half_ = 0;                 // first byte of a 16-bit sample whose second is still to come
  bool hasHalf_ = false;
};

}  // namespace hookswitch::media
