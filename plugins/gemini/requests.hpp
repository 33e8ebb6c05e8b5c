// What is said to the model besides the caller's audio: the greeting, sentences to be spoken, keys, reminders (§7, §9).
#pragma once

#include "plugins/gemini/channel.hpp"
#include "plugins/gemini/transcript.hpp"
#include "plugins/speech/caller_input.hpp"

#include <cstdint>
#include <list>
#include <string>
#include <string_view>

namespace hookswitch::gemini {

/// Where something returns a bool that is not explained: the model was sent something that it has to answer. [session]
class Requests {
 public:
  Requests(Channel& channel, Transcript& transcript) : channel_(channel), transcript_(transcript) {}

  /// A prompt alone does not make the model begin (§7). False: there is nothing to greet with.
  bool greet(hks::Out& out);
  /// It stays silent instead of greeting: once more. False: it has been asked twice.
  bool greetAgain(hks::Out& out);
  /// `speaking`: the model is speaking; a sentence would cut it (§3).
  bool say(std::string_view text, bool speaking, hks::Out& out);
  /// Before all that waits. What is being said was broken off for it; the service breaks it off, too, when it hears of
  /// this sentence (§3).
  bool sayNow(std::string_view text, hks::Out& out);
  /// The next sentence that waits.
  bool sayNext(hks::Out& out);
  /// `silenced`: a turn of the model is open of which nobody hears any more; the keys put an end to it.
  bool keys(std::string_view digits, bool silenced, hks::Out& out);
  bool sendKeys(bool silenced, hks::Out& out);
  /// The model should do something now: it is told in the caller's place.
  void remind(std::string_view text, hks::Out& out) { sendText(text, out); }
  /// The model speaks: it has taken the newest sentence.
  void taken() { asked_.clear(); }
  /// The connection is left: a sentence that it has not taken waits again.
  void leave();
  /// No sentence waits.
  bool quiet() const { return sayings_.empty(); }

 private:
  void sendText(std::string_view text, hks::Out& out);
  /// Makes the model speak.
  void prompt(const std::string& text, hks::Out& out);

  Channel& channel_;
  Transcript& transcript_;
  std::list<std::string> sayings_;
  std::string asked_;  // the newest sentence that was sent, until the model speaks
  speech::Keypad keypad_;
  bool greeted_twice_ = false;
};

}  // namespace hookswitch::gemini
