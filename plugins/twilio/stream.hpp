// Media Streams messages (twilio.md §5): read with simdjson on demand, written by appending. [loop]
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::twilio {

enum class StreamEvent : std::uint8_t {
  connected = 1,
  start = 2,
  media = 3,
  dtmf = 4,
  mark = 5,
  stop = 6,
  other = 7,    ///< well-formed, not known here: to be ignored
  invalid = 8,  ///< not a JSON object with an event, or a known event without what it must have
};

/// One message. The views are valid until the next message is read on the same thread; what the message does not say is
/// empty, zero or false.
struct StreamMessage {
  StreamEvent event = StreamEvent::invalid;
  std::string_view stream_sid;
  // start
  std::string_view account_sid, call_sid, encoding, gw_call;
  std::uint64_t sample_rate = 0, channels = 0;
  bool has_gw_call = false, has_format = false;
  // media
  std::string_view track, payload;
  std::uint64_t timestamp_ms = 0;
  // dtmf, mark
  std::string_view digit, name;
};

/// Numbers are accepted as numbers and as strings. Parser and buffers are the thread's: all its streams read with them,
/// and no message of the usual size allocates. [any]
class StreamReader {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024;  ///< of one message; Twilio's own have about 400

  static const StreamMessage& read(std::string_view json);

 private:
  struct Impl;
};

/// Exactly the three messages that Twilio takes, with exactly their fields: one more, and Twilio drops the message
/// (error 31951). The buffer is reused: a result is valid until the next call; that of media() is where the caller
/// says.
class StreamWriter {
 public:
  void begin(std::string_view stream_sid);
  std::size_t mediaSize(std::size_t bytes) const;
  /// Into `to`, which has room for mediaSize() of it.
  std::string_view media(std::string_view mulaw, char* to) const;
  std::string_view mark(std::string_view name);
  std::string_view clear();

 private:
  std::string& head(std::string_view event);
  std::string sid_json_, media_head_, buffer_;
};

}  // namespace hookswitch::twilio
