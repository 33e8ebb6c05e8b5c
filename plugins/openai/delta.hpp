// The event that comes 50 times a second (openai-realtime.md §4): response.output_audio.delta.
#pragma once

#include <hookswitch/read_json.hpp>

#include <cstdint>
#include <string_view>

namespace hookswitch::openai {

struct AudioDelta {
  std::string_view item, response, audio;  ///< audio: in Base64, not looked at yet
  std::int64_t content_index = 0;
};

/// From an event that a parser has read. [any]
AudioDelta audioDelta(const hks::json::Value& event);

/// The event as the service writes it, without a parser: its members in whatever order, each once, further ones of
/// plain strings and numbers. False: it is something else, valid or not, and a parser tells what. When the audio is not
/// Base64, the event was not recognised either. [any]
bool readAudioDelta(std::string_view json, AudioDelta& delta);

}  // namespace hookswitch::openai
