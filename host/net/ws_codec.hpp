// RFC 6455 frames: an incremental parser and a writer. Pure: no socket, no clock, no thread of its own.
//
// One parser and one writer belong to one connection and live wherever that connection lives [loop]; neither is
// thread-safe. They throw nothing but std::bad_alloc and, when OpenSSL cannot give random numbers, std::runtime_error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace hookswitch::net {

/// Which end of the connection WE are. A server receives masked frames and sends plain ones, a client the reverse.
enum class WsRole : std::uint8_t { server = 1, client = 2 };

/// Opcodes of RFC 6455 §5.2 that can be sent.
enum class WsOpcode : std::uint8_t { text = 0x1, binary = 0x2, close = 0x8, ping = 0x9, pong = 0xA };

/// Close codes used here, RFC 6455 §7.4.1.
namespace ws_close {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t none = 1005;      ///< the peer's close frame carried no code; never sent
inline constexpr std::uint16_t abnormal = 1006;  ///< the connection ended without a close frame; never sent
inline constexpr std::uint16_t bad_data = 1007;
inline constexpr std::uint16_t policy = 1008;
inline constexpr std::uint16_t too_big = 1009;
inline constexpr std::uint16_t internal = 1011;
}  // namespace ws_close

/// May this code stand in a close frame on the wire? (1000-1003, 1007-1014, 3000-4999)
bool isSendableCloseCode(std::uint16_t code);

/// What WsParser::next() found. `payload` points into the parser: valid until its next non-const call.
struct WsEvent {
  enum class Kind : std::uint8_t {
    needMore = 1,  ///< nothing complete is buffered: receive, then call next() again
    message = 2,   ///< a whole message, reassembled and (text) valid UTF-8
    ping = 3,      ///< answer with pong and the same payload
    pong = 4,
    close = 5,  ///< `code` (1005: none given), `payload` is the reason; the parser is finished
    error = 6,  ///< the peer broke the protocol: close with `code`; `payload` is a sentence; finished
  };
  Kind kind = Kind::needMore;
  bool text = false;       ///< message: text (true) or binary (false)
  std::uint16_t code = 0;  ///< close and error
  std::string_view payload;
};

/// Incremental parser over its own receive buffer.
///
///   WsParser parser(WsRole::client, 1 << 20);
///   auto space = parser.prepare();                     // receive straight into the buffer ...
///   IoResult got = stream.read(space.data, space.size);
///   parser.commit(got.bytes);                          // ... or feed() a copy
///   for (WsEvent e = parser.next(); e.kind != WsEvent::Kind::needMore; e = parser.next()) ...
///
/// After `close` or `error` next() returns needMore for ever and further bytes are dropped.
/// Memory: at most max_message_bytes for the frame being received, as much again for a fragmented message, and the
/// receive slack. Frames up to 16 KiB are received into the thread's own buffer (LentBuffer); after rest() a parser
/// keeps what is half received and nothing else.
class WsParser {
 public:
  struct Space {
    char* data;
    std::size_t size;
  };

  /// max_message_bytes: the largest message accepted, after reassembly; beyond it: error 1009.
  WsParser(WsRole role, std::size_t max_message_bytes);
  WsParser(const WsParser&) = delete;
  WsParser& operator=(const WsParser&) = delete;

  /// Writable space of at least `min_bytes` (> 0) at the end of the buffer. Invalidates the last event's payload.
  Space prepare(std::size_t min_bytes = 4096);
  /// `bytes` of the last prepare() were filled; bytes <= Space::size.
  void commit(std::size_t bytes);
  /// prepare + copy + commit: for bytes that were received elsewhere (what followed a handshake).
  void feed(std::string_view bytes);

  WsEvent next();

  /// Nothing more is received for now: what is not needed until then is given back. Invalidates the last event's
  /// payload.
  void rest();

  bool finished() const { return finished_; }
  std::size_t buffered() const { return end_ - begin_; }

 private:
  struct Frame;
  enum class Step : std::uint8_t { incomplete = 1, ready = 2, failed = 3 };
  Step readFrame(Frame& frame, WsEvent& event);
  const char* faultOf(const Frame& frame, unsigned first, unsigned second) const;
  static const char* readLength(const unsigned char* head, std::size_t header, std::uint64_t& length);
  bool dataFrame(const Frame& frame, WsEvent& event);
  void controlFrame(const Frame& frame, WsEvent& event);
  WsEvent fail(std::uint16_t code, const char* sentence);
  void releaseConsumed();
  void giveBack();
  void move(std::unique_ptr<char[]> larger, std::size_t capacity);

  WsRole role_;
  bool finished_ = false;
  bool in_message_ = false;     ///< a fragmented message has begun
  bool message_text_ = false;   ///< ... and is text
  bool assembled_out_ = false;  ///< assembled_ was handed out by the last event: empty it first
  std::size_t max_message_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
  std::string assembled_;  ///< fragments so far
};

/// Appends frames to an output buffer. Role client masks every frame with a fresh key from OpenSSL's generator.
class WsWriter {
 public:
  explicit WsWriter(WsRole role) : role_(role) {}

  void text(std::string& out, std::string_view payload) const { frame(out, WsOpcode::text, {payload}); }
  void binary(std::string& out, std::string_view payload) const { frame(out, WsOpcode::binary, {payload}); }
  /// payload: at most 125 bytes, cut beyond.
  void ping(std::string& out, std::string_view payload = {}) const;
  void pong(std::string& out, std::string_view payload = {}) const;
  /// code: see isSendableCloseCode(); any other value writes an empty close frame. reason: UTF-8, cut to 123 bytes at
  /// a character's boundary.
  void close(std::string& out, std::uint16_t code, std::string_view reason = {}) const;
  /// One final frame whose payload is `parts` in order: saves building the payload first.
  void frame(std::string& out, WsOpcode opcode, std::initializer_list<std::string_view> parts) const;

 private:
  char* head(char* to, WsOpcode opcode, std::size_t size) const;
  WsRole role_;
};

}  // namespace hookswitch::net
