// The caller's audio on its way to the model.
#pragma once

#include "plugins/gemini/channel.hpp"
#include "plugins/speech/caller_input.hpp"

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
  /// What was kept goes out.
  void drain(hks::Out& out);
  /// For so long the model hears silence: a greeting is not to be interrupted.
  void shield(std::uint64_t ms) { shield_bytes_ = ms * channel_.options.bytesPerMs(); }

 private:
  Channel& channel_;
  std::string chunk_;
  speech::HeldAudio held_;
  std::uint64_t shield_bytes_ = 0;
};

}  // namespace hookswitch::gemini
