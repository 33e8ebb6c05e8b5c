// WebSocket as both ends of a benchmark need it: one frame a message, no extensions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/storm/wire.hpp"

namespace storm {

constexpr unsigned kText = 1, kClose = 8, kPing = 9, kPong = 10;

struct Frame {
  unsigned opcode = 0;
  bool whole = true;  ///< not a fragment
  char* payload = nullptr;
  std::size_t size = 0;
  std::size_t length = 0;  ///< of the frame, with its head
};

/// The frame at the beginning of `data`, unmasked in place; false when it is not all there.
bool readFrame(char* data, std::size_t size, Frame& frame);

/// A message that is put together behind room for its head.
class Draft {
 public:
  void begin() { size_ = 0; }
  void add(std::string_view text) {
    if (text.size() > sizeof bytes_ - kHead - size_) return;  // no message of a benchmark is that long
    text.copy(bytes_ + kHead + size_, text.size());
    size_ += text.size();
  }
  void addNumber(std::uint64_t number);
  /// Where `size` bytes can be written that then belong to it.
  char* grow(std::size_t size) {
    char* const at = bytes_ + kHead + size_;
    size_ += size;
    return at;
  }
  /// As a text frame; `masked` as clients do. It is spoilt then.
  void send(Wire& wire, bool masked);

 private:
  static constexpr std::size_t kHead = 16;
  std::size_t size_ = 0;
  char bytes_[kHead + 128 * 1024];
};

Draft& draft();  ///< of the thread

void sendControl(Wire& wire, unsigned opcode, std::string_view payload, bool masked);

/// What has come, message by message: pings are answered, masked as clients do; `says` gets the others, `over()` is the
/// peer's good-bye. The bytes that are used up.
template <class Says, class Over>
std::size_t readMessages(Wire& wire, char* data, std::size_t size, bool masked, Says says, Over over) {
  std::size_t used = 0;
  Frame frame;
  while (wire.open() && readFrame(data + used, size - used, frame)) {
    used += frame.length;
    const std::string_view text(frame.payload, frame.size);
    if (frame.opcode == kText && frame.whole)
      says(text);
    else if (frame.opcode == kPing)
      sendControl(wire, kPong, text, masked);
    else if (frame.opcode == kClose)
      over();
  }
  return used;
}

std::string upgradeRequest(int port, std::string_view target);
/// The answer to an upgrade request (with its head to the empty line); empty when it is none.
std::string upgradeAnswer(std::string_view request);
/// The length of the head up to and with the empty line; 0 when it is not all there.
std::size_t headLength(std::string_view text);

}  // namespace storm
