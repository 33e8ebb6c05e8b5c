// What comes from the caller while the model can't take it, or not yet: audio, keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <utility>

namespace hookswitch::speech {

/// The caller's newest audio while no connection is usable: older frames would only smear the turn detection. [session]
class HeldAudio {
 public:
  /// Beyond `max_bytes` the oldest frames are dropped.
  void put(std::string_view frame, std::size_t max_bytes) {
    frames_.emplace_back(frame);
    bytes_ += frame.size();
    for (; bytes_ > max_bytes; frames_.pop_front()) bytes_ -= frames_.front().size();
  }
  /// Hands every frame to `send` and keeps none.
  template <class Send>
  void drain(Send&& send) {
    for (const std::string& frame : frames_) send(frame);
    clear();
  }
  void clear() {
    frames_.clear();
    bytes_ = 0;
  }

 private:
  std::list<std::string> frames_;
  std::size_t bytes_ = 0;
};

/// Keys that are pressed shortly after each other are one entry. [session]
class Keypad {
 public:
  static constexpr std::uint64_t kPause_ms = 1200;  ///< without a further key the entry is complete
  enum class Entry { None = 1, Open = 2, Complete = 3 };
  /// Complete: by "#", or because it is long.
  Entry press(std::string_view keys);
  bool empty() const { return keys_.empty(); }
  /// What to tell the model of the entry, which is then over.
  std::string take();

 private:
  static constexpr std::size_t kMax = 32;
  std::string keys_;
};

}  // namespace hookswitch::speech
