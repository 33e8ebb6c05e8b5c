// What the tests of host/net share: a raw peer, a scripted server, a certificate made on the spot.
#pragma once

#include "host/net/stream.hpp"
#include "host/net/tls.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/folder.hpp"

namespace net_test {

using namespace hookswitch::net;

/// Nothing in these tests takes this long; it turns a hang into a failure.
inline Deadline patience() { return deadlineIn(20'000); }

/// One end of a TCP connection that says and expects exact bytes, blocking.
class Peer {
 public:
  explicit Peer(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}
  static Peer connect(std::uint16_t port, const std::shared_ptr<const TlsContext>& tls = nullptr);

  bool send(std::string_view bytes) { return stream_->writeAllBy(bytes, patience()).status == IoStatus::done; }
  /// Up to and including `marker`, or what came before the end.
  std::string until(std::string_view marker);
  std::string exactly(std::size_t size);
  std::string toEnd();
  /// A reply or request with Content-Length: head and body.
  std::string message();
  /// Has the other side sent something, or closed, by now or within `ms`?
  bool stirs(std::uint32_t ms) { return !buffer_.empty() || waitFd(stream_->fd(), false, deadlineIn(ms)); }
  Stream& stream() { return *stream_; }
  std::unique_ptr<Stream> release() { return std::move(stream_); }
  void close(bool reset = false) { stream_->close(reset); }

 private:
  bool more();
  std::unique_ptr<Stream> stream_;
  std::string buffer_;
};

/// Listens on 127.0.0.1 and runs the script for each connection, on a thread of its own.
class ScriptedServer {
 public:
  using Script = std::function<void(int connection, Peer& peer)>;
  explicit ScriptedServer(Script script, std::shared_ptr<const TlsContext> tls = nullptr);
  ~ScriptedServer();
  std::uint16_t port() const { return port_; }
  std::string url(std::string_view scheme, std::string_view target = "/") const;
  int connections() const { return connections_.load(); }

 private:
  void run();
  void serve(int fd, int number);
  Script script_;
  std::shared_ptr<const TlsContext> tls_;
  int listener_, stop_[2];
  std::uint16_t port_;
  std::atomic<int> connections_{0};
  std::thread thread_;
  std::vector<std::thread> scripts_;
};

/// A port of 127.0.0.1 on which nobody listens.
std::uint16_t closedPort();

/// A self-signed certificate for `names` ("DNS:localhost,IP:127.0.0.1") and its key, as files.
struct Certificate {
  explicit Certificate(const char* names = "DNS:localhost,IP:127.0.0.1");
  hookswitch_test::Folder directory{"tls"};
  std::string certificate, key;
  std::shared_ptr<const TlsContext> server() const { return *TlsContext::server(certificate, key); }
  std::shared_ptr<const TlsContext> client() const { return *TlsContext::client(certificate); }
};

int statusOf(const std::string& reply);
std::string bodyOf(const std::string& reply);

}  // namespace net_test
