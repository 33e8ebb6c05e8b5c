// The WebSocket parser against arbitrary bytes: however they are cut, the events are the same and within the limits.
// Input: byte 0: bit 0 our role, the rest how the stream is cut; then the stream.
#include "host/net/ws_codec.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace hookswitch::net;

namespace {

constexpr std::size_t kMax = 4096;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Event {
  WsEvent::Kind kind;
  bool text;
  std::uint16_t code;
  std::string payload;
  bool operator==(const Event& o) const {
    return kind == o.kind && text == o.text && code == o.code && payload == o.payload;
  }
};

std::vector<Event> parse(WsRole role, std::string_view stream, std::size_t step) {
  WsParser parser(role, kMax);
  std::vector<Event> events;
  while (!stream.empty()) {
    const std::size_t size = std::min(step, stream.size());
    parser.feed(stream.substr(0, size));
    stream.remove_prefix(size);
    for (WsEvent e = parser.next(); e.kind != WsEvent::Kind::needMore; e = parser.next()) {
      require(e.payload.size() <= kMax);
      if (e.kind == WsEvent::Kind::error) require(isSendableCloseCode(e.code) && !e.payload.empty());
      if (e.kind == WsEvent::Kind::ping || e.kind == WsEvent::Kind::pong) require(e.payload.size() <= 125);
      require(events.empty() ||
              (events.back().kind != WsEvent::Kind::close && events.back().kind != WsEvent::Kind::error));
      events.push_back({e.kind, e.text, e.code, std::string(e.payload)});
    }
  }
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const WsRole role = (data[0] & 1) != 0 ? WsRole::client : WsRole::server;
  const std::string_view stream(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::vector<Event> whole = parse(role, stream, stream.size() + 1);
  require(whole == parse(role, stream, 1));
  require(whole == parse(role, stream, std::size_t{1} + (data[0] >> 1)));
  return 0;
}
