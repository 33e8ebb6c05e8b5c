// Whatever the writer is given, the parser of the other end understands.
// Input: byte 0: role (bit 0) and opcode; byte 1 and 2: a close code; then the payload.
#include "host/net/ws_codec.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace hookswitch::net;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const WsRole role = (data[0] & 1) != 0 ? WsRole::client : WsRole::server;
  const std::string_view payload(reinterpret_cast<const char*>(data + 3), size - 3);
  const auto code = static_cast<std::uint16_t>(data[1] << 8 | data[2]);
  const WsWriter writer(role);
  std::string wire;
  switch (data[0] >> 1 & 3) {
    case 0: writer.binary(wire, payload); break;
    case 1: writer.ping(wire, payload); break;
    case 2: writer.close(wire, code, payload); break;
    default:
      writer.frame(wire, WsOpcode::binary, {payload.substr(0, payload.size() / 3), payload.substr(payload.size() / 3)});
  }
  WsParser parser(role == WsRole::client ? WsRole::server : WsRole::client, size);
  parser.feed(wire);
  const WsEvent event = parser.next();
  switch (data[0] >> 1 & 3) {
    case 1: require(event.kind == WsEvent::Kind::ping && event.payload == payload.substr(0, 125)); break;
    case 2:
      // A reason that is not UTF-8 is the caller's fault and refused by the other end; the frame is well-formed.
      if (event.kind == WsEvent::Kind::error) {
        require(event.code == ws_close::bad_data);
        return 0;
      }
      require(event.kind == WsEvent::Kind::close);
      require(event.code == (isSendableCloseCode(code) ? code : ws_close::none));
      require(payload.substr(0, event.payload.size()) == event.payload);
      break;
    default: require(event.kind == WsEvent::Kind::message && !event.text && event.payload == payload); break;
  }
  require(parser.next().kind == WsEvent::Kind::needMore && parser.buffered() == 0);
  return 0;
}
