#include "host/net/tls.hpp"

#include "host/net/tls_sessions.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/NetSSL.h>
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <fstream>
#include <new>
#include <utility>

namespace hookswitch::net {

namespace {

std::string lastReason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason != nullptr ? reason : "unknown reason";
}

base::Result<void> readable(const std::string& file, const char* what) {
  std::FILE* opened = std::fopen(file.c_str(), "re");
  if (opened == nullptr) return base::Failure(std::string(what) + " '" + file + "' cannot be read");
  std::fclose(opened);
  return {};
}

constexpr std::size_t kMaxPem = 1024 * 1024;

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

base::Result<void> trustCertificates(SSL_CTX* ctx, const std::string& pem) {
  ERR_clear_error();
  BIO* bio = BIO_new_mem_buf(pem.data(), int(pem.size()));
  if (bio == nullptr) throw std::bad_alloc();
  std::size_t count = 0;
  const auto refuse = [](char*, int, int, void*) { return -1; };  // never ask on the terminal
  while (X509* certificate = PEM_read_bio_X509_AUX(bio, nullptr, refuse, nullptr)) {
    count += X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), certificate) == 1;
    X509_free(certificate);
  }
  BIO_free(bio);
  const std::string reason = lastReason();  // of a file that is read to its end: no start line
  if (count == 0) return base::Failure("holds no PEM certificates: " + reason);
  return {};
}

/// 32 bytes; empty: it could not be made.
std::string fingerprintOf(X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (certificate == nullptr || X509_digest(certificate, EVP_sha256(), digest, &size) != 1) return {};
  return std::string(reinterpret_cast<char*>(digest), size);
}

std::string hex(const std::string& bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char c : bytes) out += digits[c >> 4], out += digits[c & 15];
  return out;
}

/// Where a session keeps why its peer was refused.
int refusalIndex() {
  static const int index = SSL_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* text, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<std::string*>(text); });
  return index;
}

bool hasName(X509* certificate, const std::string& name) {
  if (isAddress(name)) return X509_check_ip_asc(certificate, name.c_str(), 0) == 1;
  return X509_check_host(certificate, name.data(), name.size(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

/// Instead of OpenSSL's own verification, which knows no pins and forgets the certificate that it refused.
int verifyPeer(X509_STORE_CTX* store, void* argument) {
  const TlsTrust& trust = *static_cast<const TlsTrust*>(argument);
  X509* certificate = X509_STORE_CTX_get0_cert(store);
  const std::string found = fingerprintOf(certificate);
  std::string why;
  if ((trust.pin.empty() || !trust.ca_pem.empty()) && X509_verify_cert(store) != 1) {
    if (X509_STORE_CTX_get_error(store) == X509_V_OK) X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
    why = std::string(X509_verify_cert_error_string(X509_STORE_CTX_get_error(store))) +
          "; its SHA-256 fingerprint is " + hex(found);
  } else if (!trust.pin.empty() && found != trust.pin) {
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    why = "its SHA-256 fingerprint is " + hex(found) + ", the one that is pinned is " + hex(trust.pin);
  } else if (!trust.pin.empty() && trust.ca_pem.empty() && !trust.server_name.empty() &&
             !hasName(certificate, trust.server_name)) {
    X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    why = "it is the one that is pinned, but not for the name " + trust.server_name;
  }
  if (why.empty()) {
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
  }
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (ssl == nullptr || SSL_get_ex_data(ssl, refusalIndex()) != nullptr) return 0;
  auto text = std::make_unique<std::string>("the certificate was refused: " + why);
  if (SSL_set_ex_data(ssl, refusalIndex(), text.get()) == 1) text.release();
  return 0;
}

}  // namespace

base::Result<std::string> readPem(const std::string& file, const char* what) {
  if (const auto there = readable(file, what); !there) return base::Failure(there.error());
  std::ifstream in(file, std::ios::binary);
  std::string content(kMaxPem + 1, '\0');
  in.read(content.data(), std::streamsize(content.size()));
  if (in.bad()) return base::Failure(std::string(what) + " '" + file + "' cannot be read");
  content.resize(std::size_t(in.gcount()));
  if (content.size() > kMaxPem) return base::Failure(std::string(what) + " '" + file + "' is longer than 1 MiB");
  return content;
}

const std::string* refusedCertificate(const ssl_st* session) {
  return static_cast<const std::string*>(SSL_get_ex_data(session, refusalIndex()));
}

struct TlsContext::Impl {
  Poco::Net::Context::Ptr context;
  TlsTrust trust;  // of a client; the context's verification points to it
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

TlsContext::Made TlsContext::server(const std::string& certificate_file, const std::string& key_file) {
  if (const auto there = readable(certificate_file, "The TLS certificate"); !there) return base::Failure(there.error());
  if (const auto there = readable(key_file, "The TLS key"); !there) return base::Failure(there.error());
  auto impl = std::make_unique<Impl>();
  impl->context = makeContext(Poco::Net::Context::SERVER_USE, false);
  SSL_CTX* ctx = impl->context->sslContext();
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(ctx, certificate_file.c_str()) != 1)
    return base::Failure("The TLS certificate '" + certificate_file + "' is not a PEM certificate: " + lastReason());
  // An encrypted key would make OpenSSL ask on the terminal; a gateway that starts unattended must refuse instead.
  SSL_CTX_set_default_passwd_cb(ctx, [](char*, int, int, void*) { return -1; });
  if (SSL_CTX_use_PrivateKey_file(ctx, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return base::Failure("The TLS key '" + key_file +
                         "' is not an unencrypted PEM key that fits the certificate: " + lastReason());
  if (SSL_CTX_check_private_key(ctx) != 1)
    return base::Failure("The TLS key '" + key_file + "' does not belong to the certificate '" + certificate_file +
                         "'");
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(impl)));
}

TlsContext::Made TlsContext::client(const std::string& ca_file) {
  TlsTrust trust;
  if (ca_file.empty()) return trusting(trust);
  auto pem = readPem(ca_file, "The file of certificate authorities");
  if (!pem) return base::Failure(pem.error());
  trust.ca_pem = *std::move(pem);
  auto made = trusting(trust);
  if (!made) return base::Failure("'" + ca_file + "' " + made.error());
  return made;
}

TlsContext::Made TlsContext::trusting(const TlsTrust& trust) {
  auto impl = std::make_unique<Impl>();
  impl->trust = trust;
  try {
    impl->context = makeContext(Poco::Net::Context::CLIENT_USE, trust.ca_pem.empty() && trust.pin.empty());
  } catch (const Poco::Exception& e) {
    return base::Failure("The system's certificate authorities cannot be loaded: " + e.displayText());
  }
  SSL_CTX* ctx = impl->context->sslContext();
  if (!trust.ca_pem.empty())
    if (const auto held = trustCertificates(ctx, trust.ca_pem); !held) return base::Failure(held.error());
  // No callback of Poco's: it would consult its SSLManager and, by default, ask on the console whether to go on.
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(ctx, verifyPeer, &impl->trust);
  TlsSessions::attach(ctx);
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(impl)));
}

const TlsContext::Made& TlsContext::defaultClient() {
  static const Made shared = client();
  return shared;
}

base::Result<ssl_st*> TlsContext::newServerSession() const {
  SSL* ssl = SSL_new(impl_->context->sslContext());
  if (ssl == nullptr) return base::Failure("OpenSSL could not make a session: " + lastReason());
  SSL_set_accept_state(ssl);
  return ssl;
}

const TlsTrust& TlsContext::trust() const { return impl_->trust; }

base::Result<ssl_st*> TlsContext::newClientSession(const std::string& url_host) const {
  const std::string& host = impl_->trust.server_name.empty() ? url_host : impl_->trust.server_name;
  SSL* ssl = SSL_new(impl_->context->sslContext());
  if (ssl == nullptr) return base::Failure("OpenSSL could not make a session: " + lastReason());
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
    return base::Failure("'" + host + "' cannot be used as a TLS host name");
  }
  TlsSessions::resume(ssl, host);
  return ssl;
}

}  // namespace hookswitch::net
