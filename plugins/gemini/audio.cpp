#include "plugins/gemini/audio.hpp"

#include <hookswitch/plain_json.hpp>

namespace hookswitch::gemini {

bool readAudioPart(std::string_view json, AudioPart& part) {
  hks::json::Plain in(json);
  std::string_view role;
  unsigned blobs = 0, mimes = 0, datas = 0, roles = 0, turns = 0, contents = 0, lists = 0;
  const auto ofBlob = [&](std::string_view key) {
    if (key == "mimeType") return ++mimes == 1 && in.text(part.mime);
    return key == "data" && ++datas == 1 && in.unchecked(part.data);
  };
  const auto ofPart = [&](std::string_view key) { return key == "inlineData" && ++blobs == 1 && in.object(ofBlob); };
  const auto ofTurn = [&](std::string_view key) {
    if (key == "role") return ++roles == 1 && in.text(role);
    return key == "parts" && ++lists == 1 && in.array([&] { return in.object(ofPart); });
  };
  const auto ofContent = [&](std::string_view key) { return key == "modelTurn" && ++turns == 1 && in.object(ofTurn); };
  const bool whole = in.object(
      [&](std::string_view key) { return key == "serverContent" && ++contents == 1 && in.object(ofContent); });
  return whole && in.end() && mimes == 1 && datas == 1;
}

}  // namespace hookswitch::gemini
