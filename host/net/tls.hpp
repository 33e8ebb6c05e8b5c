// TLS contexts and the SSL* made from them.
#pragma once

#include <memory>
#include <string>

struct ssl_st;

namespace hookswitch::net {

/// TLS 1.2 or newer. Immutable once made; share it. [any]
class TlsContext {
 public:
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// PEM files: the certificate followed by its chain, and its unencrypted key.
  /// Throws std::runtime_error naming the file and what is wrong with it.
  static std::shared_ptr<const TlsContext> server(const std::string& certificate_file, const std::string& key_file);

  /// Verifies the peer against the system's certificate authorities (SSL_CERT_FILE and SSL_CERT_DIR are honoured) or,
  /// when ca_file is not empty, against that PEM file alone. Throws std::runtime_error.
  static std::shared_ptr<const TlsContext> client(const std::string& ca_file = {});

  /// The process-wide client context, made at the first call. Throws as client() does.
  static std::shared_ptr<const TlsContext> defaultClient();

  /// An SSL* of the caller's, in accept state, for Stream. Throws std::runtime_error.
  ssl_st* newServerSession() const;
  /// The same in connect state: host is sent as SNI (unless an address) and must match the certificate.
  ssl_st* newClientSession(const std::string& host) const;

 private:
  struct Impl;
  explicit TlsContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hookswitch::net
