#include "host/net/tls_sessions.hpp"

#include "host/net/tls.hpp"
#include "tests/net/http_server_support.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

using namespace net_test;

namespace {

/// A server that says hello, which is when a client gets to know the tickets that came before it.
class Greeter {
 public:
  explicit Greeter(const Certificate& certificate, std::shared_ptr<const TlsContext> tls = nullptr)
      : listener_(
            [](int, Peer& peer) {
              peer.send("hello");
              peer.toEnd();
            },
            tls ? std::move(tls) : certificate.server()) {}

  /// Was a session taken up? The context is let go before the tickets are read.
  bool greets(std::shared_ptr<const TlsContext> client, const char* host) {
    const std::unique_ptr<Stream> plain = Peer::connect(listener_.port()).release();
    ssl_st* const session = *client->newClientSession(host);
    auto stream = std::make_unique<Stream>(::dup(plain->fd()), session);
    plain->close();
    EXPECT_EQ(stream->handshakeBy(patience()).status, IoStatus::done) << stream->error();
    client.reset();
    const bool resumed = SSL_session_reused(session) == 1;
    Peer peer(std::move(stream));
    EXPECT_EQ(peer.exactly(5), "hello");
    peer.stream().shutdown();
    return resumed;
  }

 private:
  ScriptedServer listener_;
};

TlsSession newSession() {
  TlsSession session(SSL_SESSION_new());
  const unsigned char id[] = {1, 2, 3};
  SSL_SESSION_set1_id(session.get(), id, sizeof id);
  SSL_SESSION_set_protocol_version(session.get(), TLS1_3_VERSION);
  return session;
}

}  // namespace

TEST(TlsSessions, TheNextConnectionToAHostTakesOneUp) {
  const Certificate certificate("DNS:gate.example,DNS:other.example");
  Greeter greeter(certificate);
  const auto client = certificate.client();
  EXPECT_FALSE(greeter.greets(client, "gate.example"));
  EXPECT_TRUE(greeter.greets(client, "gate.example"));
  EXPECT_TRUE(greeter.greets(client, "gate.example")) << "a resumed one leaves another";
  EXPECT_FALSE(greeter.greets(client, "other.example")) << "a session is of the name that was checked";
  EXPECT_FALSE(greeter.greets(certificate.client(), "gate.example")) << "and of whom the context trusts";
}

TEST(TlsSessions, AServerThatDoesNotKnowItShakesHandsAsEver) {
  const Certificate certificate("DNS:gate.example");
  const auto client = certificate.client();
  EXPECT_FALSE(Greeter(certificate).greets(client, "gate.example"));
  EXPECT_FALSE(Greeter(certificate).greets(client, "gate.example")) << "the same certificate, other keys of tickets";
}

TEST(TlsSessions, AConnectionMayOutliveTheContextThatMadeIt) {
  const Certificate certificate("DNS:gate.example");
  Greeter greeter(certificate);
  EXPECT_FALSE(greeter.greets(certificate.client(), "gate.example"));
}

TEST(TlsSessions, EachOfTls13IsGivenOnceTheNewestFirst) {
  TlsSessions sessions;
  EXPECT_EQ(sessions.take("a"), nullptr);
  TlsSession first = newSession(), second = newSession();
  const auto* of_first = first.get();
  const auto* of_second = second.get();
  sessions.put("a", std::move(first));
  sessions.put("a", std::move(second));
  EXPECT_EQ(sessions.take("b"), nullptr);
  EXPECT_EQ(sessions.take("a").get(), of_second);
  EXPECT_EQ(sessions.take("a").get(), of_first);
  EXPECT_EQ(sessions.take("a"), nullptr);
}

TEST(TlsSessions, OneOfTls12IsGivenAgain) {
  TlsSessions sessions;
  TlsSession session = newSession();
  SSL_SESSION_set_protocol_version(session.get(), TLS1_2_VERSION);
  const auto* same = session.get();
  sessions.put("a", std::move(session));
  EXPECT_EQ(sessions.take("a").get(), same);
  EXPECT_EQ(sessions.take("a").get(), same);
}

TEST(TlsSessions, OneThatIsTooOldIsNotTakenUp) {
  TlsSessions sessions;
  TlsSession session = newSession();
  SSL_SESSION_set_time(session.get(), 1'000'000);
  SSL_SESSION_set_timeout(session.get(), 60);
  sessions.put("a", std::move(session));
  EXPECT_EQ(sessions.take("a"), nullptr);
}

TEST(TlsSessions, OfHostsAndSessionsABoundedNumberIsKept) {
  TlsSessions sessions;
  for (std::size_t i = 0; i < 3 * TlsSessions::max_of_a_host; ++i) sessions.put("a", newSession());
  std::size_t kept = 0;
  while (sessions.take("a")) ++kept;
  EXPECT_EQ(kept, TlsSessions::max_of_a_host);
  for (std::size_t i = 0; i < 3 * TlsSessions::max_hosts; ++i) sessions.put("host" + std::to_string(i), newSession());
  kept = 0;
  for (std::size_t i = 0; i < 3 * TlsSessions::max_hosts; ++i)
    while (sessions.take("host" + std::to_string(i))) ++kept;
  EXPECT_EQ(kept, TlsSessions::max_hosts);
}
