#include "host/net/tls.hpp"

#include "tests/net/http_server_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <unistd.h>

#include <cstdio>

#include <stdexcept>

using namespace net_test;
using testing::HasSubstr;

namespace {

std::string refusal(const std::string& certificate, const std::string& key) {
  const auto made = TlsContext::server(certificate, key);
  return made ? "accepted" : made.error();
}

/// The error of a client that expects `host`, "" when the handshake succeeds.
std::string handshake(const Certificate& server, const TlsContext& client, const char* host) {
  ScriptedServer listener([](int, Peer& peer) { peer.toEnd(); }, server.server());
  const std::unique_ptr<Stream> plain = Peer::connect(listener.port()).release();
  Stream stream(::dup(plain->fd()), *client.newClientSession(host));
  plain->close();
  return stream.handshakeBy(patience()).status == IoStatus::done ? std::string() : stream.error();
}

}  // namespace

TEST(TlsContext, NamesTheFileThatIsWrong) {
  const Certificate good, other;
  const hookswitch_test::Folder directory("tls");
  const std::string garbage = directory.write("garbage.pem", "not PEM");
  EXPECT_THAT(refusal("/nowhere/c.pem", good.key), HasSubstr("'/nowhere/c.pem' cannot be read"));
  EXPECT_THAT(refusal(good.certificate, "/nowhere/k.pem"), HasSubstr("'/nowhere/k.pem' cannot be read"));
  EXPECT_THAT(refusal(garbage, good.key), HasSubstr(garbage));
  EXPECT_THAT(refusal(good.certificate, garbage), HasSubstr(garbage));
  EXPECT_THAT(refusal(good.certificate, other.key), HasSubstr(other.key));
  EXPECT_EQ(refusal(good.certificate, good.key), "accepted");
}

TEST(TlsContext, TheClientChecksNameAddressAndIssuer) {
  const Certificate certificate("DNS:gate.example,IP:127.0.0.1"), stranger;
  const auto client = certificate.client();
  EXPECT_EQ(handshake(certificate, *client, "gate.example"), "");
  EXPECT_EQ(handshake(certificate, *client, "127.0.0.1"), "");
  EXPECT_THAT(handshake(certificate, *client, "other.example"),
              HasSubstr("the certificate was refused: hostname mismatch"));
  EXPECT_THAT(handshake(certificate, *client, "127.0.0.2"), HasSubstr("IP address mismatch"));
  EXPECT_THAT(handshake(certificate, *stranger.client(), "gate.example"), HasSubstr("the certificate was refused"));
  EXPECT_THAT(handshake(certificate, **TlsContext::defaultClient(), "gate.example"),
              HasSubstr("the certificate was refused"));
}

TEST(TlsContext, RefusesVersionsBefore12) {
  const Certificate certificate;
  for (SSL* ssl : {*certificate.server()->newServerSession(), *certificate.client()->newClientSession("localhost")}) {
    EXPECT_EQ(SSL_CTX_get_min_proto_version(SSL_get_SSL_CTX(ssl)), TLS1_2_VERSION);
    SSL_free(ssl);
  }
}

TEST(TlsContext, SendsTheNameButNeverAnAddressAsSni) {
  const Certificate certificate;
  const auto client = certificate.client();
  SSL* named = *client->newClientSession("gate.example");
  EXPECT_STREQ(SSL_get_servername(named, TLSEXT_NAMETYPE_host_name), "gate.example");
  SSL_free(named);
  SSL* addressed = *client->newClientSession("::1");
  EXPECT_EQ(SSL_get_servername(addressed, TLSEXT_NAMETYPE_host_name), nullptr);
  SSL_free(addressed);
}

TEST(HttpServerTls, ARenewedCertificateIsForNewConnectionsAndDisturbsNoOpenOne) {
  const Certificate before, after;
  EchoHandler handler;
  HttpServerOptions options;
  options.tls_certificate = before.certificate;
  options.tls_key = before.key;
  HttpServer server(options, handler);
  Peer open = Peer::connect(server.port(), before.client());
  server.useTls(after.server());
  Peer renewed = Peer::connect(server.port(), after.client());
  renewed.send(get("/", "Connection: close\r\n"));
  EXPECT_EQ(statusOf(renewed.toEnd()), 200);
  EXPECT_THROW(Peer::connect(server.port(), before.client()), std::runtime_error)
      << "the old one is not shown any more";
  open.send(get("/", "Connection: close\r\n"));
  EXPECT_EQ(statusOf(open.toEnd()), 200);
}

namespace {

/// SHA-256 of the certificate in a PEM file, 32 bytes.
std::string fingerprint(const std::string& file) {
  std::FILE* in = std::fopen(file.c_str(), "r");
  X509* certificate = PEM_read_X509(in, nullptr, nullptr, nullptr);
  std::fclose(in);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest, &size);
  X509_free(certificate);
  return std::string(reinterpret_cast<char*>(digest), size);
}

std::string hex(const std::string& bytes) {
  std::string out;
  char two[3];
  for (const unsigned char c : bytes) std::snprintf(two, sizeof two, "%02x", c), out += two;
  return out;
}

std::shared_ptr<const TlsContext> trusting(const std::string& pin, const std::string& ca_file = {},
                                           const std::string& name = {}) {
  TlsTrust trust;
  trust.pin = pin;
  trust.server_name = name;
  if (!ca_file.empty()) trust.ca_pem = *readPem(ca_file, "the file");
  return *TlsContext::trusting(trust);
}

}  // namespace

TEST(TlsTrust, APinAloneIsEnoughForASelfSignedCertificateAndForNoOther) {
  const Certificate server("DNS:nobody.asks.for.this"), other("DNS:gate.example");
  const auto client = trusting(fingerprint(server.certificate));
  EXPECT_EQ(handshake(server, *client, "gate.example"), "") << "neither its issuer nor its name counts";
  EXPECT_EQ(handshake(server, *client, "192.0.2.1"), "");
  const std::string refused = handshake(other, *client, "gate.example");
  EXPECT_THAT(refused, HasSubstr("the certificate was refused: its SHA-256 fingerprint is " +
                                 hex(fingerprint(other.certificate))))
      << "what the operator may pin";
  EXPECT_THAT(refused, HasSubstr("pinned is " + hex(fingerprint(server.certificate))));
}

TEST(TlsTrust, ARefusalShowsTheFingerprintThatWasFound) {
  const Certificate server("DNS:gate.example");
  const std::string found = hex(fingerprint(server.certificate));
  EXPECT_THAT(handshake(server, **TlsContext::defaultClient(), "gate.example"),
              HasSubstr("its SHA-256 fingerprint is " + found));
  EXPECT_THAT(handshake(server, *server.client(), "other.example"),
              HasSubstr("hostname mismatch; its SHA-256 fingerprint is " + found));
}

TEST(TlsTrust, AnAuthorityAndAPinMustBothBeFine) {
  const Certificate server("DNS:gate.example"), other("DNS:gate.example");
  EXPECT_EQ(handshake(server, *trusting(fingerprint(server.certificate), server.certificate), "gate.example"), "");
  EXPECT_THAT(handshake(server, *trusting(fingerprint(other.certificate), server.certificate), "gate.example"),
              HasSubstr("pinned"));
  EXPECT_THAT(handshake(server, *trusting(fingerprint(server.certificate), other.certificate), "gate.example"),
              HasSubstr("refused"));
  EXPECT_THAT(handshake(server, *trusting(fingerprint(server.certificate), server.certificate), "other.example"),
              HasSubstr("hostname mismatch"));
}

TEST(TlsTrust, AServerNameStandsInForTheOneInTheAddress) {
  const Certificate server("DNS:gate.example");
  EXPECT_EQ(handshake(server, *trusting({}, server.certificate, "gate.example"), "192.0.2.1"), "");
  EXPECT_THAT(handshake(server, *trusting({}, server.certificate, "other.example"), "gate.example"),
              HasSubstr("hostname mismatch"));
  EXPECT_EQ(handshake(server, *trusting(fingerprint(server.certificate), {}, "gate.example"), "192.0.2.1"), "");
  EXPECT_THAT(handshake(server, *trusting(fingerprint(server.certificate), {}, "other.example"), "gate.example"),
              HasSubstr("not for the name other.example"));
  SSL* ssl = *trusting({}, server.certificate, "gate.example")->newClientSession("192.0.2.1");
  EXPECT_STREQ(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name), "gate.example");
  SSL_free(ssl);
}

TEST(TlsTrust, APemFileWithoutCertificatesIsRefused) {
  const hookswitch_test::Folder directory("tls");
  const std::string garbage = directory.write("garbage.pem", "not PEM");
  EXPECT_THAT(TlsContext::client(garbage).error(), HasSubstr("'" + garbage + "' holds no PEM certificates"));
  TlsTrust trust;
  trust.ca_pem = "not PEM";
  EXPECT_THAT(TlsContext::trusting(trust).error(), HasSubstr("holds no PEM certificates"));
}
