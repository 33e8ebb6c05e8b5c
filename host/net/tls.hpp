// TLS contexts and the SSL* made from them.
#pragma once

#include <memory>
#include <string>

#include "host/base/result.hpp"

struct ssl_st;

namespace hookswitch::net {

/// What a client trusts. Empty members: the system's certificate authorities, and the name that is in the URL.
struct TlsTrust {
  std::string ca_pem;  ///< PEM certificates that are trusted instead of the system's authorities
  /// SHA-256 of the server's own certificate, 32 bytes. Without ca_pem it is all that counts: neither who signed the
  /// certificate nor its dates nor, unless server_name is given, its name. With ca_pem both must be fine.
  std::string pin;
  std::string server_name;  ///< sent as SNI and expected in the certificate, whatever the URL says
  bool operator==(const TlsTrust& o) const {
    return ca_pem == o.ca_pem && pin == o.pin && server_name == o.server_name;
  }
};

/// The content of a PEM file, at most 1 MiB. A failure begins with `what` and names the file. [any, blocking]
base::Result<std::string> readPem(const std::string& file, const char* what);

/// TLS 1.2 or newer. Immutable once made; share it. Why one cannot be made is a sentence. [any]
class TlsContext {
 public:
  using Made = base::Result<std::shared_ptr<const TlsContext>>;

  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// PEM files: the certificate followed by its chain, and its unencrypted key.
  /// A failure names the file and what is wrong with it.
  static Made server(const std::string& certificate_file, const std::string& key_file);

  /// Verifies the peer against the system's certificate authorities (SSL_CERT_FILE and SSL_CERT_DIR are honoured) or,
  /// when ca_file is not empty, against that PEM file alone.
  static Made client(const std::string& ca_file = {});
  /// The same for what `trust` says; fails when ca_pem holds no certificate.
  static Made trusting(const TlsTrust& trust);

  /// The process-wide client context, made at the first call.
  static const Made& defaultClient();

  /// An SSL* of the caller's, in accept state, for Stream.
  base::Result<ssl_st*> newServerSession() const;
  /// The same in connect state: host, or the trust's server_name, is sent as SNI (unless an address) and must match the
  /// certificate. A session that an earlier connection of this context to the same name has left is taken up.
  base::Result<ssl_st*> newClientSession(const std::string& host) const;

  const TlsTrust& trust() const;

 private:
  struct Impl;
  explicit TlsContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Why the handshake refused the peer's certificate, with the fingerprint that was found; NULL: it did not. [any]
const std::string* refusedCertificate(const ssl_st* session);

}  // namespace hookswitch::net
