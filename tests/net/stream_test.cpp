#include "host/net/stream.hpp"

#include "tests/net/support.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <future>
#include <string>

using namespace net_test;

namespace {

struct Pair {
  std::unique_ptr<Stream> client, server;
};

/// Two connected streams over TCP on loopback, with TLS when a certificate is given.
Pair connected(const Certificate* certificate = nullptr) {
  std::promise<std::unique_ptr<Stream>> accepted;
  ScriptedServer listener(
      [&](int, Peer& peer) {
        accepted.set_value(peer.release());
        peer = Peer(std::make_unique<Stream>(-1));
      },
      certificate != nullptr ? certificate->server() : nullptr);
  Pair pair;
  pair.client = Peer::connect(listener.port(), certificate != nullptr ? certificate->client() : nullptr).release();
  pair.server = accepted.get_future().get();
  return pair;
}

class StreamBothWays : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) certificate_ = std::make_unique<Certificate>();
    pair_ = connected(certificate_.get());
  }
  std::unique_ptr<Certificate> certificate_;
  Pair pair_;
};

std::string readBy(Stream& stream, std::size_t size) {
  std::string out(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const IoResult result = stream.readBy(out.data() + got, size - got, patience());
    if (result.status != IoStatus::done) break;
    got += result.bytes;
  }
  out.resize(got);
  return out;
}

}  // namespace

TEST_P(StreamBothWays, SaysWantReadWhenThereIsNothing) {
  char byte;
  EXPECT_EQ(pair_.client->read(&byte, 1).status, IoStatus::wantRead);
  EXPECT_EQ(pair_.client->tls(), GetParam());
  EXPECT_EQ(pair_.client->peerIp(), "127.0.0.1");
}

TEST_P(StreamBothWays, CarriesMoreThanTheSocketHolds) {
  std::string large(8 << 20, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 3);
  auto sent = std::async(std::launch::async, [&] { return pair_.client->writeAllBy(large, patience()); });
  EXPECT_TRUE(readBy(*pair_.server, large.size()) == large);
  EXPECT_EQ(sent.get().bytes, large.size());
}

TEST_P(StreamBothWays, AWriteMayBeRepeatedFromAnotherBuffer) {
  const std::string piece(100'000, 'x');
  std::size_t sent = 0;
  IoResult result = pair_.client->write(piece.data(), piece.size());
  while (result.status == IoStatus::done) {
    sent += result.bytes;
    result = pair_.client->write(piece.data(), piece.size());
  }
  ASSERT_EQ(result.status, IoStatus::wantWrite);
  auto drained = std::async(std::launch::async, [&] { return readBy(*pair_.server, sent + piece.size()); });
  const std::string elsewhere(piece);  // other memory, same bytes
  EXPECT_EQ(pair_.client->writeAllBy(elsewhere, patience()).status, IoStatus::done);
  EXPECT_EQ(drained.get().size(), sent + piece.size());
}

TEST_P(StreamBothWays, TheEndOfThePeerIsClosedHoweverItCame) {
  char byte;
  pair_.server->shutdown();
  EXPECT_EQ(pair_.client->readBy(&byte, 1, patience()).status, IoStatus::closed);
  Pair cut = connected(certificate_.get());
  cut.server->close();  // on TLS: without close_notify
  EXPECT_EQ(cut.client->readBy(&byte, 1, patience()).status, IoStatus::closed);
  Pair reset = connected(certificate_.get());
  reset.server->close(true);
  EXPECT_EQ(reset.client->readBy(&byte, 1, patience()).status, IoStatus::closed);
}

TEST_P(StreamBothWays, WritingToAPeerThatIsGoneRaisesNoSignal) {
  pair_.server->close();  // FIN, then RST for what still comes: the second write would raise it
  const std::string text(1000, 'x');
  IoResult result;
  do result = pair_.client->write(text.data(), text.size());
  while (result.status == IoStatus::done);
  EXPECT_EQ(result.status, IoStatus::closed);
}

TEST_P(StreamBothWays, AReadGivesUpAtItsDeadline) {
  char byte;
  EXPECT_EQ(pair_.client->readBy(&byte, 1, deadlineIn(5)).status, IoStatus::timedOut);
  ASSERT_EQ(pair_.server->writeAllBy("x", patience()).status, IoStatus::done);
  ASSERT_TRUE(waitFd(pair_.client->fd(), false, patience()));
  EXPECT_EQ(pair_.client->readBy(&byte, 1, Clock::now()).status, IoStatus::timedOut)
      << "a peer that always has one more byte must not hold the caller for ever";
}

TEST_P(StreamBothWays, IsHarmlessAfterClose) {
  pair_.client->close();
  char byte = 0;
  EXPECT_EQ(pair_.client->read(&byte, 1).status, IoStatus::closed);
  EXPECT_EQ(pair_.client->write(&byte, 1).status, IoStatus::closed);
  EXPECT_EQ(pair_.client->fd(), -1);
  pair_.client->shutdown();
  pair_.client->close();
}

INSTANTIATE_TEST_SUITE_P(PlainAndTls, StreamBothWays, testing::Bool(),
                         [](const auto& p) { return p.param ? "Tls" : "Plain"; });

TEST(Stream, AStaleErrorOfAnotherConnectionIsNotOurs) {
  const Certificate certificate;
  Pair pair = connected(&certificate);
  char byte;
  EXPECT_EQ(pair.client->read(&byte, 1).status, IoStatus::wantRead);  // the session tickets are through
  ERR_put_error(ERR_LIB_SSL, 0, ERR_R_INTERNAL_ERROR, "elsewhere", 1);
  EXPECT_EQ(pair.client->read(&byte, 1).status, IoStatus::wantRead);
  ERR_put_error(ERR_LIB_SSL, 0, ERR_R_INTERNAL_ERROR, "elsewhere", 1);
  EXPECT_EQ(pair.client->write("x", 1).status, IoStatus::done);
  ERR_clear_error();
}

TEST(Stream, KnowsThatDecryptedBytesAreWaiting) {
  const Certificate certificate;
  Pair pair = connected(&certificate);
  ASSERT_EQ(pair.server->writeAllBy("one record", patience()).status, IoStatus::done);
  char bytes[3];
  ASSERT_EQ(pair.client->readBy(bytes, 3, patience()).bytes, 3U);
  EXPECT_TRUE(pair.client->pendingDecrypted());
  EXPECT_FALSE(waitFd(pair.client->fd(), false, deadlineIn(1))) << "and that epoll would not tell";
  EXPECT_EQ(readBy(*pair.client, 7), " record");
  EXPECT_FALSE(pair.client->pendingDecrypted());
}

TEST(Stream, ATlsHandshakeWithSomethingElseFailsWithASentence) {
  const Certificate certificate;
  ScriptedServer server([](int, Peer& peer) { peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); });
  EXPECT_THROW(Peer::connect(server.port(), certificate.client()), std::runtime_error);
}

TEST(Stream, RemainingTimeIsRoundedUpAndNeverNegative) {
  EXPECT_EQ(remainingMs(Clock::now() - std::chrono::seconds(1)), 0);
  EXPECT_GE(remainingMs(Clock::now() + std::chrono::microseconds(1'900'000)), 1);
}
