// A TCP connection that never blocks, with TLS if it shall be: what is between a socket and whoever reads messages.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/storm/loop.hpp"

namespace storm {

/// A listening socket on a port of 127.0.0.1 that the system chooses; throws std::runtime_error.
int listenSomewhere(int& port);
/// Takes the next connection, or -1.
int acceptNext(int listener);
/// Begins to connect to 127.0.0.1; throws std::runtime_error.
int connectTo(int port);

class Wire {
 public:
  /// Owns `fd` and `ssl` (none: plain; else prepared by SSL_set_accept_state or SSL_set_connect_state).
  Wire(Loop& loop, Source& owner, int fd, SSL* ssl, bool connecting);
  ~Wire();
  Wire(const Wire&) = delete;

  /// What the events ask for: connecting, the TLS handshake, what could not be sent. False: the peer is gone.
  bool advance(std::uint32_t events);
  /// Reads what is there and hands it over: `take(char*, size_t)` may change the bytes and says how many it has used
  /// up; the others come again in front of what comes next. False: the peer is gone.
  template <class Take>
  bool receive(Take take);
  void send(const char* data, std::size_t size);
  void send(std::string_view text) { send(text.data(), text.size()); }
  void close();
  bool open() const { return fd_ >= 0; }
  std::size_t queued() const { return out_.size() - out_begin_; }
  bool resumed() const { return ssl_ && SSL_session_reused(ssl_) != 0; }

 private:
  static constexpr std::size_t kRoom = 256 * 1024;
  static char* room();  ///< of the thread: what is read is looked at before the next connection is read

  /// Bytes into `to`; 0: none now, -1: gone.
  long readSome(char* to, std::size_t size);
  long writeSome(const char* data, std::size_t size);
  bool flush();
  void want(bool write);

  Loop& loop_;
  Source& owner_;
  int fd_;
  SSL* ssl_;
  bool connecting_, shaking_, wants_write_ = false, gone_ = false;
  std::string rest_;  ///< the beginning of a message
  std::string out_;   ///< what the socket did not take
  std::size_t out_begin_ = 0;
};

template <class Take>
bool Wire::receive(Take take) {
  if (connecting_ || shaking_) return !gone_;
  char* const buffer = room();
  std::size_t filled = rest_.copy(buffer, rest_.size());
  for (;;) {
    const std::size_t asked = kRoom - filled;
    const long got = asked ? readSome(buffer + filled, asked) : -1;
    if (got < 0) return false;
    filled += std::size_t(got);
    // A plain socket that gave less than it was asked for is empty; of TLS that is known only when it says so.
    const bool more = ssl_ ? got > 0 && filled < kRoom - 20000 : std::size_t(got) == asked;
    if (more && filled < kRoom) continue;
    const std::size_t used = take(buffer, filled);
    if (!open()) return false;
    if (used == filled) {
      if (!rest_.empty()) rest_.clear();
      filled = 0;
    } else {
      rest_.assign(buffer + used, filled - used);
      filled = rest_.copy(buffer, rest_.size());
    }
    if (!more && (!ssl_ || got == 0)) return true;
  }
}

}  // namespace storm
