// The model's turns: their sound on the way to the caller, their words, and the barge-in (§4, §6).
#pragma once

#include "plugins/gemini/audio.hpp"
#include "plugins/gemini/channel.hpp"

#include <cstdint>
#include <list>
#include <string>
#include <string_view>

namespace hookswitch::gemini {

struct Turn {
  std::string id;
  std::string text;             ///< its transcript so far
  std::size_t silent_text = 0;  ///< so much of it came before any sound
  std::uint64_t rx_bytes = 0;   ///< handed to the host
  std::uint64_t bytes_per_ms = 48;
  bool audio_ended = false;  ///< AUDIO_END was sent, or it was interrupted
  bool complete = false;     ///< generationComplete
  bool told = false;         ///< its line went out as it is now
  bool cut = false;          ///< the host said how much was heard
  bool silenced = false;     ///< the host has cut it off
};

/// [session]
class Turns {
 public:
  explicit Turns(Channel& channel) : channel_(channel) {}

  bool open() const { return open_; }
  /// The model is in the middle of a turn.
  bool busy() const { return open_ && !turns_.back().complete; }
  /// The host has cut off the open turn, and the model knows nothing of it yet.
  bool silenced() const { return open_ && turns_.back().silenced; }
  /// Audio is kept of which it is not known yet whether it will be heard.
  bool keeps() const { return !kept_.empty(); }
  /// Audio that was kept is being played in this step; the host may read it until the step ends.
  bool lends() const { return !played_.empty(); }
  /// Another step: what was lent in the one before is released, up to two minutes of audio.
  void release() {
    if (lends()) played_.clear();
  }
  /// The open turn has been heard.
  bool spoke() const { return open_ && turns_.back().rx_bytes; }
  /// The newest; valid when open().
  const Turn& newest() const { return turns_.back(); }
  auto begin() { return turns_.begin(); }
  auto end() { return turns_.end(); }

  /// modelTurn.parts: true when there was something to hear in it.
  bool part(const hks::json::Value& part, hks::Out& out);
  enum class Sound { Heard = 1, None = 2, NotBase64 = 3 };
  /// An inlineData of it; what is no PCM is told.
  Sound sound(const AudioPart& sound, hks::Out& out);
  /// outputTranscription. False: of a turn that is cut off, or so it seems.
  bool words(std::string_view text);
  void generationComplete(hks::Out& out);
  /// It was played to its end as far as it came.
  void endAudio(hks::Out& out);
  /// The turn is over; another may begin.
  void turnComplete(hks::Out& out);
  /// `interrupted`
  void interrupt(hks::Out& out);
  /// The host has cut it off, of which the model knows nothing.
  void silence(hks::Out& out);

  // Which turn is it that speaks after one that was cut off (§6)? There are no ids, and no event begins a turn.
  /// The words of the caller that cut it off have come.
  void callerUnderstood(hks::Out& out);
  /// What comes can only be of the next turn: what was kept is played. True: something was.
  bool newTurn(hks::Out& out);
  /// kDead
  bool waitedEnough(hks::Out& out) { return newTurn(out); }
  /// The connection is left: no rest of it comes.
  void leave(hks::Out& out);
  struct Heard {
    Turn* turn = nullptr;     ///< whose line has changed; NULL: none
    bool taken_back = false;  ///< nothing is left of a line that was told
  };
  /// So much of a turn was heard.
  Heard heard(const hks_heard& heard);

 private:
  /// Whose is what comes?
  enum class Rest : std::uint8_t {
    None = 1,      ///< of the open turn, or the next
    Silenced = 2,  ///< of a turn that the host has cut off, until its end: dropped
    Cut = 3,       ///< the rest of a turn that was interrupted, or the next one without a word between: kept, until it
                   ///< is known
  };
  struct Piece {
    std::uint32_t format;
    std::string audio;
  };
  Turn& current();
  void close(hks::Out& out);
  void keep(std::uint32_t format, std::string_view audio, hks::Out& out);
  /// What was kept is the rest of the dead turn: nobody hears it.
  void bury(hks::Out& out);
  void play(std::uint32_t format, std::string_view audio, hks::Out& out);

  Channel& channel_;
  std::list<Turn> turns_;
  std::uint64_t last_ = 0;
  std::string odd_;  // half a sample, until the rest of it comes
  bool open_ = false;
  Rest rest_ = Rest::None;
  std::list<Piece> kept_, played_;  // played_: lent
  std::string kept_words_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace hookswitch::gemini
