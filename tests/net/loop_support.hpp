// The far end of a WebSocket on a socket pair, beside a loop that tests can ask.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "host/net/stream.hpp"
#include "host/net/ws_codec.hpp"
#include "tests/base/loop_support.hpp"

namespace loop_test {

using namespace hookswitch;

/// A pair of connected sockets: one for the host as a stream, one for the test.
inline std::unique_ptr<net::Stream> socketPair(int& ours) {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return nullptr;
  ours = fds[0];
  return std::make_unique<net::Stream>(fds[1]);
}

/// The far end, blocking. By default a client, so that the host is the server.
class Peer {
 public:
  explicit Peer(int fd = -1, net::WsRole role = net::WsRole::client)
      : fd_(fd), parser_(role, 32 << 20), writer_(role) {}
  ~Peer() { close(); }
  Peer(const Peer&) = delete;
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

  /// False when the host did not take all of it: it has closed, and whoever sends hears of that before it reads.
  bool raw(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(std::size_t(n));
    }
    return true;
  }
  void text(std::string_view payload) {
    frame([&](std::string& out) { writer_.text(out, payload); });
  }
  void binary(std::string_view payload) {
    frame([&](std::string& out) { writer_.binary(out, payload); });
  }
  void ping(std::string_view payload) {
    frame([&](std::string& out) { writer_.ping(out, payload); });
  }
  void closeFrame(std::uint16_t code, std::string_view reason = {}) {
    frame([&](std::string& out) { writer_.close(out, code, reason); });
  }
  template <class F>
  void frame(F write) {
    std::string out;
    write(out);
    raw(out);
  }

  /// "text hello", "binary ...", "ping x", "pong x", "close 1000 reason", "error ...", "end" when the socket is closed,
  /// "reset" when that threw away what we had sent, "silence" when nothing comes for unreasonably long.
  std::string next() {
    for (;;) {
      const net::WsEvent e = parser_.next();
      const std::string payload(e.payload);
      switch (e.kind) {
        case net::WsEvent::Kind::message: return (e.text ? "text " : "binary ") + payload;
        case net::WsEvent::Kind::ping: return "ping " + payload;
        case net::WsEvent::Kind::pong: return "pong " + payload;
        case net::WsEvent::Kind::close:
          return "close " + std::to_string(e.code) + (payload.empty() ? "" : " " + payload);
        case net::WsEvent::Kind::error: return "error " + payload;
        case net::WsEvent::Kind::needMore: break;
      }
      pollfd p{fd_, POLLIN, 0};
      if (::poll(&p, 1, 20'000) != 1) return "silence";
      char buffer[65536];
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n < 0) return "reset";
      if (n == 0) return "end";
      if (parser_.finished()) after_close_ += std::size_t(n);
      parser_.feed(std::string_view(buffer, std::size_t(n)));
    }
  }
  /// Bytes that followed the close frame.
  std::size_t afterClose() const { return after_close_; }
  int fd() const { return fd_; }

 private:
  int fd_;
  net::WsParser parser_;
  net::WsWriter writer_;
  std::size_t after_close_ = 0;
};

}  // namespace loop_test
