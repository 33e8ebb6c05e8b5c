#include "plugins/twilio/media.hpp"

#include "plugins/twilio/text.hpp"

#include <hookswitch/plain_json.hpp>

#include <cstdint>

namespace hookswitch::twilio {
namespace {

/// True the first time for each.
class Once {
 public:
  bool operator()(unsigned member) {
    const unsigned before = seen_;
    seen_ |= 1u << member;
    return seen_ != before;
  }
  bool saw(unsigned member) const { return seen_ & 1u << member; }

 private:
  unsigned seen_ = 0;
};

bool digits(hks::json::Plain& in, std::uint64_t& to) {
  std::string_view text;
  if (!in.text(text)) return false;
  const auto parsed = parseNumber(text);
  if (parsed) to = *parsed;
  return parsed.has_value();
}

/// As Twilio has written it so far, to the letter.
bool readUsual(std::string_view json, StreamMessage& m) {
  hks::json::Plain in(json);
  std::uint64_t ignored = 0;
  return in.literally(R"({"event":"media","sequenceNumber":)") && in.digits(ignored) &&
         in.literally(R"(,"media":{"track":)") && in.text(m.track) && in.literally(R"(,"chunk":)") &&
         in.digits(ignored) && in.literally(R"(,"timestamp":)") && in.digits(m.timestamp_ms) &&
         in.literally(R"(,"payload":)") && in.unchecked(m.payload) && in.literally(R"(},"streamSid":)") &&
         in.text(m.stream_sid) && in.literally("}") && in.end();
}

}  // namespace

bool readMedia(std::string_view json, StreamMessage& m) {
  if (readUsual(json, m)) {
    m.event = StreamEvent::media;
    return true;
  }
  m = {};
  enum Member : unsigned { event, sequence, sid, media, track, chunk, timestamp, payload };
  hks::json::Plain in(json);
  Once once;
  std::string_view name, ignored;
  const auto ofMedia = [&](std::string_view key) {
    if (key == "track") return once(track) && in.text(m.track);
    if (key == "chunk") return once(chunk) && in.text(ignored);
    if (key == "timestamp") return once(timestamp) && digits(in, m.timestamp_ms);
    return key == "payload" && once(payload) && in.unchecked(m.payload);
  };
  const bool whole = in.object([&](std::string_view key) {
    if (key == "event") return once(event) && in.text(name) && name == "media";
    if (key == "sequenceNumber") return once(sequence) && in.text(ignored);
    if (key == "streamSid") return once(sid) && in.text(m.stream_sid);
    return key == "media" && once(media) && in.object(ofMedia);
  });
  if (!whole || !in.end() || !once.saw(event) || !once.saw(payload)) return false;
  m.event = StreamEvent::media;
  return true;
}

}  // namespace hookswitch::twilio
