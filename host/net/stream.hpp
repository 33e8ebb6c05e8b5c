// A connected byte stream: an owned descriptor and, over TLS, an owned SSL*.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "host/base/lived_clock.hpp"

struct ssl_st;  // OpenSSL's SSL

namespace hookswitch::net {

using Clock = base::LivedClock;  ///< a deadline is a judgement of the peer
using Deadline = Clock::time_point;

inline Deadline deadlineIn(std::uint32_t ms) { return Clock::now() + std::chrono::milliseconds(ms); }
/// Whole milliseconds until the deadline, rounded up; 0 when it has passed.
int remainingMs(Deadline deadline);

enum class IoStatus : std::uint8_t {
  done = 1,       ///< `bytes` were moved; write: perhaps fewer than asked
  wantRead = 2,   ///< wait until fd() is readable, then repeat the same call
  wantWrite = 3,  ///< wait until fd() is writable, then repeat the same call
  closed = 4,     ///< the peer ended the connection (orderly, reset or cut: no difference)
  failed = 5,     ///< error() says why
  timedOut = 6,   ///< only from the calls that take a deadline
};

struct IoResult {
  IoStatus status = IoStatus::failed;
  std::size_t bytes = 0;
};

/// Lives on one thread at a time; hand it over by moving the unique_ptr. The descriptor is non-blocking from the
/// constructor on, with TCP_NODELAY. No call throws, none raises SIGPIPE. The destructor closes without a word; say
/// good-bye with shutdown() first.
///
/// On TLS a read may want writability and the reverse; and decrypted bytes raise no epoll event: after adopting a
/// stream, and after every readable event, read until wantRead.
class Stream {
 public:
  /// Takes both. `ssl` null: plain TCP. `ssl` must not have a BIO yet; set connect or accept state before.
  explicit Stream(int fd, ssl_st* ssl = nullptr);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // ---- non-blocking [loop]
  IoResult read(char* data, std::size_t size);         ///< size > 0; done carries 1..size bytes
  IoResult write(const char* data, std::size_t size);  ///< size > 0; a repeat may use another buffer, not fewer bytes
  IoResult handshake();                                ///< done: finished (at once on plain TCP)
  /// Bytes that are decrypted already: read() will return them without the socket becoming readable.
  bool pendingDecrypted() const;
  /// One attempt at close_notify, then FIN. Reading stays possible. Never waits.
  void shutdown();
  /// Close now; with `reset` the peer gets an RST. fd() is -1 afterwards.
  void close(bool reset = false);

  // ---- blocking until a deadline [io]
  IoResult readBy(char* data, std::size_t size, Deadline deadline);
  /// All of it, or the first thing that went wrong; `bytes` is what had been accepted by then.
  IoResult writeAllBy(std::string_view data, Deadline deadline);
  IoResult handshakeBy(Deadline deadline);

  int fd() const { return fd_; }
  bool tls() const { return ssl_ != nullptr; }
  /// Sentence fragment about the last `failed`, or about `closed` during a handshake. Empty otherwise.
  const std::string& error() const { return error_; }
  /// Textual address without port, "" once closed; IPv4-mapped IPv6 is given as IPv4.
  const std::string& peerIp() const { return peer_ip_; }

 private:
  template <typename Call>
  IoResult sslCall(Call call);
  template <typename Call>
  IoResult repeatBy(Deadline deadline, Call call);
  IoResult fail(std::string sentence);

  int fd_;
  ssl_st* ssl_;
  bool ssl_broken_ = false;  ///< a fatal TLS error happened: SSL_shutdown must not be called
  std::string peer_ip_;
  std::string error_;
};

/// Wait until fd is readable/writable. False when the deadline has passed. [io]
bool waitFd(int fd, bool for_write, Deadline deadline);

}  // namespace hookswitch::net
