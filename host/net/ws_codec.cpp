#include "host/net/ws_codec.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace hookswitch::net {

namespace {

constexpr std::size_t kKeepCapacity = 16 * 1024;
constexpr std::size_t kControlMax = 125;
constexpr std::size_t kBase64Key = 24;  ///< 16 bytes in base64
constexpr std::uint8_t kContinuation = 0x0;

/// Masking keys must not be predictable by whoever chooses the payload (RFC 6455 §10.3), so they come from OpenSSL's
/// generator, a few hundred at a time because a call for each would cost more than the masking.
class MaskSource {
 public:
  void next(unsigned char key[4]) {
    if (used_ + 4 > pool_.size()) {
      if (RAND_bytes(pool_.data(), static_cast<int>(pool_.size())) != 1)
        throw std::runtime_error("OpenSSL has no random numbers");
      used_ = 0;
    }
    std::memcpy(key, pool_.data() + used_, 4);
    used_ += 4;
  }

 private:
  std::array<unsigned char, 1024> pool_{};
  std::size_t used_ = 1024;
};

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

void wsApplyMask(char* data, std::size_t size, const unsigned char key[4]) {
  unsigned char twice[8];
  std::memcpy(twice, key, 4);
  std::memcpy(twice + 4, key, 4);
  std::uint64_t wide;
  std::memcpy(&wide, twice, 8);
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, data + i, 8);
    word ^= wide;
    std::memcpy(data + i, &word, 8);
  }
  for (; i < size; ++i) data[i] = static_cast<char>(static_cast<unsigned char>(data[i]) ^ key[i & 3]);
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

WsParser::Space WsParser::prepare(std::size_t min_bytes) {
  releaseConsumed();
  if (begin_ == end_ && capacity_ > kKeepCapacity && min_bytes <= kKeepCapacity) {
    buffer_.reset();
    capacity_ = 0;
  }
  if (capacity_ - end_ < min_bytes) {
    const std::size_t used = end_ - begin_;
    if (capacity_ - used >= min_bytes && begin_ >= used) {
      // Moving is cheap here: at least as many bytes are freed as are moved.
      std::memcpy(buffer_.get(), buffer_.get() + begin_, used);
    } else {
      const std::size_t larger = std::max(used + min_bytes, std::min(capacity_ * 2, used + min_bytes + max_message_));
      std::unique_ptr<char[]> moved(new char[larger]);
      if (used > 0) std::memcpy(moved.get(), buffer_.get() + begin_, used);
      buffer_ = std::move(moved);
      capacity_ = larger;
    }
    begin_ = 0;
    end_ = used;
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
  const bool masked = (head[1] & 0x80) != 0;
  const unsigned short_length = head[1] & 0x7F;

  if ((head[0] & 0x70) != 0)
    return refuse(ws_close::protocol_error, "A reserved bit is set and no extension was agreed");
  if ((frame.opcode > 0x2 && frame.opcode < 0x8) || frame.opcode > 0xA)
    return refuse(ws_close::protocol_error, "The frame has an unknown opcode");
  if (masked != (role_ == WsRole::server))
    return refuse(ws_close::protocol_error,
                  masked ? "A frame of a server must not be masked" : "A frame of a client must be masked");
  if (isControl(frame.opcode)) {
    if (!frame.fin) return refuse(ws_close::protocol_error, "A control frame must not be fragmented");
    if (short_length > kControlMax) return refuse(ws_close::protocol_error, "A control frame is longer than 125 bytes");
  } else if (frame.opcode == kContinuation && !in_message_) {
    return refuse(ws_close::protocol_error, "A continuation frame has nothing to continue");
  } else if (frame.opcode != kContinuation && in_message_) {
    return refuse(ws_close::protocol_error, "A new message began inside a fragmented one");
  }

  std::size_t header = 2;
  std::uint64_t length = short_length;
  if (short_length == 126) {
    if (have < 4) return Step::incomplete;
    length = static_cast<std::uint64_t>(head[2]) << 8 | head[3];
    header = 4;
    if (length < 126) return refuse(ws_close::protocol_error, "The frame's length is not in its shortest form");
  } else if (short_length == 127) {
    if (have < 10) return Step::incomplete;
    length = 0;
    for (int i = 2; i < 10; ++i) length = length << 8 | head[i];
    header = 10;
    if (length >> 63 != 0) return refuse(ws_close::protocol_error, "The frame's length has its highest bit set");
    if (length <= 0xFFFF) return refuse(ws_close::protocol_error, "The frame's length is not in its shortest form");
  }
  const std::size_t already = in_message_ && !isControl(frame.opcode) ? assembled_.size() : 0;
  if (!isControl(frame.opcode) && length > max_message_ - already)
    return refuse(ws_close::too_big, "The message is larger than this end accepts");

  const std::size_t mask_at = header;
  if (masked) header += 4;
  if (have < header || have - header < length) return Step::incomplete;

  frame.payload = buffer_.get() + begin_ + header;
  frame.size = static_cast<std::size_t>(length);
  if (masked) wsApplyMask(frame.payload, frame.size, head + mask_at);
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
  if (event.text && !simdjson::validate_utf8(event.payload.data(), event.payload.size()))
    event = fail(ws_close::bad_data, "A text message is not valid UTF-8");
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
    if (!simdjson::validate_utf8(event.payload.data(), event.payload.size())) {
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

void WsWriter::frame(std::string& out, WsOpcode opcode, std::initializer_list<std::string_view> parts) const {
  std::size_t size = 0;
  for (std::string_view part : parts) size += part.size();

  char header[14];
  std::size_t length = 2;
  const unsigned mask_bit = role_ == WsRole::client ? 0x80 : 0;
  header[0] = static_cast<char>(0x80 | static_cast<unsigned>(opcode));
  if (size < 126) {
    header[1] = static_cast<char>(mask_bit | size);
  } else {
    const int bytes = size <= 0xFFFF ? 2 : 8;
    header[1] = static_cast<char>(mask_bit | (bytes == 2 ? 126U : 127U));
    for (int i = bytes - 1; i >= 0; --i)
      header[length++] = static_cast<char>((static_cast<std::uint64_t>(size) >> (8 * i)) & 0xFF);
  }
  unsigned char key[4] = {};
  if (mask_bit != 0) {
    thread_local MaskSource masks;
    masks.next(key);
    std::memcpy(header + length, key, 4);
    length += 4;
  }
  const std::size_t start = out.size() + length;
  // Growing to exactly the need on every frame would copy the queue over and over.
  if (out.capacity() < start + size) out.reserve(std::max(start + size, out.capacity() * 2));
  out.append(header, length);
  for (std::string_view part : parts) out.append(part);
  if (mask_bit != 0) wsApplyMask(out.data() + start, size, key);
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

// ---------------------------------------------------------------------------------------------------- handshake

std::string wsAcceptFor(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // fixed by RFC 6455 §1.3
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  unsigned char base64[4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1];
  const int length = EVP_EncodeBlock(base64, digest, SHA_DIGEST_LENGTH);
  return std::string(reinterpret_cast<const char*>(base64), static_cast<std::size_t>(length));
}

std::string wsNewKey() {
  unsigned char random[16];
  if (RAND_bytes(random, sizeof random) != 1) throw std::runtime_error("OpenSSL has no random numbers");
  unsigned char base64[kBase64Key + 1];
  EVP_EncodeBlock(base64, random, sizeof random);
  return std::string(reinterpret_cast<const char*>(base64), kBase64Key);
}

bool wsKeyIsValid(std::string_view key) {
  if (key.size() != kBase64Key || key.substr(22) != "==") return false;
  return std::all_of(key.begin(), key.begin() + 22, [](unsigned char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  });
}

}  // namespace hookswitch::net
