#include "plugins/speech/caller_input.hpp"

#include "plugins/speech/wording.hpp"

namespace hookswitch::speech {

Keypad::Entry Keypad::press(std::string_view keys) {
  bool end = false;
  for (const char key : keys)
    if (isDtmf(key) && keys_.size() < kMax) {
      keys_ += key;
      end = key == '#';
    }
  if (keys_.empty()) return Entry::None;
  return end || keys_.size() >= kMax ? Entry::Complete : Entry::Open;
}

std::string Keypad::take() { return dtmfSentence(std::exchange(keys_, {})); }

}  // namespace hookswitch::speech
