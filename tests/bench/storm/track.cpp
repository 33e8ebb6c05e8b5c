#include "tests/bench/storm/track.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace storm {

namespace {

constexpr std::uint32_t kMagic = 0x6d726f74;
constexpr std::size_t kPatterns = 16;
constexpr int kLoudSample = 2000;
constexpr std::uint64_t kSecondFrames = 50;

struct Stamp {
  std::uint32_t magic, owner;
  std::uint32_t number, check;
  std::int64_t sent_ns;
};
static_assert(sizeof(Stamp) == 24);
constexpr std::size_t kStampText = base64Size(sizeof(Stamp));

std::uint32_t checkOf(const Stamp& stamp) {
  std::uint64_t mixed = std::uint64_t(stamp.sent_ns) * 0x9e3779b97f4a7c15u + stamp.number;
  mixed = (mixed ^ (mixed >> 29)) * 0xbf58476d1ce4e5b9u + stamp.owner;
  return std::uint32_t(mixed >> 32);
}

/// What follows the stamp: different bytes in frames that follow each other, so that no byte can change unseen.
struct Patterns {
  char text[kPatterns][kFrameText - kStampText];
  Patterns() {
    std::uint32_t state = 1;
    for (auto& one : text) {
      char bytes[kFrameBytes - sizeof(Stamp)];
      for (char& byte : bytes) byte = char((state = state * 1664525u + 1013904223u) >> 24);
      encodeBase64(one, bytes, sizeof bytes);
    }
  }
};

const Patterns& patterns() {
  static const Patterns all;
  return all;
}

/// A tone of 1 kHz, and silence.
struct BurstText {
  char loud[kFrameText], quiet[kFrameText];
  BurstText() {
    std::uint8_t bytes[kFrameBytes];
    for (std::size_t i = 0; i < kFrameBytes; ++i)
      bytes[i] = toMuLaw(std::int16_t(12000 * std::sin(2 * 3.14159265358979 * (double(i) + 0.5) / 8)));
    encodeBase64(loud, bytes, sizeof bytes);
    std::memset(bytes, 0xff, sizeof bytes);
    encodeBase64(quiet, bytes, sizeof bytes);
  }
};

const BurstText& burstText() {
  static const BurstText text;
  return text;
}

/// The number of the first loud frame from this one on.
std::uint64_t loudFrom(std::uint64_t number) {
  while (!isLoud(number)) ++number;
  return number;
}

}  // namespace

std::uint64_t Sender::note(std::int64_t now_ns) {
  left_ns_[sent_ % left_ns_.size()] = now_ns;
  return sent_++;
}

void Sender::next(char* text, std::int64_t now_ns) {
  if (kind_ == Kind::bursts) {
    std::memcpy(text, isLoud(note(now_ns)) ? burstText().loud : burstText().quiet, kFrameText);
    return;
  }
  Stamp stamp{kMagic, owner_, std::uint32_t(sent_), 0, now_ns};
  stamp.check = checkOf(stamp);
  encodeBase64(text, &stamp, sizeof stamp);
  std::memcpy(text + kStampText, patterns().text[sent_ % kPatterns], kFrameText - kStampText);
  ++sent_;
}

void Reader::read(std::string_view base64, std::int64_t now_ns, Tally& tally, bool measured) {
  if (sender_.kind() == Kind::stamps && base64.size() == kFrameText && base64[kFrameText - 2] == '=' &&
      partial_.empty())  // exactly 160 bytes
    return stamp(base64.data(), now_ns, tally, measured);
  std::uint8_t bytes[96 * 1024];
  if (base64.size() > sizeof bytes) return void(++tally.changed);
  const std::size_t size = decodeBase64(bytes, base64);
  if (size == 0) return void(++tally.changed);
  if (sender_.kind() == Kind::bursts)
    return listen(size, kFrameBytes, now_ns, tally, measured,
                  [&](std::size_t i) { return std::abs(int(fromMuLaw(bytes[i]))) > kLoudSample; });
  partial_.append(reinterpret_cast<const char*>(bytes), size);
  std::size_t at = 0;
  for (; partial_.size() - at >= kFrameBytes; at += kFrameBytes) {
    char text[kFrameText];
    encodeBase64(text, partial_.data() + at, kFrameBytes);
    stamp(text, now_ns, tally, measured);
  }
  partial_.erase(0, at);
}

void Reader::stamp(const char* text, std::int64_t now_ns, Tally& tally, bool measured) {
  ++tally.frames;
  Stamp stamp;
  const bool read = decodeBase64(&stamp, {text, kStampText}) == sizeof stamp;
  if (!read || stamp.magic != kMagic || stamp.owner != sender_.owner() || stamp.check != checkOf(stamp)) {
    if (std::memcmp(text, burstText().quiet, kFrameText) == 0)
      tally.padding_ms += 20;
    else
      ++tally.changed;
    return;
  }
  if (std::memcmp(text + kStampText, patterns().text[stamp.number % kPatterns], kFrameText - kStampText) != 0)
    ++tally.changed;
  placed(stamp.number, stamp.sent_ns, now_ns, tally, measured);
}

void Reader::placed(std::uint64_t number, std::int64_t sent_ns, std::int64_t now_ns, Tally& tally, bool measured) {
  if (primed_ && number < expected_) return void(++tally.disordered);
  if (primed_) tally.missing += number - expected_;
  primed_ = true;
  expected_ = number + 1;
  if (measured) tally.delay.add(now_ns - sent_ns);
}

void Reader::readSamples(const std::int16_t* samples, std::size_t count, std::size_t per_frame, std::int64_t now_ns,
                         Tally& tally, bool measured) {
  listen(count, per_frame, now_ns, tally, measured,
         [&](std::size_t i) { return std::abs(int(samples[i])) > kLoudSample; });
}

template <class Loud>
void Reader::listen(std::size_t count, std::size_t per_frame, std::int64_t now_ns, Tally& tally, bool measured,
                    Loud loud) {
  const std::uint64_t before = samples_;
  for (std::size_t i = 0; i < count; ++i, ++samples_) {
    if (!loud(i)) continue;
    if (!heard_ || samples_ - last_loud_ > 3 * per_frame) onset(samples_, per_frame, now_ns, tally, measured);
    heard_ = true;
    last_loud_ = samples_;
  }
  tally.frames += samples_ / per_frame - before / per_frame;
}

/// A burst begins. Between two of them are 10 frames, or 20 where one was left out: the latter says which one this is.
void Reader::onset(std::uint64_t at, std::size_t per_frame, std::int64_t now_ns, Tally& tally, bool measured) {
  const std::uint64_t since = (at - last_onset_ + per_frame / 2) / per_frame;
  const std::uint64_t off = (at - last_onset_ + per_frame / 2) % per_frame;  // per_frame / 2: exactly in its place
  last_onset_ = at;
  if (!heard_) return;
  if (!primed_) return since == 2 * kBurstEvery ? prime() : void();
  const std::uint64_t previous = expected_ - (expected_ % kBurstGap == kBurstEvery ? 2 : 1) * kBurstEvery;
  std::uint64_t due = expected_ - previous;
  const auto padded = [&] { return since > due && (since - due) % kSecondFrames == 0; };
  while (since > due && !padded()) {  // bursts that were lost themselves
    expected_ = loudFrom(expected_ + 1);
    due = expected_ - previous;
  }
  if (padded())
    tally.padding_ms += (since - due) * 20;  // a second of silence that was put in front of it
  else if (since < due)
    tally.missing += due - since;
  else if (off < per_frame * 3 / 8 || off > per_frame * 5 / 8)
    ++tally.changed;
  // What has not even left cannot have come: the program was more than a second late when the place was taken.
  while (expected_ >= sender_.sent() && expected_ >= kBurstGap) expected_ -= kBurstGap;
  if (measured) tally.delay.add(now_ns - sender_.leftNs(expected_));
  expected_ = loudFrom(expected_ + 1);
}

/// The burst behind the longer pause: the latest one that it may be.
void Reader::prime() {
  const std::uint64_t sent = sender_.sent();
  if (sent <= kBurstEvery) return;
  primed_ = true;
  expected_ = loudFrom((sent - 1 - kBurstEvery) / kBurstGap * kBurstGap + kBurstEvery + 1);
}

/// The number up to which everything must have come when nothing is under way.
std::uint64_t Reader::comparable() const {
  const std::uint64_t sent = sender_.sent();
  if (sender_.kind() == Kind::stamps) return sent;
  return sent < 4 ? 0 : loudFrom(sent - 4);  // a filter keeps the last milliseconds
}

void Reader::close(Tally& tally) const {
  if (primed_ && expected_ < comparable()) tally.missing += comparable() - expected_;
}

}  // namespace storm
