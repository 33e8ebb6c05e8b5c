// The caller's side: audio on its way to the model, and the clock that it makes.
#pragma once

#include "plugins/openai/channel.hpp"
#include "plugins/speech/caller_input.hpp"
#include "plugins/speech/caller_turn.hpp"

#include <cstdint>
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
  void understood() { turn_.understood(); }
  /// drain() begins with the caller's turn: the server will answer it by itself.
  bool repeatsTurn() const { return turn_.lost(); }

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
  speech::CallerTurn turn_;
  std::uint64_t now_us_ = 0;
  std::uint64_t frames_ = 0, frames_at_tick_ = 0;
  std::uint32_t stalls_ = 0;
  bool speaks_ = false;
};

}  // namespace hookswitch::openai
