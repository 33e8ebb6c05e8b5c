#include "host/net/ws_codec.hpp"

#include "host/net/lent_buffer.hpp"
#include "host/net/utf8.hpp"
#include "host/net/ws_mask.hpp"

#include <algorithm>
#include <cstring>

namespace hookswitch::net {

namespace {

constexpr std::size_t kKeepCapacity = LentBuffer::size;
constexpr std::size_t kControlMax = 125;
constexpr std::uint8_t kContinuation = 0x0;

std::size_t utf8Floor(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text.size();
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return limit;
}

bool isControl(std::uint8_t opcode) { return (opcode & 0x8) != 0; }

}  // namespace

bool isSendableCloseCode(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

// ---------------------------------------------------------------------------------------------------- WsParser

struct WsParser::Frame {
  std::uint8_t opcode;
  bool fin;
  char* payload;
  std::size_t size;
};

WsParser::WsParser(WsRole role, std::size_t max_message_bytes) : role_(role), max_message_(max_message_bytes) {}

void WsParser::releaseConsumed() {
  if (assembled_out_) {
    assembled_out_ = false;
    assembled_.clear();
    if (assembled_.capacity() > kKeepCapacity) assembled_.shrink_to_fit();
  }
  if (begin_ == end_) begin_ = end_ = 0;
}

/// Afterwards there is no buffer. A lent one is known by its size: no buffer of our own has it.
void WsParser::giveBack() {
  if (capacity_ == LentBuffer::size)
    LentBuffer::give(std::move(buffer_));
  else
    buffer_.reset();
  capacity_ = 0;
}

/// The bytes that are buffered go into `larger`, to its beginning.
void WsParser::move(std::unique_ptr<char[]> larger, std::size_t capacity) {
  const std::size_t used = end_ - begin_;
  if (used > 0) std::memcpy(larger.get(), buffer_.get() + begin_, used);
  giveBack();
  buffer_ = std::move(larger);
  capacity_ = capacity;
  begin_ = 0;
  end_ = used;
}

void WsParser::rest() {
  releaseConsumed();
  const std::size_t used = end_ - begin_;
  if (used == 0) return giveBack();
  // The beginning of a frame: the thread's buffer is not to be waited for by everybody else.
  if (capacity_ == LentBuffer::size && used < LentBuffer::size) move(std::unique_ptr<char[]>(new char[used]), used);
}

WsParser::Space WsParser::prepare(std::size_t min_bytes) {
  releaseConsumed();
  const std::size_t used = end_ - begin_;
  if (used == 0 && capacity_ > kKeepCapacity && min_bytes <= kKeepCapacity) giveBack();
  if (capacity_ - end_ >= min_bytes) return {buffer_.get() + end_, capacity_ - end_};
  if (used + min_bytes <= LentBuffer::size && capacity_ < LentBuffer::size) {
    move(LentBuffer::take(), LentBuffer::size);
  } else if (capacity_ - used >= min_bytes && begin_ >= used) {
    // Moving is cheap here: at least as many bytes are freed as are moved.
    std::memcpy(buffer_.get(), buffer_.get() + begin_, used);
    begin_ = 0;
    end_ = used;
  } else {
    const std::size_t larger = std::max(used + min_bytes, std::min(capacity_ * 2, used + min_bytes + max_message_));
    const std::size_t own = larger == LentBuffer::size ? larger + 1 : larger;
    move(std::unique_ptr<char[]>(new char[own]), own);
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

void WsParser::commit(std::size_t bytes) {
  if (!finished_) end_ += bytes;
}

void WsParser::feed(std::string_view bytes) {
  if (bytes.empty() || finished_) return;
  std::memcpy(prepare(bytes.size()).data, bytes.data(), bytes.size());
  commit(bytes.size());
}

WsEvent WsParser::fail(std::uint16_t code, const char* sentence) {
  finished_ = true;
  begin_ = end_ = 0;
  WsEvent event;
  event.kind = WsEvent::Kind::error;
  event.code = code;
  event.payload = sentence;
  return event;
}

/// What is wrong with the first two bytes; NULL: nothing.
const char* WsParser::faultOf(const Frame& frame, unsigned first, unsigned second) const {
  const bool masked = (second & 0x80) != 0;
  if ((first & 0x70) != 0) return "A reserved bit is set and no extension was agreed";
  if ((frame.opcode > 0x2 && frame.opcode < 0x8) || frame.opcode > 0xA) return "The frame has an unknown opcode";
  if (masked != (role_ == WsRole::server))
    return masked ? "A frame of a server must not be masked" : "A frame of a client must be masked";
  if (isControl(frame.opcode)) {
    if (!frame.fin) return "A control frame must not be fragmented";
    return (second & 0x7F) > kControlMax ? "A control frame is longer than 125 bytes" : nullptr;
  }
  if (frame.opcode == kContinuation && !in_message_) return "A continuation frame has nothing to continue";
  if (frame.opcode != kContinuation && in_message_) return "A new message began inside a fragmented one";
  return nullptr;
}

/// The length, of a head of `header` bytes that are all here. What is wrong with it; NULL: nothing.
const char* WsParser::readLength(const unsigned char* head, std::size_t header, std::uint64_t& length) {
  length = head[1] & 0x7F;
  if (header == 2) return nullptr;
  length = 0;
  for (std::size_t i = 2; i < header; ++i) length = length << 8 | head[i];
  if (length >> 63 != 0) return "The frame's length has its highest bit set";
  return length < (header == 4 ? 126 : 0x10000) ? "The frame's length is not in its shortest form" : nullptr;
}

WsParser::Step WsParser::readFrame(Frame& frame, WsEvent& event) {
  const std::size_t have = end_ - begin_;
  if (have < 2) return Step::incomplete;
  auto refuse = [&](std::uint16_t code, const char* sentence) {
    event = fail(code, sentence);
    return Step::failed;
  };

  const auto* head = reinterpret_cast<const unsigned char*>(buffer_.get() + begin_);
  frame.fin = (head[0] & 0x80) != 0;
  frame.opcode = head[0] & 0x0F;
  if (const char* fault = faultOf(frame, head[0], head[1])) return refuse(ws_close::protocol_error, fault);

  const unsigned short_length = head[1] & 0x7F;
  std::size_t header = short_length == 126 ? 4 : short_length == 127 ? 10 : 2;
  if (have < header) return Step::incomplete;
  std::uint64_t length = 0;
  if (const char* fault = readLength(head, header, length)) return refuse(ws_close::protocol_error, fault);
  const std::size_t already = in_message_ && !isControl(frame.opcode) ? assembled_.size() : 0;
  if (!isControl(frame.opcode) && length > max_message_ - already)
    return refuse(ws_close::too_big, "The message is larger than this end accepts");

  const bool masked = (head[1] & 0x80) != 0;
  const std::size_t mask_at = header;
  if (masked) header += 4;
  if (have < header || have - header < length) return Step::incomplete;

  frame.payload = buffer_.get() + begin_ + header;
  frame.size = static_cast<std::size_t>(length);
  if (masked) wsApplyMask(frame.payload, frame.payload, frame.size, head + mask_at);
  begin_ += header + frame.size;
  return Step::ready;
}

bool WsParser::dataFrame(const Frame& frame, WsEvent& event) {
  const bool whole = frame.opcode != kContinuation && frame.fin;
  const std::string_view payload(frame.payload, frame.size);
  if (frame.opcode != kContinuation) {
    message_text_ = frame.opcode == static_cast<std::uint8_t>(WsOpcode::text);
    in_message_ = !frame.fin;
  }
  if (!whole) {
    assembled_.append(payload);
    if (!frame.fin) return false;
    in_message_ = false;
    assembled_out_ = true;
  }
  event.kind = WsEvent::Kind::message;
  event.text = message_text_;
  event.payload = whole ? payload : std::string_view(assembled_);
  if (event.text && !isUtf8(event.payload)) event = fail(ws_close::bad_data, "A text message is not valid UTF-8");
  return true;
}

void WsParser::controlFrame(const Frame& frame, WsEvent& event) {
  event.payload = std::string_view(frame.payload, frame.size);
  if (frame.opcode != static_cast<std::uint8_t>(WsOpcode::close)) {
    event.kind = frame.opcode == static_cast<std::uint8_t>(WsOpcode::ping) ? WsEvent::Kind::ping : WsEvent::Kind::pong;
    return;
  }
  event.kind = WsEvent::Kind::close;
  event.code = ws_close::none;
  if (frame.size == 1) {
    event = fail(ws_close::protocol_error, "A close frame has half a code");
    return;
  }
  if (frame.size >= 2) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(frame.payload);
    event.code = static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
    event.payload.remove_prefix(2);
    if (!isSendableCloseCode(event.code)) {
      event = fail(ws_close::protocol_error, "A close frame has a code that must not be sent");
      return;
    }
    if (!isUtf8(event.payload)) {
      event = fail(ws_close::bad_data, "The reason in a close frame is not valid UTF-8");
      return;
    }
  }
  finished_ = true;  // whatever follows a close frame is not looked at
  begin_ = end_;
}

WsEvent WsParser::next() {
  releaseConsumed();
  WsEvent event;
  while (!finished_) {
    Frame frame{};
    const Step step = readFrame(frame, event);
    if (step != Step::ready) return event;
    if (isControl(frame.opcode)) {
      controlFrame(frame, event);
      return event;
    }
    if (dataFrame(frame, event)) return event;
  }
  return event;
}

// ---------------------------------------------------------------------------------------------------- WsWriter

/// The head of a final frame without its mask; `to` has room for 10 bytes. Returns its end.
char* WsWriter::head(char* to, WsOpcode opcode, std::size_t size) const {
  const unsigned mask_bit = role_ == WsRole::client ? 0x80 : 0;
  *to++ = static_cast<char>(0x80 | static_cast<unsigned>(opcode));
  if (size < 126) {
    *to++ = static_cast<char>(mask_bit | size);
    return to;
  }
  const int bytes = size <= 0xFFFF ? 2 : 8;
  *to++ = static_cast<char>(mask_bit | (bytes == 2 ? 126U : 127U));
  for (int i = bytes - 1; i >= 0; --i) *to++ = static_cast<char>((static_cast<std::uint64_t>(size) >> (8 * i)) & 0xFF);
  return to;
}

void WsWriter::frame(std::string& out, WsOpcode opcode, std::initializer_list<std::string_view> parts) const {
  std::size_t size = 0;
  for (std::string_view part : parts) size += part.size();
  char head[14];
  char* end = this->head(head, opcode, size);
  unsigned char key[4];
  const bool masked = role_ == WsRole::client;
  if (masked) {
    wsNewMask(key);
    end = std::copy(key, key + sizeof key, end);
  }
  const std::size_t start = out.size(), length = std::size_t(end - head), whole = start + length + size;
  // Growing to exactly the need on every frame would copy the queue over and over.
  if (out.capacity() < whole) out.reserve(std::max(whole, out.capacity() * 2));
  out.resize(whole);
  char* const body = std::copy(head, end, out.data() + start);
  if (masked && parts.size() == 1) return wsApplyMask(body, parts.begin()->data(), size, key);
  char* to = body;
  for (std::string_view part : parts) to += part.copy(to, part.size());
  if (masked) wsApplyMask(body, body, size, key);
}

void WsWriter::ping(std::string& out, std::string_view payload) const {
  frame(out, WsOpcode::ping, {payload.substr(0, kControlMax)});
}

void WsWriter::pong(std::string& out, std::string_view payload) const {
  frame(out, WsOpcode::pong, {payload.substr(0, kControlMax)});
}

void WsWriter::close(std::string& out, std::uint16_t code, std::string_view reason) const {
  if (!isSendableCloseCode(code)) {
    frame(out, WsOpcode::close, {});
    return;
  }
  const char bytes[2] = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  frame(out, WsOpcode::close, {std::string_view(bytes, 2), reason.substr(0, utf8Floor(reason, kControlMax - 2))});
}

}  // namespace hookswitch::net
