// The gateway's HTTP/1.1 server, plain or TLS, with WebSocket upgrades.
//
// One reception thread owns every connection while bytes move; worker threads run handlers. A worker is only taken
// once a request has been received completely, so clients that are slow, idle or hostile cost a descriptor and never
// a worker.
#pragma once

#include "host/net/http_types.hpp"
#include "host/net/peer_limit.hpp"
#include "host/net/stream.hpp"
#include "host/net/tls.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace hookswitch::net {

/// Answers one request. May be called on any thread, at once or later; only the first call counts, and calls after
/// the deadline (503 has been sent) or after the server stopped are ignored. Copyable; when the last copy goes and none
/// was called, the client gets a 500. [any]
using HttpResponder = std::function<void(HttpReply)>;

/// Receives the upgraded connection once the 101 has been written. `leftover`: bytes of the client that had been
/// received after its request: feed them to the parser first. On TLS also read once: decrypted bytes raise no event.
/// Called on a worker [http]; an exception closes the connection. Destroyed uncalled when the client has gone before.
using UpgradeCallback = std::function<void(std::unique_ptr<Stream> stream, std::string leftover)>;

/// Verdict on an upgrade: `accepted` set: 101 is sent and the callback gets the socket. Empty: `refusal` is sent.
struct UpgradeReply {
  UpgradeCallback accepted;
  HttpReply refusal;

  static UpgradeReply accept(UpgradeCallback callback) { return UpgradeReply{std::move(callback), {}}; }
  static UpgradeReply refuse(HttpReply reply) { return UpgradeReply{{}, std::move(reply)}; }
};

/// Implemented by the application. Called on worker threads, several at once [http]. An exception becomes a 500 whose
/// body says "internal error" and nothing else.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  /// Answer at once. Override this or handleLater(). The default answers 404.
  virtual HttpReply handle(const HttpRequest& request);

  /// Answer now or later without keeping a worker: keep `respond` (and the request) and return. The default calls
  /// handle(). When nobody has answered after reply_timeout_ms the client gets 503.
  virtual void handleLater(std::shared_ptr<const HttpRequest> request, HttpResponder respond);

  /// A well-formed WebSocket upgrade (GET, HTTP/1.1, version 13, valid key) asks for its path. The default refuses
  /// with 404. Must not wait for the network.
  virtual UpgradeReply upgrade(const HttpRequest& request);
};

struct HttpServerOptions {
  std::string host = "127.0.0.1";  ///< name, IPv4 or IPv6 address (brackets optional); empty: all addresses
  std::uint16_t port = 0;          ///< 0: chosen by the system, see port()
  std::string tls_certificate;     ///< PEM file; empty: plain HTTP
  std::string tls_key;             ///< PEM file

  std::size_t workers = 16;
  std::size_t max_queued_requests = 2000;  ///< complete requests waiting for a worker; beyond: 503
  std::size_t max_connections = 4096;      ///< beyond: the connection idle for longest goes, else the new one
  std::shared_ptr<PeerLimit> peers;  ///< of one address; beyond: its connection idle for longest goes, else the new one
  std::size_t max_body_bytes = 64 * 1024;     ///< beyond: 413, as declared or as received in chunks
  std::size_t max_target_bytes = 8 * 1024;    ///< beyond: 414
  std::size_t max_head_bytes = 16 * 1024;     ///< request line and headers together; beyond: 431
  std::size_t max_headers = 100;              ///< beyond: 431
  std::uint32_t request_timeout_ms = 10'000;  ///< from accept (or the first byte of a later request) to its last byte
  std::uint32_t keep_alive_ms = 15'000;       ///< an idle connection is closed after this long
  std::uint32_t reply_timeout_ms = 60'000;    ///< for the handler; beyond: 503
  std::uint32_t write_timeout_ms = 10'000;  ///< for the client to take more of a reply: a slow one keeps its connection
  std::uint32_t max_write_ms = 600'000;     ///< for it to take all of the reply, or of one part
  std::uint32_t max_requests_per_connection = 1000;
  int backlog = 1024;
};

class HttpServer {
 public:
  /// Binds, listens and serves from here on. `handler` must outlive the server. Throws std::runtime_error with one
  /// sentence: address, port and reason ("Cannot listen on 127.0.0.1:8080: Address already in use"), or what is wrong
  /// with a TLS file.
  HttpServer(HttpServerOptions options, HttpHandler& handler);
  ~HttpServer();  ///< stop()
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;       ///< the one listened on [any]
  std::size_t connections() const;  ///< open ones, upgraded ones excluded [any]
  /// What connections from here on get; NULL: plain HTTP. Those that are open stay as they are. [any]
  void useTls(std::shared_ptr<const TlsContext> context);
  /// Stop listening, let requests that handlers already have be answered for up to grace_ms, close everything, join.
  /// No handler runs once it returns. Idempotent. Not from a handler.
  void stop(std::uint32_t grace_ms = 1000);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace hookswitch::net
