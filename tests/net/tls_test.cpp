#include "host/net/tls.hpp"

#include "tests/net/http_server_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <unistd.h>

#include <stdexcept>

using namespace net_test;
using testing::HasSubstr;

namespace {

std::string refusal(const std::string& certificate, const std::string& key) {
  try {
    TlsContext::server(certificate, key);
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "accepted";
}

/// The error of a client that expects `host`, "" when the handshake succeeds.
std::string handshake(const Certificate& server, const TlsContext& client, const char* host) {
  ScriptedServer listener([](int, Peer& peer) { peer.toEnd(); }, server.server());
  const std::unique_ptr<Stream> plain = Peer::connect(listener.port()).release();
  Stream stream(::dup(plain->fd()), client.newClientSession(host));
  plain->close();
  return stream.handshakeBy(patience()).status == IoStatus::done ? std::string() : stream.error();
}

}  // namespace

TEST(TlsContext, NamesTheFileThatIsWrong) {
  const Certificate good, other;
  const TemporaryDirectory directory;
  const std::string garbage = directory.file("garbage.pem", "not PEM");
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
  EXPECT_THAT(handshake(certificate, *client, "other.example"), HasSubstr("the certificate was refused: hostname mismatch"));
  EXPECT_THAT(handshake(certificate, *client, "127.0.0.2"), HasSubstr("IP address mismatch"));
  EXPECT_THAT(handshake(certificate, *stranger.client(), "gate.example"), HasSubstr("the certificate was refused"));
  EXPECT_THAT(handshake(certificate, *TlsContext::defaultClient(), "gate.example"), HasSubstr("the certificate was refused"));
}

TEST(TlsContext, RefusesVersionsBefore12) {
  const Certificate certificate;
  for (SSL* ssl : {certificate.server()->newServerSession(), certificate.client()->newClientSession("localhost")}) {
    EXPECT_EQ(SSL_CTX_get_min_proto_version(SSL_get_SSL_CTX(ssl)), TLS1_2_VERSION);
    SSL_free(ssl);
  }
}

TEST(TlsContext, SendsTheNameButNeverAnAddressAsSni) {
  const Certificate certificate;
  const auto client = certificate.client();
  SSL* named = client->newClientSession("gate.example");
  EXPECT_STREQ(SSL_get_servername(named, TLSEXT_NAMETYPE_host_name), "gate.example");
  SSL_free(named);
  SSL* addressed = client->newClientSession("::1");
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
  EXPECT_THROW(Peer::connect(server.port(), before.client()), std::runtime_error) << "the old one is not shown any more";
  open.send(get("/", "Connection: close\r\n"));
  EXPECT_EQ(statusOf(open.toEnd()), 200);
}
