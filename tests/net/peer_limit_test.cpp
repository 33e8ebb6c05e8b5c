// How many connections one address may hold, over every listener.
#include "tests/net/http_server_support.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace net_test;

namespace {

/// A connection whose client has this address; all of 127.0.0.0/8 is this machine.
Peer connectFrom(const char* address, std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in from{}, to{};
  from.sin_family = to.sin_family = AF_INET;
  ::inet_pton(AF_INET, address, &from.sin_addr);
  ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  to.sin_port = htons(port);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0 ||
      ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error("cannot connect");
  return Peer(std::make_unique<Stream>(fd));
}

std::string peerOf(int family, const char* text) {
  sockaddr_storage address{};
  address.ss_family = sa_family_t(family);
  if (family == AF_INET)
    ::inet_pton(family, text, &reinterpret_cast<sockaddr_in&>(address).sin_addr);
  else
    ::inet_pton(family, text, &reinterpret_cast<sockaddr_in6&>(address).sin6_addr);
  return PeerLimit::peerOf(address);
}

class PeerLimitTest : public HttpServerTest {
 protected:
  HttpServerOptions options() {
    HttpServerOptions o;
    o.peers = limit_;
    return o;
  }
  bool until(const std::function<bool()>& holds) {
    for (const Deadline end = patience(); !holds();) {
      if (remainingMs(end) == 0) return false;
      std::this_thread::yield();
    }
    return true;
  }
  std::shared_ptr<PeerLimit> limit_ = std::make_shared<PeerLimit>(3);
};

/// Places that the address has, found out by taking all that are left.
std::size_t held(PeerLimit& limit, const std::string& peer) {
  std::vector<PeerLimit::Place> left;
  for (PeerLimit::Place place; left.size() < limit.most() && (place = limit.enter(peer));)
    left.push_back(std::move(place));
  return limit.most() - left.size();
}

}  // namespace

TEST(PeerLimit, AMappedAddressIsTheOneItMapsAndANetworkOf64BitsIsOne) {
  EXPECT_EQ(peerOf(AF_INET, "203.0.113.9"), "203.0.113.9");
  EXPECT_EQ(peerOf(AF_INET6, "::ffff:203.0.113.9"), "203.0.113.9");
  EXPECT_EQ(peerOf(AF_INET6, "2001:db8:1:2::1"), peerOf(AF_INET6, "2001:db8:1:2:ffff::9"));
  EXPECT_NE(peerOf(AF_INET6, "2001:db8:1:2::1"), peerOf(AF_INET6, "2001:db8:1:3::1"));
  EXPECT_EQ(peerOf(AF_INET6, "::1"), "::1");
}

TEST(PeerLimit, APlaceIsGivenBackWithItsConnection) {
  const auto limit = std::make_shared<PeerLimit>(2);
  PeerLimit::Place first = limit->enter("a"), second = limit->enter("a");
  EXPECT_FALSE(limit->enter("a"));
  EXPECT_TRUE(limit->enter("b"));
  first = {};
  EXPECT_EQ(held(*limit, "a"), 1u);
  PeerLimit::Place moved = std::move(second);
  EXPECT_EQ(held(*limit, "a"), 1u);
  limit->setMost(0);
  std::vector<PeerLimit::Place> many;
  for (int i = 0; i < 100; ++i) many.push_back(limit->enter("a"));
  EXPECT_TRUE(many.back()) << "0: no bound";
  many.clear();
  moved = {};
  limit->setMost(2);
  EXPECT_EQ(held(*limit, "a"), 0u);
  EXPECT_EQ(held(*limit, "b"), 0u);
}

TEST(PeerLimit, OfSeveralListenersEachKeepsAnEighthForItself) {
  PeerLimit limit(1000);
  EXPECT_EQ(limit.share(), 1000u);
  limit.addListener();
  EXPECT_EQ(limit.share(), 1000u);
  limit.addListener();
  EXPECT_EQ(limit.share(), 875u);
  for (auto [most, share] : {std::pair{0u, 0u}, std::pair{1u, 1u}, std::pair{2u, 1u}, std::pair{6u, 5u}}) {
    limit.setMost(most);
    EXPECT_EQ(limit.share(), share);
  }
}

TEST_F(PeerLimitTest, AnAddressThatHoldsAllItMayHasNoneLeftOnAnyListener) {
  start(options());
  HttpServer second(options(), handler_);
  std::vector<Peer> busy;
  for (int i = 0; i < 3; ++i) {
    busy.push_back(connectFrom("127.0.0.1", i < 2 ? server_->port() : second.port()));
    busy.back().send(get("/later"));  // being answered: nobody is turned out for another
    handler_.responder(std::size_t(i));
  }
  for (const std::uint16_t port : {server_->port(), second.port()}) {
    Peer one_more = connectFrom("127.0.0.1", port);
    one_more.send(get("/"));
    EXPECT_EQ(one_more.toEnd(), "");
    Peer other = connectFrom("127.0.0.2", port);
    other.send(get("/", "Connection: close\r\n"));
    EXPECT_EQ(statusOf(other.toEnd()), 200) << "another address is served";
  }
  EXPECT_EQ(limit_->refused().count, 2u);
  EXPECT_EQ(limit_->refused().last, "127.0.0.1");
  for (int i = 0; i < 3; ++i) handler_.responder(std::size_t(i))(HttpReply());
  for (auto& peer : busy) EXPECT_EQ(statusOf(peer.message()), 200);
  busy.clear();
  ASSERT_TRUE(until([&] { return held(*limit_, "127.0.0.1") == 0; }));
  Peer again = connectFrom("127.0.0.1", second.port());
  again.send(get("/", "Connection: close\r\n"));
  EXPECT_EQ(statusOf(again.toEnd()), 200);
}

TEST_F(PeerLimitTest, WhoeverFillsOneListenerDoesNotFillTheOther) {
  start(options());
  HttpServer second(options(), handler_);
  std::vector<Peer> slow;
  for (int i = 0; i < 20; ++i) slow.push_back(connectFrom("127.0.0.1", server_->port()));
  EXPECT_EQ(slow.front().toEnd(), "") << "the first ones are turned out";
  for (int i = 0; i < 3; ++i) {
    Peer local = connectFrom("127.0.0.1", second.port());
    local.send(get("/", "Connection: close\r\n"));
    EXPECT_EQ(statusOf(local.toEnd()), 200);
  }
}

TEST_F(PeerLimitTest, OneThatOnlyHoldsConnectionsOpenLosesTheSlowestToItsOwnNextRequest) {
  start(options());
  Peer stranger = connectFrom("127.0.0.2", server_->port());
  stranger.send("GET / HT");
  std::vector<Peer> slow;
  for (int i = 0; i < 50; ++i) {
    slow.push_back(connectFrom("127.0.0.1", server_->port()));
    slow.back().send("GET / HT");
  }
  Peer good = connectFrom("127.0.0.1", server_->port());
  good.send(get("/", "Connection: close\r\n"));
  EXPECT_EQ(statusOf(good.toEnd()), 200) << "behind a tunnel everybody has one address";
  EXPECT_LE(held(*limit_, "127.0.0.1"), 3u);
  EXPECT_EQ(slow.front().toEnd(), "");
  stranger.send("TP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(statusOf(stranger.toEnd()), 200) << "and nobody else";
}

TEST_F(PeerLimitTest, AnUpgradedConnectionIsNoLongerCounted) {
  class Gate : public EchoHandler {
   public:
    UpgradeReply upgrade(const HttpRequest&) override {
      return UpgradeReply::accept(
          [this](std::unique_ptr<Stream> stream, std::string) { streams.set_value(std::move(stream)); });
    }
    std::promise<std::unique_ptr<Stream>> streams;
  } gate;
  HttpServer server(options(), gate);
  Peer peer = connectFrom("127.0.0.1", server.port());
  peer.send(get("/stream",
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                "dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  EXPECT_EQ(statusOf(peer.until("\r\n\r\n")), 101);
  const auto stream = gate.streams.get_future().get();
  EXPECT_TRUE(until([&] { return held(*limit_, "127.0.0.1") == 0; })) << "calls have a bound of their own";
}
