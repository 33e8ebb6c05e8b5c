// What a media stream does with the gateway's messages: the strict reading of twilio.md §5.3, on simdjson, because it
// happens fifty times a second for every call.
#include "tests/fakes/twilio_stream.hpp"

#include <simdjson.h>

#include <algorithm>

namespace fakes {

namespace {

constexpr std::size_t longest_message = 64 * 1024;
constexpr std::size_t errors_listed = 50;

using simdjson::dom::element;
using simdjson::dom::object;

/// The members of `what` are exactly `names`, each once. Empty when so, else what is wrong.
std::string exactly(const object& what, std::initializer_list<std::string_view> names) {
  std::size_t count = 0;
  for (const auto field : what) {
    ++count;
    if (std::find(names.begin(), names.end(), field.key) == names.end())
      return "has the extra field '" + std::string(field.key) + "'";
  }
  for (const auto name : names) {
    element value;
    if (what.at_key(name).get(value)) return "lacks the field '" + std::string(name) + "'";
  }
  return count == names.size() ? "" : "names a field twice";
}

simdjson::dom::parser& theParser() {
  thread_local simdjson::dom::parser parser;
  return parser;
}

}  // namespace

void MediaStream::complain(const std::string& what) {
  ++error_count_;
  if (errors_.size() < errors_listed) errors_.push_back(what);
}

void MediaStream::receive(std::string_view payload, bool text) {
  if (!text) return complain("31950: a binary frame of " + std::to_string(payload.size()) + " bytes");
  if (payload.size() > longest_message)
    complain("31951: a message of " + std::to_string(payload.size()) + " bytes; stay below 65536");
  if (sequence_ == 0) return complain("31951: a message before 'start' was sent");
  handle(payload);
}

void MediaStream::handle(std::string_view payload) {
  object message;
  if (theParser().parse(payload.data(), payload.size()).get(message))
    return complain("31951: not a JSON object: " + std::string(payload.substr(0, 80)));
  std::string_view event, stream_sid;
  if (message.at_key("event").get(event)) return complain("31951: no 'event': " + std::string(payload.substr(0, 80)));
  if (message.at_key("streamSid").get(stream_sid))
    return complain("31951: '" + std::string(event) + "' without 'streamSid'");
  if (stream_sid != sid_)
    return complain("31951: streamSid '" + std::string(stream_sid) + "' is not that of this stream");
  const std::string_view inner = event == "media" ? "media" : event == "mark" ? "mark" : "";
  const std::string shape =
      inner.empty() ? exactly(message, {"event", "streamSid"}) : exactly(message, {"event", "streamSid", inner});
  const auto now_us = loop_.nowUs();
  if (event == "clear") {
    if (!shape.empty()) return complain("31951: 'clear' " + shape);
    playback_.clear(now_us);
    sendEchoes();
  } else if (event == "media") {
    object media;
    std::string_view base64;
    if (!shape.empty()) return complain("31951: 'media' " + shape);
    if (message.at_key("media").get(media) || media.at_key("payload").get(base64))
      return complain("31951: media.payload must be a string");
    if (const auto inside = exactly(media, {"payload"}); !inside.empty())
      return complain("31951: 'media.media' " + inside);
    thread_local std::string mulaw;
    if (!decodeBase64(base64, mulaw) || mulaw.empty()) return complain("31951: media.payload is empty or not base64");
    if (mulaw.compare(0, 4, "RIFF") == 0) complain("31951: media.payload begins with a WAV header");
    if (first_media_us_ == 0) first_media_us_ = now_us;
    if (!playback_.audio(now_us, mulaw)) complain("31931: more than ten minutes of audio are buffered");
  } else if (event == "mark") {
    object mark;
    std::string_view name;
    if (!shape.empty()) return complain("31951: 'mark' " + shape);
    if (message.at_key("mark").get(mark) || mark.at_key("name").get(name))
      return complain("31951: mark.name must be a string");
    if (const auto inside = exactly(mark, {"name"}); !inside.empty()) return complain("31951: 'mark.mark' " + inside);
    playback_.mark(now_us, std::string(name));
    if (plan_.echo_at_once) sendEcho(std::string(name));
    sendEchoes();
  } else {
    complain("31951: unknown event '" + std::string(event) + "'");
  }
}

}  // namespace fakes
