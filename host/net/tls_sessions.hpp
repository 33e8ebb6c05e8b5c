// Sessions of TLS that servers let a client take up again: half the messages of a handshake, no certificate to check.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

struct ssl_ctx_st;      // OpenSSL's SSL_CTX
struct ssl_session_st;  // OpenSSL's SSL_SESSION
struct ssl_st;          // OpenSSL's SSL

namespace hookswitch::net {

struct TlsSessionFree {
  void operator()(ssl_session_st* session) const noexcept;
};
using TlsSession = std::unique_ptr<ssl_session_st, TlsSessionFree>;

/// Of one client context, so what was trusted once is trusted by the same rules. Sessions are kept in memory only.
/// [any]
class TlsSessions {
 public:
  static constexpr std::size_t max_of_a_host = 8;  ///< the newest count; a server gives two for each connection
  static constexpr std::size_t max_hosts = 64;     ///< beyond it those of another host are forgotten

  /// Sessions of `context`'s connections are kept from now on, as long as the context lives.
  static void attach(ssl_ctx_st* context);
  /// `connection` is to `host`, and takes one of its sessions up if there is one. A server that will not have it shakes
  /// hands as ever.
  static void resume(ssl_st* connection, const std::string& host);

  void put(const std::string& host, TlsSession session);
  /// Null: none is left. One of TLS 1.3 is given once (RFC 8446 appendix C.4), so that nobody can tell connections of
  /// one client by it.
  TlsSession take(const std::string& host);

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<TlsSession>> hosts_;
};

}  // namespace hookswitch::net
