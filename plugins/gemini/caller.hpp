// The caller's audio on its way to the model.
#pragma once

#include "plugins/gemini/channel.hpp"
#include "plugins/speech/caller_input.hpp"
#include "plugins/speech/caller_turn.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::gemini {

/// [session]
class Caller {
 public:
  explicit Caller(Channel& channel) : channel_(channel) {}
  /// In chunks; kept while the connection changes.
  void audio(std::string_view bytes, hks::Out& out);
  /// What was kept goes out, behind a turn that the connection that was left has not understood.
  void drain(hks::Out& out);
  /// For so long the model hears silence: a greeting is not to be interrupted.
  void shield(std::uint64_t ms, hks::Out& out);
  void unshield() { shielded_ = false; }
  /// What the caller has said is known by its words, or answered: it need not be said again.
  void understood() { turn_.understood(); }
  /// drain() begins with the caller's turn: the model will answer it by itself.
  bool repeatsTurn() const { return turn_.lost(); }
  /// The connection is left, and with it what it has heard of a turn.
  void leave() { turn_.leave(); }

 private:
  void remember(std::string_view chunk);
  void send(std::string_view chunk, hks::Out& out);

  Channel& channel_;
  std::string chunk_;
  speech::HeldAudio held_;
  speech::CallerTurn turn_;
  bool shielded_ = false;
};

}  // namespace hookswitch::gemini
