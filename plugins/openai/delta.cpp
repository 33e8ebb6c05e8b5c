#include "plugins/openai/delta.hpp"

#include <hookswitch/plain_json.hpp>

namespace hookswitch::openai {

AudioDelta audioDelta(const hks::json::Value& event) {
  using hks::json::textAt;
  return {textAt(event, "item_id"), textAt(event, "response_id"), textAt(event, "delta"),
          hks::json::numberAt(event, "content_index")};
}

namespace {

/// As the service has written it so far, to the letter.
bool readUsual(std::string_view json, AudioDelta& delta) {
  hks::json::Plain in(json);
  std::string_view ignored;
  std::uint64_t output = 0, content = 0;
  const bool whole = in.literally(R"({"type":"response.output_audio.delta","event_id":)") && in.text(ignored) &&
                     in.literally(R"(,"response_id":)") && in.text(delta.response) && in.literally(R"(,"item_id":)") &&
                     in.text(delta.item) && in.literally(R"(,"output_index":)") && in.number(output) &&
                     in.literally(R"(,"content_index":)") && in.number(content) && in.literally(R"(,"delta":)") &&
                     in.unchecked(delta.audio) && in.literally("}") && in.end();
  delta.content_index = std::int64_t(content);
  return whole;
}

}  // namespace

bool readAudioDelta(std::string_view json, AudioDelta& delta) {
  if (readUsual(json, delta)) return true;
  delta = {};
  enum Member : unsigned { type = 1, item = 2, response = 4, index = 8, audio = 16 };
  hks::json::Plain in(json);
  unsigned seen = 0;
  const auto once = [&](Member member) {
    const bool first = !(seen & member);
    seen |= member;
    return first;
  };
  std::string_view name;
  std::uint64_t number = 0;
  const bool whole = in.object([&](std::string_view key) {
    // response.audio.delta is what look-alike servers call it that still speak the beta shape.
    if (key == "type")
      return once(type) && in.text(name) && (name == "response.output_audio.delta" || name == "response.audio.delta");
    if (key == "item_id") return once(item) && in.text(delta.item);
    if (key == "response_id") return once(response) && in.text(delta.response);
    if (key == "delta") return once(audio) && in.unchecked(delta.audio);
    if (key == "content_index") return once(index) && in.number(number);
    return in.skip();
  });
  delta.content_index = std::int64_t(number);
  return whole && in.end() && (seen & type) && (seen & audio);
}

}  // namespace hookswitch::openai
