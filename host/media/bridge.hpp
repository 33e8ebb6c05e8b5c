// The audio of one call between its carrier and its voice: transcoding, gaps, pacing, barge-in. Pure: the time is
// given.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/pacer.hpp"
#include "host/call/trace.hpp"
#include "host/media/caller_timeline.hpp"
#include "host/media/playout.hpp"
#include "host/media/transcoder.hpp"

namespace hookswitch::media {

/// Where the bridge's output goes. Views are valid during the call only. [loop]
class BridgePorts {
 public:
  virtual ~BridgePorts() = default;
  /// Of any length up to Bridge::piece_ms; less than 20 ms is the end of an item.
  virtual void carrierAudio(AudioFormat format, std::string_view bytes) = 0;
  /// A frame of it has left, 20 ms: how long the carrier had nothing left to play before it; see call::Lateness.
  virtual void frameLeft(std::int64_t /*late_us*/) {}
  /// For the flight recorder.
  virtual void noted(call::What /*what*/, std::uint64_t /*value*/) {}
  virtual void carrierMark(std::string_view name) = 0;
  virtual void carrierFlush() = 0;
  virtual void voiceAudio(AudioFormat format, std::string_view bytes) = 0;
  virtual void voiceHeard(std::string_view item, std::uint64_t heard_ms, std::uint64_t received_ms) = 0;
};

struct BridgeCounters {
  std::uint64_t caller_frames = 0;   ///< from the carrier
  std::uint64_t gaps_ms = 0;         ///< silence put in for audio that never came
  std::uint64_t caller_late_ms = 0;  ///< of the caller's audio that came when its place was taken
  std::uint64_t early_dropped = 0;   ///< bytes of caller audio that were too old when the voice became ready
  std::uint64_t agent_frames = 0;    ///< 20 ms each, paced to the carrier
  std::uint64_t late_dropped = 0;    ///< pieces of model audio that belonged to an interrupted item
  std::uint64_t overflows = 0;       ///< items cut because the queue was full
  std::uint64_t interruptions = 0;
};

/// [loop] One per call; survives a change of the voice under it.
class Bridge : private TimelineOut {
 public:
  Bridge(BridgePorts& ports, ResamplerKind resampler);

  // carrier side
  void carrierReady(AudioFormat takes, AudioFormat gives);
  void carrierAudio(AudioFormat format, std::string_view bytes, std::uint64_t pts_us, std::int64_t now_us);
  void carrierMark(std::string_view name, std::int64_t now_us);
  /// The carrier's stream is over and another follows, with its own carrierReady(): the caller's time begins anew, what
  /// the model says waits.
  void carrierLeft(std::int64_t now_us);
  /// While it is on nothing is sent to the carrier; what the model says waits.
  void hold(bool on, std::int64_t now_us);
  /// For how long the carrier may still play what it has.
  std::int64_t playsUs(std::int64_t now_us) const;
  /// Sound that stands in no queue, in the carrier's format. Only while hold() is on.
  void insert(std::string_view bytes);
  AudioFormat carrierTakes() const { return carrier_takes_; }
  /// While it is on the voice hears silence of the same length in place of the caller.
  void mute(bool on) { muted_ = on; }

  // voice side
  /// Caller audio that came before, at most the newest 5 s of it, is delivered first, but under the shield.
  void voiceReady(AudioFormat takes, AudioFormat gives);
  /// True: some of it will be heard.
  bool voiceAudio(AudioFormat format, std::string_view item, std::string_view bytes, std::int64_t now_us);
  void voiceAudioEnd(std::string_view item, std::int64_t now_us);
  /// The caller speaks, or the model was cut off: what is queued is dropped, the carrier flushed, and the voice told
  /// what was heard of each unfinished item.
  void interrupt(std::int64_t now_us);
  /// The voice hears silence instead of the caller, and of what the caller says before it is ready nothing is kept.
  void shield(bool on) { shielded_ = on; }
  /// This voice is gone: caller audio is kept for the next one; what was received of the old one is played out.
  void voiceGone();

  /// When nextPaceUs() has come; sooner does no harm.
  void pace(std::int64_t now_us);
  /// When pace() is due although nothing comes from either side; base::Pacer::never: there is nothing to wait for.
  /// Every call of another function may change it.
  std::int64_t nextPaceUs(std::int64_t now_us) const;
  /// Everything the model said was heard; true when nothing was said.
  bool drained() const { return playout_ ? playout_->drained() : true; }
  /// When the caller will have heard what the model has said, if the carrier plays it in time.
  std::int64_t playedUs(std::int64_t now_us) const { return playout_ ? playout_->playedUs(now_us) : now_us; }
  bool voiceIsReady() const { return voice_ready_; }
  const BridgeCounters& counters() const { return counters_; }

  /// No caller frame for this long: 1 s of silence, once, so that a turn of the caller's ends. A connection that stalls
  /// is no silence, and its audio comes late: this is longer than a stall that a call survives.
  static constexpr std::int64_t silence_after_us = 5'000'000;
  static constexpr std::uint64_t keep_early_ms = 5'000;
  /// One message to the carrier; a queue that is longer than the lead goes in messages of this length.
  static constexpr std::uint32_t piece_ms = 100;
  /// A delta may come so much early and still leaves whole.
  static constexpr std::uint32_t early_ms = 20;
  /// The carrier's frames, 50 a second, are what moves a queue on. A timer does it for a carrier that is silent, so
  /// much later, and for all calls at the same times.
  static constexpr std::int64_t silent_carrier_us = 20'000, queue_grid_us = 10'000;
  /// A deadline that every frame of the carrier moves is looked at before it comes, at the same times for all calls.
  static constexpr std::int64_t watch_grid_us = 250'000;
  static std::int64_t watchUs(std::int64_t due_us, std::int64_t now_us) {
    const std::int64_t before = due_us / watch_grid_us * watch_grid_us;
    return before > now_us ? before : due_us;
  }

 private:
  /// Models that hear nothing at all lose their sense of time: of a muted caller they hear silence.
  void callerFrame(std::string_view bytes) override { toVoice(muted_ ? silence(bytes.size()) : bytes); }
  void callerSilence(std::uint64_t ms) override;
  void callerLate(std::uint64_t ms) override { counters_.caller_late_ms += ms; }
  void openUp();  // from the carrier to the voice, which are both there
  void toVoice(std::string_view bytes);
  std::string_view silence(std::size_t bytes);
  void silenceToVoice(std::uint64_t ms);
  void runPlayout(std::int64_t now_us);
  void sent(std::size_t bytes, std::int64_t late_us);
  void notePlayout(bool was_idle, const Playout::Counters& before);

  BridgePorts& ports_;
  const ResamplerKind resampler_;
  bool carrier_ready_ = false, voice_ready_ = false;
  AudioFormat carrier_takes_ = AudioFormat::pcmu_8k, carrier_gives_ = AudioFormat::pcmu_8k;
  AudioFormat voice_takes_ = AudioFormat::pcmu_8k, voice_gives_ = AudioFormat::pcmu_8k;
  /// An item of the voice that has not ended, and what of it is still in the transcoder.
  struct Down {
    std::string item;
    std::unique_ptr<Transcoder> coder;
  };
  void switchTo(std::string_view item, AudioFormat format);
  void endDown(Down& down);
  void passOver(std::int64_t now_us);
  std::unique_ptr<Transcoder> up_, down_;  // caller to voice, voice to caller
  std::string down_item_;                  // whose tail is still in down_
  std::vector<Down> others_;               // items whose audio alternates with that of down_item_
  static constexpr std::size_t max_others = 7;
  std::unique_ptr<Playout> playout_;  // exists once the carrier is ready
  std::string early_;                 // caller audio in the carrier's format while no voice listens
  std::string silence_;
  bool muted_ = false, held_ = false;
  CallerTimeline timeline_{*this};
  std::int64_t last_caller_us_ = 0;
  bool padded_ = false;  // the 1 s of silence has been given
  struct Due {
    bool frame;
    std::size_t begin, size;
    std::int64_t late_us;
  };
  std::vector<Due> due_;  // what runPlayout() sends, in due_bytes_; their memory is the thread's
  std::vector<char> due_bytes_;
  bool shielded_ = false;
  bool sending_ = false, again_ = false;  // again_: there is something to send at once
  std::uint64_t agent_us_ = 0;            // paced to the carrier
  BridgeCounters counters_;
};

}  // namespace hookswitch::media
