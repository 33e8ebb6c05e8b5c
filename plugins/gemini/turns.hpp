// The model's turns: their sound on the way to the caller, their words, and the barge-in (§4, §6).
#pragma once

#include "plugins/gemini/audio.hpp"
#include "plugins/gemini/channel.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace hookswitch::gemini {

struct Turn {
  std::string id;
  std::string text;            ///< its transcript so far
  std::uint64_t rx_bytes = 0;  ///< handed to the host
  std::uint64_t bytes_per_ms = 48;
  bool audio_ended = false;  ///< AUDIO_END was sent, or it was interrupted
  bool complete = false;     ///< generationComplete
  bool told = false;         ///< its line went out as it is now
  bool cut = false;          ///< the host said how much was heard
};

/// [session]
class Turns {
 public:
  explicit Turns(Channel& channel) : channel_(channel) {}

  bool open() const { return open_; }
  /// The model is in the middle of a turn.
  bool busy() const { return open_ && !turns_.back().complete; }
  /// The open turn has been heard.
  bool spoke() const { return open_ && turns_.back().rx_bytes; }
  /// After an interruption, for a moment: what comes belongs to the turn that was cut off.
  bool dead() const { return dead_; }
  /// The newest; valid when open().
  const Turn& newest() const { return turns_.back(); }
  auto begin() { return turns_.begin(); }
  auto end() { return turns_.end(); }

  /// modelTurn.parts: true when there was something to hear in it.
  bool part(const hks::json::Value& part, hks::Out& out);
  enum class Sound { Heard = 1, None = 2, NotBase64 = 3 };
  /// An inlineData of it; what is no PCM is told.
  Sound sound(const AudioPart& sound, hks::Out& out);
  /// outputTranscription
  void words(std::string_view text);
  void generationComplete(hks::Out& out);
  /// It was played to its end as far as it came.
  void endAudio(hks::Out& out);
  /// The turn is over; another may begin.
  void close(hks::Out& out);
  void interrupt(hks::Out& out);
  void revive() { dead_ = false; }
  /// The connection is left: no rest of it comes.
  void leave(hks::Out& out);
  struct Heard {
    Turn* turn = nullptr;     ///< whose line has changed; NULL: none
    bool taken_back = false;  ///< nothing is left of a line that was told
  };
  /// So much of a turn was heard.
  Heard heard(const hks_heard& heard);

 private:
  Turn& current();
  Channel& channel_;
  std::deque<Turn> turns_;
  std::uint64_t last_ = 0;
  std::string odd_;  // half a sample, until the rest of it comes
  bool open_ = false, dead_ = false;
};

}  // namespace hookswitch::gemini
