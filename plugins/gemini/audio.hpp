// The message that comes 25 to 50 times a second (gemini-live.md §4): one piece of the model's sound.
#pragma once

#include <string_view>

namespace hookswitch::gemini {

struct AudioPart {
  std::string_view mime, data;  ///< data: in Base64, not looked at yet
};

/// {"serverContent":{"modelTurn":{"role":"model","parts":[{"inlineData":{...}}]}}}, without a parser: with or without
/// the role, with white space, and nothing else in it. False: it is something else, valid or not, and a parser tells
/// what. When the data is not Base64, the message was not recognised either. [any]
bool readAudioPart(std::string_view json, AudioPart& part);

}  // namespace hookswitch::gemini
