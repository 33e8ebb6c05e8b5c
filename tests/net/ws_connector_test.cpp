#include "host/net/ws_connector.hpp"

#include "host/net/ws_codec.hpp"
#include "host/net/ws_handshake.hpp"
#include "tests/net/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

using namespace net_test;
using testing::HasSubstr;
using testing::Not;

namespace {

std::string acceptOf(const std::string& request) {
  const std::string name = "Sec-WebSocket-Key: ";
  const std::size_t at = request.find(name);
  return wsAcceptFor(request.substr(at + name.size(), 24));
}

std::string switching(const std::string& request, const std::string& more = {}) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: " +
         acceptOf(request) + "\r\n" + more + "\r\n";
}

WsConnected connect(const ScriptedServer& server, std::uint32_t timeout_ms = 20'000) {
  WsTarget target;
  target.url = server.url("ws", "/path?token=secret");
  target.headers = {{"Authorization", "Bearer secret"}, {"Origin", "https://evil"}, {"sec-websocket-version", "99"}};
  target.timeout_ms = timeout_ms;
  WsConnected result = connectWebSocket(target);
  EXPECT_EQ(result.stream == nullptr, !result.error.empty());
  EXPECT_THAT(result.error, Not(HasSubstr("secret")));
  return result;
}

/// Connects to a server that answers `answer(request)`.
WsConnected tryAnswer(const std::function<std::string(const std::string&)>& answer) {
  ScriptedServer server([&](int, Peer& peer) { peer.send(answer(peer.message())); });
  return connect(server);
}

}  // namespace

TEST(WsConnector, OpensAWebSocketAndKeepsWhatFollowed) {
  std::string seen;
  WsConnected connected = tryAnswer([&](const std::string& request) {
    seen = request;
    std::string frame;
    WsWriter(WsRole::server).text(frame, "session.created");
    return switching(request) + frame;
  });
  ASSERT_TRUE(connected.stream) << connected.error;
  EXPECT_EQ(connected.http_status, 101);
  WsParser parser(WsRole::client, 1000);
  parser.feed(connected.leftover);
  while (parser.buffered() < 17) {  // the frame may not have come with the head
    const WsParser::Space space = parser.prepare();
    const IoResult got = connected.stream->readBy(space.data, space.size, patience());
    ASSERT_EQ(got.status, IoStatus::done);
    parser.commit(got.bytes);
  }
  EXPECT_EQ(parser.next().payload, "session.created");
  EXPECT_THAT(seen, HasSubstr("GET /path?token=secret HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(seen, HasSubstr("Authorization: Bearer secret\r\n"));
  EXPECT_THAT(seen, Not(HasSubstr("Sec-WebSocket-Protocol")));
  EXPECT_THAT(seen, HasSubstr("Sec-WebSocket-Version: 13\r\n"));
  EXPECT_THAT(seen, Not(HasSubstr("Origin")));
  EXPECT_THAT(seen, Not(HasSubstr("ersion: 99")));
}

TEST(WsConnector, TellsWhyTheServerRefused) {
  WsConnected refused = tryAnswer([](const std::string&) {
    return "HTTP/1.1 401 Unauthorized\r\nX-Request-Id: r1\r\nContent-Length: 9\r\n\r\n{\"e\":\"k\"}";
  });
  EXPECT_FALSE(refused.stream);
  EXPECT_EQ(refused.http_status, 401);
  EXPECT_EQ(refused.body, "{\"e\":\"k\"}");
  EXPECT_EQ(findHeader(refused.headers, "x-request-id"), "r1");
  EXPECT_THAT(refused.error, HasSubstr("it answered 401 instead of 101"));
}

TEST(WsConnector, CutsTheBodyOfARefusal) {
  for (const char* framing : {"Content-Length: 9000\r\n\r\n", "\r\n"})
    EXPECT_EQ(tryAnswer([&](const std::string&) {
                return std::string("HTTP/1.1 500 E\r\n") + framing + std::string(9000, 'x');
              }).body.size(),
              4096U);
  EXPECT_EQ(tryAnswer([](const std::string&) {
              return "HTTP/1.1 500 E\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n";
            }).body,
            "body");
}

TEST(WsConnector, FollowsNoRedirect) {
  const WsConnected result = tryAnswer([](const std::string&) {
    return "HTTP/1.1 307 Temporary Redirect\r\nLocation: ws://elsewhere/\r\nContent-Length: 0\r\n\r\n";
  });
  EXPECT_EQ(result.http_status, 307);
  EXPECT_FALSE(result.stream);
}

TEST(WsConnector, RefusesAHandshakeThatIsNotOne) {
  const auto error = [](const std::function<std::string(const std::string&)>& answer) {
    return tryAnswer(answer).error;
  };
  EXPECT_THAT(error([](auto& r) { return switching(r).replace(switching(r).find("Accept: ") + 8, 4, "AAAA"); }),
              HasSubstr("Sec-WebSocket-Accept is wrong"));
  EXPECT_THAT(error([](auto& r) {
                return "HTTP/1.1 101 S\r\nConnection: upgrade\r\nSec-WebSocket-Accept: " + acceptOf(r) + "\r\n\r\n";
              }),
              HasSubstr("does not upgrade"));
  EXPECT_THAT(error([](auto& r) {
                return "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " + acceptOf(r) + "\r\n\r\n";
              }),
              HasSubstr("Connection: Upgrade"));
  EXPECT_THAT(error([](auto& r) { return switching(r, "Sec-WebSocket-Extensions: permessage-deflate\r\n"); }),
              HasSubstr("extension"));
  EXPECT_THAT(error([](auto& r) { return switching(r, "Sec-WebSocket-Protocol: three\r\n"); }),
              HasSubstr("subprotocol"));
  EXPECT_THAT(error([](auto&) { return "garbage\r\n\r\n"; }), HasSubstr("not HTTP"));
  EXPECT_THAT(error([](auto&) { return ""; }), HasSubstr("closed without an answer"));
}

TEST(WsConnector, TakesTheAnswersConnectionForAList) {
  const WsConnected connected = tryAnswer([](const std::string& request) {
    return "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 101 S\r\nUpgrade: websocket\r\n"
           "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: " +
           acceptOf(request) + "\r\n\r\n";
  });
  EXPECT_TRUE(connected.stream) << connected.error;
  EXPECT_EQ(findHeader(connected.headers, "Connection"), "keep-alive, Upgrade");
  EXPECT_EQ(findHeader(connected.headers, "Link"), "") << "that was another answer";
}

TEST(WsConnector, EveryHandshakeHasAKeyOfItsOwn) {
  std::set<std::string> keys;
  for (int i = 0; i < 3; ++i)
    tryAnswer([&](const std::string& request) {
      keys.insert(acceptOf(request));
      return switching(request);
    });
  EXPECT_EQ(keys.size(), 3U);
}

TEST(WsConnector, BoundsTheHeadOfTheAnswer) {
  EXPECT_THAT(tryAnswer([](auto& r) { return switching(r, "X: " + std::string(70'000, 'x') + "\r\n"); }).error,
              HasSubstr("headers are larger than 64 KiB"));
  std::string interim;
  for (int i = 0; i < 10; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_THAT(tryAnswer([&](auto& r) { return interim + switching(r); }).error, HasSubstr("nothing but interim"));
}

TEST(WsConnector, TheDeadlineHoldsAgainstADrippingServer) {
  ScriptedServer server([](int, Peer& peer) {
    peer.message();
    peer.send("HTTP/1.1 101 Switching Protocols\r\nX: ");
    while (peer.send("x") && !peer.stirs(2)) continue;
  });
  const WsConnected result = connect(server, 100);
  EXPECT_TRUE(result.timed_out);
  EXPECT_FALSE(result.stream);
}

TEST(WsConnector, TheDeadlineHoldsInTheTlsHandshake) {
  const Certificate certificate;
  ScriptedServer mute([](int, Peer& peer) { peer.toEnd(); });
  WsTarget target;
  target.url = mute.url("wss");
  target.tls = certificate.client();
  target.timeout_ms = 50;
  const WsConnected result = connectWebSocket(target);
  EXPECT_TRUE(result.timed_out);
  EXPECT_THAT(result.error, HasSubstr("the TLS handshake took too long"));
}

TEST(WsConnector, RefusesTargetsItCannotSay) {
  const auto error = [](WsTarget target) { return connectWebSocket(target).error; };
  WsTarget target;
  target.url = "http://h/";
  EXPECT_THAT(error(target), HasSubstr("ws://"));
  target.url = "ws://127.0.0.1/";
  target.headers = {{"X", "a\nb"}};
  EXPECT_THAT(error(target), HasSubstr("line break"));
  target.headers.clear();
  target.url = "ws://127.0.0.1:" + std::to_string(closedPort()) + "/";
  EXPECT_THAT(error(target), HasSubstr("Connection refused"));
}
