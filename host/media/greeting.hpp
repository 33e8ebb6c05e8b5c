// The greeting of a call, which the caller hears whatever is said meanwhile. Pure: the time is given.
#pragma once

#include <cstdint>

#include "host/call/types.hpp"

namespace hookswitch::media {

/// [loop] Due until it was heard. So long the voice hears silence instead of the caller, whose "hello?" it would take
/// for an interruption; and one that breaks off before its shield is over is said again.
class Greeting {
 public:
  /// `due`: the call has one. `shield_ms`: of the beginning, call::whole_greeting: all of it.
  Greeting(bool due, std::uint32_t shield_ms) : state_(due ? State::due : State::over), shield_ms_(shield_ms) {}

  /// It was not heard as far as it must be.
  bool due() const { return state_ != State::over; }
  /// The voice must not hear the caller; what is said before it is asked for a greeting it never hears.
  bool shields() const { return due() && (shield_ms_ != 0 || until_us_ < 0); }

  /// A voice is ready, and was asked for it.
  void asked(std::int64_t now_us) {
    if (shield_ms_ == 0) state_ = State::over;
    if (due()) begin(now_us);
  }
  /// Sound of the voice goes to the caller.
  void sounds(std::int64_t now_us) {
    if (state_ != State::due) return;
    state_ = State::sounds;
    until_us_ = shield_ms_ == call::whole_greeting ? 0 : now_us + shield_ms_ * std::int64_t{1000};
  }
  /// The voice has lost its model: what comes next may be the greeting once more.
  void broken(std::int64_t now_us) {
    if (state_ == State::sounds) begin(now_us);
  }
  /// The caller has pressed a key: who does that has heard enough.
  void cut() { state_ = State::over; }
  /// The caller was taken to speak. True: it has to be said again.
  bool interrupted(std::int64_t now_us) {
    if (!due() || until_us_ < 0) return false;
    const bool again = ++repeated_ <= most_repeated;
    if (again)
      begin(now_us);
    else
      state_ = State::over;
    return again;
  }
  /// Ask often. `drained`: everything that was said was heard.
  void look(std::int64_t now_us, bool drained) {
    if (state_ == State::over || until_us_ < 0) return;
    const bool in_time = until_us_ != 0 && now_us >= until_us_;
    if (in_time || (state_ == State::sounds && drained)) state_ = State::over;
  }
  /// When look() has something to see though nothing happens; 0: never.
  std::int64_t untilUs() const { return due() && until_us_ > 0 ? until_us_ : 0; }

  static constexpr std::int64_t patience_us = 8'000'000;  ///< a greeting that does not come by then shields nothing
  static constexpr int most_repeated = 2;

 private:
  enum class State : std::uint8_t { due = 1, sounds = 2, over = 3 };
  void begin(std::int64_t now_us) {
    state_ = State::due;
    until_us_ = now_us + patience_us;
  }
  State state_;
  const std::uint32_t shield_ms_;
  std::int64_t until_us_ = -1;  // negative: nobody was asked for it yet; 0: until it was heard
  int repeated_ = 0;
};

}  // namespace hookswitch::media
