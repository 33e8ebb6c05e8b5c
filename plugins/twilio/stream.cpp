#include "plugins/twilio/stream.hpp"

#include "plugins/twilio/text.hpp"

#include <simdjson.h>
#include <hookswitch/base64.hpp>
#include <hookswitch/json.hpp>
#include <hookswitch/surrogates.hpp>
#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace hookswitch::twilio {
namespace {

namespace od = simdjson::ondemand;

constexpr std::size_t kUsualBytes = 2048;
constexpr std::string_view kMediaTail = "\"}}";

bool text(od::value value, std::string_view& to) { return value.get_string().get(to) == simdjson::SUCCESS; }

/// A number, or a string of digits.
bool number(od::value value, std::uint64_t& to) {
  std::string_view digits;
  if (value.get_string().get(digits) == simdjson::SUCCESS) {
    const auto parsed = parseNumber(digits);
    if (parsed) to = *parsed;
    return parsed.has_value();
  }
  double plain = 0;  // 8000 and 8000.0 are the same number
  if (value.get_double().get(plain) != simdjson::SUCCESS || !(plain >= 0 && plain <= 1e15)) return false;
  to = std::uint64_t(plain);
  return true;
}

/// Calls `use(key, value)` for every member; false when `value` is not an object or `use` or the text is bad.
template <class Use>
bool members(od::value value, Use&& use) {
  od::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return false;
  for (auto member : object) {
    od::field field;
    std::string_view key;
    if (std::move(member).get(field) != simdjson::SUCCESS || field.unescaped_key().get(key) != simdjson::SUCCESS)
      return false;
    if (!use(key, field.value())) return false;
  }
  return true;
}

StreamEvent eventOf(std::string_view name) {
  if (name == "media") return StreamEvent::media;
  if (name == "mark") return StreamEvent::mark;
  if (name == "dtmf") return StreamEvent::dtmf;
  if (name == "start") return StreamEvent::start;
  if (name == "stop") return StreamEvent::stop;
  if (name == "connected") return StreamEvent::connected;
  return StreamEvent::other;
}

bool readFormat(od::value value, StreamMessage& m) {
  m.has_format = true;
  return members(value, [&m](std::string_view key, od::value v) {
    if (key == "encoding") return text(v, m.encoding);
    if (key == "sampleRate") return number(v, m.sample_rate);
    if (key == "channels") return number(v, m.channels);
    return true;
  });
}

bool readStart(od::value value, StreamMessage& m) {
  return members(value, [&m](std::string_view key, od::value v) {
    if (key == "accountSid") return text(v, m.account_sid);
    if (key == "callSid") return text(v, m.call_sid);
    if (key == "streamSid") return text(v, m.stream_sid);
    if (key == "mediaFormat") return readFormat(v, m);
    if (key == "customParameters")
      return members(v, [&m](std::string_view name, od::value parameter) {
        if (name != "gw_call") return true;
        m.has_gw_call = true;
        return text(parameter, m.gw_call);
      });
    return true;
  });
}

bool readMedia(od::value value, StreamMessage& m) {
  bool has_payload = false;
  const bool ok = members(value, [&](std::string_view key, od::value v) {
    if (key == "payload") return has_payload = true, text(v, m.payload);
    if (key == "timestamp") return number(v, m.timestamp_ms);
    if (key == "track") return text(v, m.track);
    return true;
  });
  return ok && has_payload;
}

bool readName(od::value value, std::string_view wanted, std::string_view& to) {
  bool found = false;
  const bool ok = members(value, [&](std::string_view key, od::value v) {
    if (key != wanted) return true;
    found = true;
    return text(v, to);
  });
  return ok && found;
}

}  // namespace

struct StreamReader::Impl {
  od::parser parser;
  std::string padded;  // the parser reads up to SIMDJSON_PADDING bytes behind the text
  StreamMessage message;

  Impl() {
    padded.reserve(kUsualBytes + simdjson::SIMDJSON_PADDING);
    if (parser.allocate(kUsualBytes)) throw std::bad_alloc();
  }

  bool parse(std::string_view json) {
    padded.resize(json.size() + simdjson::SIMDJSON_PADDING);
    json.copy(padded.data(), json.size());
    std::fill(padded.begin() + std::ptrdiff_t(json.size()), padded.end(), ' ');
    od::document document;
    if (parser.iterate(simdjson::padded_string_view(padded.data(), json.size(), padded.size())).get(document) !=
        simdjson::SUCCESS)
      return false;
    // The order of members is not promised: the event is looked up first, the rest is read in one pass.
    std::string_view name;
    od::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS) return false;
    if (object["event"].get_string().get(name) != simdjson::SUCCESS) return false;
    const StreamEvent event = eventOf(name);
    if (object.reset().error() != simdjson::SUCCESS) return false;
    bool has_body = false;
    for (auto member : object) {
      od::field field;
      std::string_view key;
      if (std::move(member).get(field) != simdjson::SUCCESS || field.unescaped_key().get(key) != simdjson::SUCCESS)
        return false;
      od::value value = field.value();
      bool ok = true;
      if (key == "streamSid")
        ok = text(value, message.stream_sid);
      else if (event == StreamEvent::media && key == "media")
        ok = has_body = readMedia(value, message);
      else if (event == StreamEvent::start && key == "start")
        ok = has_body = readStart(value, message);
      else if (event == StreamEvent::mark && key == "mark")
        ok = has_body = readName(value, "name", message.name);
      else if (event == StreamEvent::dtmf && key == "dtmf")
        ok = has_body = readName(value, "digit", message.digit);
      if (!ok) return false;
    }
    const bool needs_body = event == StreamEvent::media || event == StreamEvent::start || event == StreamEvent::mark ||
                            event == StreamEvent::dtmf;
    if (needs_body && !has_body) return false;
    message.event = event;
    return true;
  }
};

const StreamMessage& StreamReader::read(std::string_view json) {
  static thread_local Impl impl;
  impl.message = {};
  if (json.size() <= kMaxBytes && impl.parse(json)) return impl.message;
  impl.message = {};
  std::string mended(json.substr(0, kMaxBytes));
  if (json.size() > kMaxBytes || !hks::json::mendSurrogates(mended) || !impl.parse(mended)) impl.message = {};
  return impl.message;
}

void StreamWriter::begin(std::string_view stream_sid) {
  sid_json_ = hks::json::quote(hks::utf8::clean(stream_sid));
  media_head_ = head("media").append(",\"media\":{\"payload\":\"");
}

std::string& StreamWriter::head(std::string_view event) {
  buffer_.assign("{\"event\":\"");
  buffer_.append(event).append("\",\"streamSid\":").append(sid_json_);
  return buffer_;
}

std::size_t StreamWriter::mediaSize(std::size_t bytes) const {
  return media_head_.size() + hks::base64Size(bytes) + kMediaTail.size();
}

std::string_view StreamWriter::media(std::string_view mulaw, char* to) const {
  char* end = to + media_head_.copy(to, media_head_.size());
  end = hks::encodeBase64(end, mulaw);
  end += kMediaTail.copy(end, kMediaTail.size());
  return {to, std::size_t(end - to)};
}

std::string_view StreamWriter::mark(std::string_view name) {
  head("mark").append(",\"mark\":{\"name\":");
  hks::json::quoteTo(buffer_, hks::utf8::clean(name));
  return buffer_.append("}}");
}

std::string_view StreamWriter::clear() { return head("clear").append("}"); }

}  // namespace hookswitch::twilio
