#include "tests/fakes/socket_faults.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace fakes {
namespace {

using nlohmann::json;

constexpr std::uint8_t kFin = 0x80, kText = 1, kPing = 9;

// Valid JSON that no client knows, padded to about `bytes`: it must be read over, whatever its size.
std::string paddedEvent(std::size_t bytes) {
  std::string text = R"({"type":"fake.padding","padding":")";
  if (bytes > text.size() + 2) text.append(bytes - text.size() - 2, 'x');
  return text + "\"}";
}

void fragment(Socket& socket, const json& args) {
  const std::string text = args.value("text", paddedEvent(300));
  const std::size_t pieces = std::max<std::size_t>(2, args.value("pieces", std::size_t{3}));
  const std::size_t each = text.size() / pieces;
  for (std::size_t i = 0; i < pieces; ++i) {
    const bool last = i + 1 == pieces;
    const std::string_view part = std::string_view(text).substr(i * each, last ? std::string::npos : each);
    socket.sendRaw(serverFrame(static_cast<std::uint8_t>((last ? kFin : 0) | (i == 0 ? kText : 0)), part));
    // A control frame between two fragments is legal (RFC 6455 §5.4).
    if (i == 0 && args.value("ping", true)) socket.sendRaw(serverFrame(kFin | kPing, "between"));
  }
}

}  // namespace

std::string serverFrame(std::uint8_t first, std::string_view payload) {
  std::string out(1, static_cast<char>(first));
  const std::size_t n = payload.size();
  if (n < 126) {
    out += static_cast<char>(n);
  } else {
    const int bytes = n < 65536 ? 2 : 8;
    out += static_cast<char>(bytes == 2 ? 126 : 127);
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(static_cast<std::uint64_t>(n) >> (8 * i) & 255);
  }
  return out.append(payload);
}

bool socketFault(Socket& socket, const std::string& name, const json& args) try {
  if (name == "drop") {
    socket.reset();
  } else if (name == "close") {
    socket.close(args.value("code", 1000U), args.value("reason", std::string()));
  } else if (name == "garbage") {
    socket.send(args.value("text", std::string("{\"type\": nonsense ]")));
  } else if (name == "half_frame") {
    socket.sendRaw(serverFrame(kFin | kText, std::string(1000, 'x')).substr(0, 100));
  } else if (name == "reserved_bits") {
    socket.sendRaw(serverFrame(0xF0 | kText, "{}"));
  } else if (name == "bad_utf8") {
    socket.sendRaw(serverFrame(kFin | kText, "{\"type\":\"\xC3\x28\"}"));
  } else if (name == "fragment") {
    fragment(socket, args);
  } else if (name == "big_frame") {
    socket.send(paddedEvent(args.value("bytes", std::size_t{2} << 20)));
  } else if (name == "ping") {
    socket.ping(args.value("payload", std::string("are you there")));
  } else if (name == "deaf") {
    socket.pauseReading(args.value("on", true));
  } else if (name == "send") {
    const bool text = !args.value("binary", false);
    if (args.contains("event"))
      socket.send(args.at("event").dump(), text);
    else
      socket.send(args.at("text").get<std::string>(), text);
  } else {
    return false;
  }
  return true;
} catch (const json::exception& e) {
  throw std::invalid_argument("command '" + name + "': " + e.what());
}

json ConnectionBook::dump() const {
  json codes = json::object();
  for (const auto& [code, count] : closes) codes[std::to_string(code)] = count;
  return {{"open", open}, {"most", most}, {"total", total}, {"refused", refused}, {"close_codes", codes}};
}

}  // namespace fakes
