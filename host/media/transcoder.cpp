#include "host/media/transcoder.hpp"

#include <algorithm>
#include <cstring>

#include "hookswitch/abi.h"
#include "host/media/g711.hpp"

namespace hookswitch::media {
namespace {

constexpr std::uint32_t number(AudioFormat format) { return static_cast<std::uint32_t>(format); }
static_assert(number(AudioFormat::pcmu_8k) == HKS_PCMU_8K && number(AudioFormat::pcma_8k) == HKS_PCMA_8K);
static_assert(number(AudioFormat::s16_8k) == HKS_S16_8K && number(AudioFormat::s16_16k) == HKS_S16_16K);
static_assert(number(AudioFormat::s16_24k) == HKS_S16_24K);
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "samples are copied as they lie in memory");

/// What all transcoders of a thread work in, one after the other: none keeps memory between two of its frames.
struct Workshop {
  std::vector<std::int16_t> decoded, resampled;
  std::vector<std::uint8_t> encoded;

  /// Empty. What one huge chunk has blown up is given back.
  static Workshop& ofThread() {
    static thread_local Workshop shop;
    empty(shop.decoded);
    empty(shop.resampled);
    empty(shop.encoded);
    return shop;
  }

 private:
  template <typename T>
  static void empty(std::vector<T>& buffer) {
    constexpr std::size_t kept_samples = 48000;
    if (buffer.capacity() > kept_samples) buffer = std::vector<T>();
    buffer.clear();
  }
};

}  // namespace

bool isAudioFormat(std::uint32_t value) {
  return value >= number(AudioFormat::pcmu_8k) && value <= number(AudioFormat::s16_24k);
}

unsigned sampleRate(AudioFormat format) {
  switch (format) {
    case AudioFormat::s16_16k: return 16000;
    case AudioFormat::s16_24k: return 24000;
    case AudioFormat::pcmu_8k:
    case AudioFormat::pcma_8k:
    case AudioFormat::s16_8k: break;
  }
  return 8000;
}

std::size_t bytesPerSample(AudioFormat format) {
  return format == AudioFormat::pcmu_8k || format == AudioFormat::pcma_8k ? 1 : 2;
}

std::size_t bytesPerMs(AudioFormat format) { return bytesPerSample(format) * sampleRate(format) / 1000; }

void fillSilence(AudioFormat format, void* to, std::size_t bytes) {
  int silence = 0;
  if (format == AudioFormat::pcmu_8k) silence = kMuLawSilence;
  if (format == AudioFormat::pcma_8k) silence = kALawSilence;
  if (bytes != 0) std::memset(to, silence, bytes);
}

Transcoder::Transcoder(AudioFormat from, AudioFormat to, ResamplerKind kind) : from_(from), to_(to) {
  if (sampleRate(from) != sampleRate(to)) resampler_ = makeResampler(sampleRate(from), sampleRate(to), kind);
}

Transcoder::~Transcoder() = default;
Transcoder::Transcoder(Transcoder&&) noexcept = default;
Transcoder& Transcoder::operator=(Transcoder&&) noexcept = default;

std::string_view Transcoder::process(std::string_view bytes) {
  if (from_ == to_ || bytes.empty()) return bytes;
  Workshop& shop = Workshop::ofThread();
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (from_ == AudioFormat::pcmu_8k || from_ == AudioFormat::pcma_8k) {
    shop.decoded.resize(bytes.size());
    if (from_ == AudioFormat::pcmu_8k)
      decodeMuLaw(data, bytes.size(), shop.decoded.data());
    else
      decodeALaw(data, bytes.size(), shop.decoded.data());
  } else {
    const std::size_t samples = (bytes.size() + (hasHalf_ ? 1 : 0)) / 2;
    shop.decoded.resize(samples);
    auto* to = reinterpret_cast<std::uint8_t*>(shop.decoded.data());
    std::size_t taken = samples * 2;
    if (hasHalf_ && samples != 0) {
      *to++ = half_;
      --taken;
      hasHalf_ = false;
    }
    if (taken != 0) std::memcpy(to, data, taken);
    if (taken < bytes.size()) {
      half_ = data[taken];
      hasHalf_ = true;
    }
  }
  if (resampler_ == nullptr) return encode(shop.decoded, shop.encoded);
  resampler_->process(shop.decoded.data(), shop.decoded.size(), shop.resampled);
  return encode(shop.resampled, shop.encoded);
}

std::string_view Transcoder::finish() {
  hasHalf_ = false;
  if (resampler_ == nullptr) return {};
  Workshop& shop = Workshop::ofThread();
  resampler_->flush(shop.resampled);
  return encode(shop.resampled, shop.encoded);
}

void Transcoder::reset() {
  hasHalf_ = false;
  if (resampler_ != nullptr) resampler_->reset();
}

double Transcoder::delayMs() const { return resampler_ == nullptr ? 0.0 : resampler_->delayMs(); }

std::string_view Transcoder::encode(const std::vector<std::int16_t>& samples,
                                    std::vector<std::uint8_t>& encoded) const {
  if (samples.empty()) return {};
  if (bytesPerSample(to_) == 2) return {reinterpret_cast<const char*>(samples.data()), samples.size() * 2};
  encoded.resize(samples.size());
  if (to_ == AudioFormat::pcmu_8k)
    encodeMuLaw(samples.data(), samples.size(), encoded.data());
  else
    encodeALaw(samples.data(), samples.size(), encoded.data());
  return {reinterpret_cast<const char*>(encoded.data()), encoded.size()};
}

}  // namespace hookswitch::media
