#include "tests/bench/storm/websocket.hpp"

#include <openssl/evp.h>
#include <strings.h>

#include <charconv>
#include <cstring>

namespace storm {

namespace {

constexpr char kMaskKey[4] = {0x2b, 0x51, 0x0c, 0x77};  // a mask of no meaning costs the same as a random one

void mask(char* data, std::size_t size, const char* key) {
  std::uint64_t wide = 0;
  for (std::size_t i = 0; i < 8; ++i) reinterpret_cast<char*>(&wide)[i] = key[i % 4];
  std::size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    std::uint64_t part = 0;
    std::memcpy(&part, data + at, 8);
    part ^= wide;
    std::memcpy(data + at, &part, 8);
  }
  for (; at < size; ++at) data[at] = char(data[at] ^ key[at % 4]);
}

/// Writes the head so that it ends at `end`; returns where it begins.
char* putHead(char* end, unsigned opcode, std::size_t size, bool masked) {
  char head[14];
  std::size_t length = 2;
  head[0] = char(0x80 | opcode);
  if (size < 126) {
    head[1] = char(size);
  } else if (size < 65536) {
    head[1] = 126;
    head[2] = char(size >> 8), head[3] = char(size);
    length = 4;
  } else {
    head[1] = 127;
    for (int i = 0; i < 8; ++i) head[2 + i] = char(std::uint64_t(size) >> (56 - 8 * i));
    length = 10;
  }
  if (masked) {
    head[1] = char(head[1] | char(0x80));
    std::memcpy(head + length, kMaskKey, 4);
    length += 4;
  }
  std::memcpy(end - length, head, length);
  return end - length;
}

std::string accept(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE], base64[64];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  return {reinterpret_cast<char*>(base64), std::size_t(EVP_EncodeBlock(base64, digest, int(size)))};
}

}  // namespace

bool readFrame(char* data, std::size_t size, Frame& frame) {
  if (size < 2) return false;
  const auto* bytes = reinterpret_cast<const unsigned char*>(data);
  std::size_t head = 2, length = bytes[1] & 0x7f;
  const bool masked = bytes[1] & 0x80;
  if (length == 126) {
    if (size < 4) return false;
    length = std::size_t(bytes[2]) << 8 | bytes[3];
    head = 4;
  } else if (length == 127) {
    if (size < 10) return false;
    length = 0;
    for (int i = 0; i < 8; ++i) length = length << 8 | bytes[2 + i];
    head = 10;
  }
  const std::size_t key = head;
  if (masked) head += 4;
  if (size < head || size - head < length) return false;
  frame.opcode = bytes[0] & 0x0f;
  frame.whole = (bytes[0] & 0x80) && frame.opcode != 0;
  frame.payload = data + head;
  frame.size = length;
  frame.length = head + length;
  if (masked) mask(frame.payload, length, data + key);
  return true;
}

void Draft::addNumber(std::uint64_t number) {
  char* const at = bytes_ + kHead + size_;
  size_ += std::size_t(std::to_chars(at, at + 20, number).ptr - at);
}

void Draft::send(Wire& wire, bool masked) {
  char* const payload = bytes_ + kHead;
  char* const begin = putHead(payload, kText, size_, masked);
  if (masked) mask(payload, size_, kMaskKey);
  wire.send(begin, std::size_t(payload - begin) + size_);
}

Draft& draft() {
  static thread_local Draft one;
  return one;
}

void sendControl(Wire& wire, unsigned opcode, std::string_view payload, bool masked) {
  char bytes[14 + 125];
  const std::size_t size = payload.size() < 125 ? payload.size() : 125;
  payload.copy(bytes + 14, size);
  char* const begin = putHead(bytes + 14, opcode, size, masked);
  if (masked) mask(bytes + 14, size, kMaskKey);
  wire.send(begin, std::size_t(bytes + 14 - begin) + size);
}

std::string upgradeRequest(int port, std::string_view target) {
  std::string text = "GET ";
  text.append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1:").append(std::to_string(port));
  return text +
         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

std::string upgradeAnswer(std::string_view request) {
  constexpr std::string_view name = "\r\nSec-WebSocket-Key:";
  for (std::size_t at = request.find("\r\n"); at != std::string_view::npos; at = request.find("\r\n", at + 2)) {
    if (request.size() - at < name.size() || ::strncasecmp(request.data() + at, name.data(), name.size()) != 0)
      continue;
    std::string_view key = request.substr(at + name.size());
    key = key.substr(0, key.find('\r'));
    while (!key.empty() && key.front() == ' ') key.remove_prefix(1);
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
           accept(key) + "\r\n\r\n";
  }
  return {};
}

std::size_t headLength(std::string_view text) {
  const std::size_t end = text.find("\r\n\r\n");
  return end == std::string_view::npos ? 0 : end + 4;
}

}  // namespace storm
