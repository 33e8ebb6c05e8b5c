// Outgoing HTTP and HTTPS, blocking: for io threads only.
#pragma once

#include "host/net/http_types.hpp"
#include "host/net/stream.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace hookswitch::net {

class TlsContext;

struct HttpCall {
  std::string method = "GET";
  std::string url;                               ///< http:// or https://
  HttpHeaders headers;                           ///< Host, Content-Length and Connection are added
  std::string body;                              ///< sent when not empty, or with POST, PUT and PATCH
  std::uint32_t timeout_ms = 10'000;             ///< for everything: DNS, connect, TLS, request, response
  std::size_t max_response_bytes = 1024 * 1024;  ///< of the body; a larger one is a failure
  std::shared_ptr<const TlsContext> tls;         ///< null: TlsContext::defaultClient()
};

struct HttpResult {
  int status = 0;  ///< 0: there is no answer, `error` says why
  HttpHeaders headers;
  std::string body;
  std::string error;  ///< a sentence; names scheme://host:port, never path or query
  /// Bytes of the request may have reached the server: with status 0 nobody knows whether it acted. False means that
  /// it certainly did not, and repeating is safe.
  bool sent = false;
  /// The deadline was the reason.
  bool timed_out = false;

  bool ok() const { return status >= 200 && status < 300; }
};

/// Connections are kept per origin and reused. Redirects are answers like others. A request is repeated, once, only
/// when its connection came from the pool, no byte of an answer had arrived, and either nothing of it had been handed
/// to the kernel or the method is idempotent (GET, HEAD, PUT, DELETE, OPTIONS, RFC 9110 §9.2.2).
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Blocks until the answer, a failure or the deadline. Never throws. [io], several at once
  HttpResult perform(const HttpCall& call);
  /// Close those that nobody would take any more: idle for 10 s, or closed by the server. To be called now and then, so
  /// that a quiet process keeps no sockets. [io]
  void closeStale(Deadline now = Clock::now());
  std::size_t idle() const;  ///< connections that wait for the next request [any]

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The process-wide client.
HttpClient& httpClient();
/// perform() on it. [io]
HttpResult perform(const HttpCall& call);

}  // namespace hookswitch::net
