#include "host/net/tls.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/NetSSL.h>
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>
#include <utility>

namespace hookswitch::net {

namespace {

std::string lastReason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason != nullptr ? reason : "unknown reason";
}

void requireReadable(const std::string& file, const char* what) {
  std::FILE* opened = std::fopen(file.c_str(), "re");
  if (opened == nullptr) throw std::runtime_error(std::string(what) + " '" + file + "' cannot be read");
  std::fclose(opened);
}

bool isAddress(const std::string& host) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

Poco::Net::Context::Ptr makeContext(Poco::Net::Context::Usage usage, bool default_authorities) {
  static const bool initialized = (Poco::Net::initializeSSL(), true);
  (void)initialized;
  Poco::Net::Context::Params params;
  params.loadDefaultCAs = default_authorities;
  params.verificationMode = Poco::Net::Context::VERIFY_NONE;  // set below, without Poco's callbacks
  Poco::Net::Context::Ptr context = new Poco::Net::Context(usage, params);
  SSL_CTX* ctx = context->sslContext();
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  return context;
}

}  // namespace

struct TlsContext::Impl {
  Poco::Net::Context::Ptr context;
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

std::shared_ptr<const TlsContext> TlsContext::server(const std::string& certificate_file, const std::string& key_file) {
  requireReadable(certificate_file, "The TLS certificate");
  requireReadable(key_file, "The TLS key");
  auto impl = std::make_unique<Impl>();
  impl->context = makeContext(Poco::Net::Context::SERVER_USE, false);
  SSL_CTX* ctx = impl->context->sslContext();
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(ctx, certificate_file.c_str()) != 1)
    throw std::runtime_error("The TLS certificate '" + certificate_file + "' is not a PEM certificate: " + lastReason());
  // An encrypted key would make OpenSSL ask on the terminal; a gateway that starts unattended must refuse instead.
  SSL_CTX_set_default_passwd_cb(ctx, [](char*, int, int, void*) { return -1; });
  if (SSL_CTX_use_PrivateKey_file(ctx, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("The TLS key '" + key_file +
                             "' is not an unencrypted PEM key that fits the certificate: " + lastReason());
  if (SSL_CTX_check_private_key(ctx) != 1)
    throw std::runtime_error("The TLS key '" + key_file + "' does not belong to the certificate '" + certificate_file +
                             "'");
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(impl)));
}

std::shared_ptr<const TlsContext> TlsContext::client(const std::string& ca_file) {
  auto impl = std::make_unique<Impl>();
  try {
    impl->context = makeContext(Poco::Net::Context::CLIENT_USE, ca_file.empty());
  } catch (const Poco::Exception& e) {
    throw std::runtime_error("The system's certificate authorities cannot be loaded: " + e.displayText());
  }
  SSL_CTX* ctx = impl->context->sslContext();
  if (!ca_file.empty()) {
    requireReadable(ca_file, "The file of certificate authorities");
    ERR_clear_error();
    if (SSL_CTX_load_verify_locations(ctx, ca_file.c_str(), nullptr) != 1)
      throw std::runtime_error("'" + ca_file + "' holds no PEM certificates: " + lastReason());
  }
  // No callback: Poco's would consult its SSLManager and, by default, ask on the console whether to go on.
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(impl)));
}

std::shared_ptr<const TlsContext> TlsContext::defaultClient() {
  static const std::shared_ptr<const TlsContext> shared = client();
  return shared;
}

ssl_st* TlsContext::newServerSession() const {
  SSL* ssl = SSL_new(impl_->context->sslContext());
  if (ssl == nullptr) throw std::runtime_error("OpenSSL could not make a session: " + lastReason());
  SSL_set_accept_state(ssl);
  return ssl;
}

ssl_st* TlsContext::newClientSession(const std::string& host) const {
  SSL* ssl = SSL_new(impl_->context->sslContext());
  if (ssl == nullptr) throw std::runtime_error("OpenSSL could not make a session: " + lastReason());
  SSL_set_connect_state(ssl);
  bool prepared;
  if (isAddress(host)) {
    prepared = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  } else {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    prepared = SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
  }
  if (!prepared) {
    SSL_free(ssl);
    throw std::runtime_error("'" + host + "' cannot be used as a TLS host name");
  }
  return ssl;
}

}  // namespace hookswitch::net
