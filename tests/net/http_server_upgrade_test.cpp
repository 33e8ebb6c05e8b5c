#include "host/net/http_server.hpp"
#include "host/net/ws_codec.hpp"
#include "host/net/ws_connector.hpp"
#include "tests/net/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

using namespace net_test;
using testing::HasSubstr;

namespace {

struct Adopted {
  std::unique_ptr<Stream> stream;
  std::string leftover;
};

class Gate : public HttpHandler {
 public:
  UpgradeReply upgrade(const HttpRequest& request) override {
    ++asked;
    if (request.path() == "/throw") throw std::runtime_error("secret");
    if (request.path() == "/no") return UpgradeReply::refuse(errorReply(403, "not for you"));
    if (request.path() == "/default") return HttpHandler::upgrade(request);
    return UpgradeReply::accept([this, throws = request.path() == "/callback-throws"](auto stream, auto leftover) {
      if (throws) throw std::runtime_error("secret");
      adopted.set_value({std::move(stream), std::move(leftover)});
    });
  }
  HttpReply handle(const HttpRequest&) override {
    HttpReply reply;
    reply.body = "plain";
    return reply;
  }
  std::atomic<int> asked{0};
  std::promise<Adopted> adopted;
};

constexpr const char* kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string upgrade(const std::string& target, const std::string& headers) {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n";
}

std::string good(const std::string& target = "/ws") {
  return upgrade(
      target,
      std::string("Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n") + kKey);
}

class UpgradeTest : public testing::Test {
 protected:
  Peer connect() { return Peer::connect(server_.port()); }
  std::string ask(const std::string& wire) {
    Peer peer = connect();
    peer.send(wire);
    return peer.message();
  }
  Gate gate_;
  HttpServer server_{HttpServerOptions(), gate_};
};

}  // namespace

TEST_F(UpgradeTest, HandsTheSocketOver) {
  Peer peer = connect();
  peer.send(good());
  const std::string head = peer.message();
  EXPECT_EQ(statusOf(head), 101);
  EXPECT_THAT(head, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  EXPECT_THAT(head, HasSubstr("Upgrade: websocket\r\n"));
  EXPECT_THAT(head, HasSubstr("Connection: Upgrade\r\n"));
  Adopted adopted = gate_.adopted.get_future().get();
  EXPECT_EQ(adopted.leftover, "");
  adopted.stream->writeAllBy("hello", patience());
  EXPECT_EQ(peer.exactly(5), "hello");
  while (server_.connections() > 0) std::this_thread::yield();
  server_.stop();
  adopted.stream->writeAllBy("alive", patience());
  EXPECT_EQ(peer.exactly(5), "alive") << "an adopted socket is no longer the server's";
}

TEST_F(UpgradeTest, KeepsTheFrameThatCameWithTheRequest) {
  std::string frame;
  WsWriter(WsRole::client).text(frame, "first");
  Peer peer = connect();
  peer.send(good() + frame);
  Adopted adopted = gate_.adopted.get_future().get();
  WsParser parser(WsRole::server, 1000);
  parser.feed(adopted.leftover);
  EXPECT_EQ(parser.next().payload, "first");
}

TEST_F(UpgradeTest, RefusesWhatIsNotAGoodHandshake) {
  const std::string up = "Upgrade: websocket\r\nConnection: Upgrade\r\n", version = "Sec-WebSocket-Version: 13\r\n";
  const std::string wrong_version = ask(upgrade("/ws", up + "Sec-WebSocket-Version: 8\r\n" + kKey));
  EXPECT_EQ(statusOf(wrong_version), 426);
  EXPECT_THAT(wrong_version, HasSubstr("Sec-WebSocket-Version: 13\r\n"));
  EXPECT_EQ(statusOf(ask(upgrade("/ws", up + kKey))), 426);
  EXPECT_EQ(statusOf(ask(upgrade("/ws", up + version))), 400);
  EXPECT_EQ(statusOf(ask(upgrade("/ws", up + version + kKey + kKey))), 400);
  EXPECT_EQ(statusOf(ask(upgrade("/ws", up + version + "Sec-WebSocket-Key: short\r\n"))), 400);
  EXPECT_EQ(statusOf(ask("POST /ws HTTP/1.1\r\nHost: h\r\n" + up + version + kKey + "\r\n")), 405);
  EXPECT_EQ(statusOf(ask("GET /ws HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n" + up + version + kKey + "\r\nx")), 400);
  EXPECT_EQ(gate_.asked.load(), 0);
}

TEST_F(UpgradeTest, ARequestThatDoesNotAskForAWebSocketIsAnOrdinaryOne) {
  EXPECT_EQ(bodyOf(ask(upgrade("/ws", std::string("Upgrade: h2c\r\nConnection: Upgrade\r\n") + kKey))), "plain");
  EXPECT_EQ(bodyOf(ask(upgrade("/ws", std::string("Upgrade: websocket\r\n") + kKey))), "plain");
  EXPECT_EQ(bodyOf(ask("GET /ws HTTP/1.0\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")), "plain");
}

TEST_F(UpgradeTest, TheHandlersRefusalIsAnOrdinaryAnswer) {
  EXPECT_EQ(statusOf(ask(good("/default"))), 404);
  EXPECT_EQ(statusOf(ask(good("/throw"))), 500);
  Peer peer = connect();
  peer.send(good("/no"));
  EXPECT_EQ(statusOf(peer.message()), 403);
  peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(bodyOf(peer.message()), "plain") << "the connection can still be used";
}

TEST_F(UpgradeTest, ACallbackThatThrowsClosesTheConnection) {
  Peer peer = connect();
  peer.send(good("/callback-throws"));
  EXPECT_EQ(statusOf(peer.message()), 101);
  EXPECT_EQ(peer.toEnd(), "");
}

TEST(UpgradeOverTls, OurConnectorAndOurServerUnderstandEachOther) {
  const Certificate certificate;
  Gate gate;
  HttpServerOptions options;
  options.tls_certificate = certificate.certificate;
  options.tls_key = certificate.key;
  HttpServer server(options, gate);
  WsTarget target;
  target.url = "wss://localhost:" + std::to_string(server.port()) + "/ws";
  target.tls = certificate.client();
  WsConnected connected = connectWebSocket(target);
  ASSERT_TRUE(connected.stream) << connected.error;
  Adopted adopted = gate.adopted.get_future().get();
  std::string frame;
  WsWriter(WsRole::client).text(frame, "through TLS");
  connected.stream->writeAllBy(frame, patience());
  WsParser parser(WsRole::server, 1000);
  WsEvent event = parser.next();
  while (event.kind == WsEvent::Kind::needMore) {
    const WsParser::Space space = parser.prepare();
    const IoResult got = adopted.stream->readBy(space.data, space.size, patience());
    ASSERT_EQ(got.status, IoStatus::done);
    parser.commit(got.bytes);
    event = parser.next();
  }
  EXPECT_EQ(event.payload, "through TLS");
}
