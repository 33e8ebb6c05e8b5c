// The caller's side: audio on its way to the model, and the clock that it makes.
#pragma once

#include "plugins/openai/channel.hpp"
#include "plugins/speech/caller_input.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::openai {

/// [session]
class Caller {
 public:
  explicit Caller(Channel& channel) : channel_(channel) {}

  /// Since the session began, by the caller's audio, which never stops.
  std::uint64_t nowUs() const { return now_us_; }
  /// Between the server's speech_started and speech_stopped.
  bool speaks() const { return speaks_; }

  /// To the model, or kept until it can be talked to.
  void audio(std::string_view bytes, hks::Out& out);
  /// What was kept goes out, behind a turn that the connection that was left has not understood.
  void drain(hks::Out& out);
  /// The caller's turn is known by its words, or answered: it need not be said again.
  void understood() { turn_open_ = false; }
  /// drain() begins with the caller's turn: the server will answer it by itself.
  bool repeatsTurn() const { return !lost_turn_.empty(); }

  void speechStarted(hks::Out& out);
  void speechStopped(hks::Out& out);
  /// The connection is left, and with it what it has heard of a turn.
  void leave();
  /// The timer kStall.
  void watch(hks::Out& out);

 private:
  void remember(std::string_view bytes);

  Channel& channel_;
  speech::HeldAudio held_;
  std::string recent_;     // the newest audio: the caller's turn, with what came just before it
  std::string lost_turn_;  // what the next connection has to hear again
  bool turn_open_ = false;
  std::uint64_t now_us_ = 0;
  std::uint64_t frames_ = 0, frames_at_tick_ = 0;
  std::uint32_t stalls_ = 0;
  bool speaks_ = false;
};

}  // namespace hookswitch::openai
