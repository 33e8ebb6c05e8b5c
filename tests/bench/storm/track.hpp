// One direction of one call: audio that says of itself when it left and where it belongs, and the reader that tells
// what of it came, in which order, unchanged or not, and how late.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/storm/histogram.hpp"
#include "tests/bench/storm/sound.hpp"

namespace storm {

/// What became of the audio of a direction. Frames are 20 ms.
struct Tally {
  std::uint64_t frames = 0;   ///< came, in units of 20 ms
  std::uint64_t missing = 0;  ///< never came
  std::uint64_t disordered = 0, changed = 0;
  std::uint64_t padding_ms = 0;  ///< silence that the program added because nothing came
  Histogram delay;               ///< while measured
};

/// How the audio can be recognised. `stamps`: mu-law that passes untouched, each frame of 160 bytes with its number and
/// time in it. `bursts`: audio that is converted on its way: every tenth frame is loud, but not each fiftieth, so that
/// the pauses name the place.
enum class Kind : std::uint8_t { stamps, bursts };

constexpr std::uint32_t kBurstEvery = 10, kBurstGap = 50;
constexpr bool isLoud(std::uint64_t number) { return number % kBurstEvery == 0 && number % kBurstGap != 0; }

/// Who sends it. One second after which bursts repeat is longer than any delay that still counts.
class Sender {
 public:
  Sender(Kind kind, std::uint32_t owner) : kind_(kind), owner_(owner) {}

  /// The base64 text of the next frame, kFrameText characters of mu-law, as it leaves now.
  void next(char* text, std::int64_t now_ns);
  /// For a frame in another format: only the time is noted. Its number; isLoud() of it says what it is to sound like.
  std::uint64_t note(std::int64_t now_ns);
  std::uint64_t sent() const { return sent_; }
  /// When it left: of the latest ten seconds.
  std::int64_t leftNs(std::uint64_t number) const { return left_ns_[number % left_ns_.size()]; }
  Kind kind() const { return kind_; }
  std::uint32_t owner() const { return owner_; }

 private:
  const Kind kind_;
  const std::uint32_t owner_;
  std::uint64_t sent_ = 0;
  std::array<std::int64_t, 512> left_ns_{};  // of bursts
};

/// Who receives it. What comes before the first frame that can be placed does not count; from then on every loss does.
class Reader {
 public:
  explicit Reader(const Sender& sender) : sender_(sender) {}

  /// mu-law that came, as base64.
  void read(std::string_view base64, std::int64_t now_ns, Tally& tally, bool measured);
  /// 16-bit samples of `per_frame` to 20 ms that came.
  void readSamples(const std::int16_t* samples, std::size_t count, std::size_t per_frame, std::int64_t now_ns,
                   Tally& tally, bool measured);
  bool primed() const { return primed_; }
  bool allCame() const { return !primed_ || expected_ >= comparable(); }
  /// What was sent and is not there by now is lost.
  void close(Tally& tally) const;

 private:
  void stamp(const char* text, std::int64_t now_ns, Tally& tally, bool measured);
  void placed(std::uint64_t number, std::int64_t sent_ns, std::int64_t now_ns, Tally& tally, bool measured);
  void onset(std::uint64_t at, std::size_t per_frame, std::int64_t now_ns, Tally& tally, bool measured);
  void prime();
  std::uint64_t comparable() const;
  template <class Loud>
  void listen(std::size_t count, std::size_t per_frame, std::int64_t now_ns, Tally& tally, bool measured, Loud loud);

  const Sender& sender_;
  bool primed_ = false;
  std::uint64_t expected_ = 0;  // number of the frame that comes next; of bursts: of the next loud one
  std::string partial_;         // less than a frame
  // bursts
  std::uint64_t samples_ = 0, last_loud_ = 0, last_onset_ = 0;
  bool heard_ = false;
};

}  // namespace storm
