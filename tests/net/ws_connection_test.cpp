// A WebSocket on a loop against a peer that does what it likes.
#include "host/net/ws_connection.hpp"
#include "host/base/lived_clock.hpp"

#include "tests/net/loop_support.hpp"

namespace loop_test {
namespace {

using base::Loop;
using net::WsConnection;
using net::WsConnectionLimits;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ConnectionTest : public testing::Test, public WsConnection::Listener {
 protected:
  void SetUp() override { loop.start(); }
  void TearDown() override {  // not the destructor: until it has stopped, the loop calls this object's functions
    on(loop, [&] { connection.reset(); });
    loop.stop();
  }
  void open(const std::string& leftover = {}) {
    int ours = -1;
    auto stream = socketPair(ours);
    ASSERT_TRUE(stream);
    peer = std::make_unique<Peer>(ours);
    host_fd = stream->fd();
    on(loop, [&] {
      connection = std::make_unique<WsConnection>(loop, std::move(stream), net::WsRole::server, limits, 7, *this);
      connection->start(leftover);
    });
  }
  bool send(std::string_view payload, bool text = true, bool droppable = false) {
    bool taken = false;
    on(loop, [&] { taken = connection->send(payload, text, droppable); });
    return taken;
  }
  void onMessage(WsConnection& c, std::string_view payload, bool text) override {
    EXPECT_EQ(c.id(), 7u);
    diary.add((text ? "text " : "binary ") + std::string(payload));
    if (on_message) on_message(c, payload);
  }
  bool onFailed(WsConnection&, const std::string& why) override {
    diary.add("failed: " + why);
    return true;
  }
  void onClosed(WsConnection&, std::uint32_t code, std::string_view reason) override {
    diary.add("closed " + std::to_string(code) + (reason.empty() ? "" : " " + std::string(reason)));
    if (on_closed) on_closed();
  }

  WsConnectionLimits limits;
  Loop loop{"test"};
  std::unique_ptr<WsConnection> connection;
  std::unique_ptr<Peer> peer;
  Diary diary;
  int host_fd = -1;
  std::function<void(WsConnection&, std::string_view)> on_message;  // [loop]
  std::function<void()> on_closed;                                  // [loop]
};

TEST_F(ConnectionTest, AListenerThatThrowsCostsItsConnectionAndNoOther) {
  open();
  on_message = [](WsConnection&, std::string_view) { throw std::runtime_error("a mistake"); };
  peer->text("one");
  peer->text("two");
  ASSERT_TRUE(diary.waitFor("closed"));
  EXPECT_THAT(diary.all(),
              ElementsAre("text one", "failed: a mistake", "closed 1006 an internal error of the gateway"));
  EXPECT_NE(peer->next(), "silence");
  on(loop, [&] { EXPECT_EQ(loop.handlers(), 0u); });
}

TEST_F(ConnectionTest, CarriesTextAndBinaryBothWays) {
  open();
  peer->text("hello");
  peer->binary(std::string("\0\xFF", 2));
  ASSERT_TRUE(diary.waitFor("binary"));
  EXPECT_THAT(diary.all(), ElementsAre("text hello", std::string("binary \0\xFF", 9)));
  EXPECT_TRUE(send("back"));
  EXPECT_TRUE(send("bytes", false));
  EXPECT_EQ(peer->next(), "text back");
  EXPECT_EQ(peer->next(), "binary bytes");
}

/// A text frame of the client whose payload is this long, unmasked by a mask of zeros.
std::string hugeFrame(std::size_t size) {
  std::string frame = "\x81\xFF";
  for (int shift = 56; shift >= 0; shift -= 8) frame += char(size >> shift & 0xFF);
  return frame + std::string(4, '\0') + std::string(size, 'x');
}

TEST_F(ConnectionTest, APeerThatFloodsReadsTheCodeThatItIsClosedWith) {
  limits.max_message = 64 * 1024;
  open();
  EXPECT_TRUE(peer->raw(hugeFrame(16 << 20)));  // all of it, before it looks at anything
  EXPECT_THAT(peer->next(), StartsWith("close 1009"));
  EXPECT_EQ(peer->next(), "end");
  EXPECT_TRUE(diary.waitFor("closed 1009"));
}

TEST_F(ConnectionTest, APeerThatGoesOnSendingAfterItsCloseReadsOurs) {
  open();
  std::string out;
  net::WsWriter writer(net::WsRole::client);
  writer.close(out, 1000, "bye");
  EXPECT_TRUE(peer->raw(out + std::string(8 << 20, 'x')));
  EXPECT_EQ(peer->next(), "close 1000");
  EXPECT_EQ(peer->next(), "end");
}

TEST_F(ConnectionTest, APeerThatFloodsWhileItIsClosedReadsTheCode) {
  limits.close_ms = 1;
  limits.max_message = 1 << 20;
  on_message = [](WsConnection& c, std::string_view) { c.close(1008, "more was sent than could be handled"); };
  open();
  std::string flood;
  net::WsWriter writer(net::WsRole::client);
  for (int i = 0; i < 200; ++i) writer.text(flood, std::string(64 * 1024, 'x'));
  EXPECT_TRUE(peer->raw(flood));
  EXPECT_EQ(peer->next(), "close 1008 more was sent than could be handled");
  EXPECT_EQ(peer->next(), "end");
}

TEST_F(ConnectionTest, APeerThatNeverStopsIsNotReadForEver) {
  limits.max_message = 64 * 1024;
  open();
  const std::string chunk(1 << 20, 'x');
  peer->raw(hugeFrame(1 << 20));
  std::size_t sent = 0;
  while (::send(peer->fd(), chunk.data(), chunk.size(), MSG_NOSIGNAL) > 0) ++sent;  // ends when the socket is closed
  EXPECT_LT(sent, 100'000u);
}

TEST_F(ConnectionTest, AProcessThatStoodStillReadsBeforeItJudges) {
  const base::LivedClock::Heartbeat heartbeat;
  limits.idle_ms = 10'000;
  open();
  peer->text("before");
  ASSERT_TRUE(diary.waitFor("text before"));
  on(loop, [&] {
    peer->text("meanwhile");
    base::LivedClock::pretend(std::chrono::seconds(40));
  });
  ASSERT_TRUE(diary.waitFor("text meanwhile"));
  peer->text("after");
  ASSERT_TRUE(diary.waitFor("text after"));
  EXPECT_EQ(diary.count("closed"), 0u);
}

TEST_F(ConnectionTest, APeerWhoSaidNothingWhileTheProcessStoodHasItsTimeAnewAndNoMore) {
  const base::LivedClock::Heartbeat heartbeat;
  limits.idle_ms = 3'000;
  open();
  on(loop, [&] { base::LivedClock::pretend(std::chrono::seconds(40)); });
  on(loop, [] {});
  EXPECT_EQ(diary.count("closed"), 0u);
  ASSERT_TRUE(diary.waitFor("closed 1006 nothing came from the peer for 3 s"));
}

TEST_F(ConnectionTest, WhatCameBehindTheHandshakeComesFirst) {
  std::string early;
  net::WsWriter(net::WsRole::client).text(early, "early");
  open(early);
  peer->text("later");
  ASSERT_TRUE(diary.waitFor("text later"));
  EXPECT_THAT(diary.all(), ElementsAre("text early", "text later"));
}

TEST_F(ConnectionTest, AMessageMayArriveByteByByteAndManyAtOnce) {
  open();
  std::string bytes;
  net::WsWriter writer(net::WsRole::client);
  writer.text(bytes, "drip");
  for (char c : bytes) peer->raw(std::string_view(&c, 1));
  bytes.clear();
  for (int i = 0; i < 500; ++i) writer.text(bytes, "n" + std::to_string(i));
  peer->raw(bytes);
  ASSERT_TRUE(diary.waitFor("text n499"));
  EXPECT_EQ(diary.all().size(), 501u);
  EXPECT_EQ(diary.all()[0], "text drip");
  EXPECT_EQ(diary.all()[250], "text n249");
}

TEST_F(ConnectionTest, ALargeMessageGoesBothWays) {
  limits.max_message = 8 << 20;
  on_message = [](WsConnection& c, std::string_view payload) { c.send(payload, true); };
  open();
  const std::string large(3 << 20, 'x');
  std::thread writer([&] { peer->text(large); });
  EXPECT_EQ(peer->next(), "text " + large);
  writer.join();
}

TEST_F(ConnectionTest, APingIsAnsweredWithItsPayload) {
  open();
  peer->ping("are you there?");
  EXPECT_EQ(peer->next(), "pong are you there?");
  EXPECT_THAT(diary.all(), IsEmpty());
}

TEST_F(ConnectionTest, AListenerMayAnswerFromInsideItsMessage) {
  on_message = [](WsConnection& c, std::string_view payload) { c.send("re: " + std::string(payload), true); };
  open();
  peer->text("1");
  peer->text("2");
  EXPECT_EQ(peer->next(), "text re: 1");
  EXPECT_EQ(peer->next(), "text re: 2");
}

TEST_F(ConnectionTest, APeerThatClosesGetsItsCodeBackAndTheSocketEnds) {
  open();
  peer->closeFrame(1001, "going home");
  EXPECT_EQ(peer->next(), "close 1001");
  EXPECT_EQ(peer->next(), "end");
  ASSERT_TRUE(diary.waitFor("closed"));
  EXPECT_THAT(diary.all(), ElementsAre("closed 1001 going home"));
  EXPECT_FALSE(send("too late"));
}

TEST_F(ConnectionTest, ACloseWithoutACodeIsACloseToo) {
  open();
  peer->closeFrame(0);
  EXPECT_THAT(peer->next(), StartsWith("close 1000"));
  ASSERT_TRUE(diary.waitFor("closed 1005"));
}

TEST_F(ConnectionTest, OurCloseWaitsForThePeersAndKeepsItsOwnCode) {
  limits.close_ms = 60'000;
  open();
  on(loop, [&] {
    connection->close(1000, "call over");
    connection->close(1008, "again");
  });
  EXPECT_FALSE(send("after the close"));
  EXPECT_EQ(peer->next(), "close 1000 call over");
  EXPECT_EQ(diary.count("closed"), 0u);
  peer->text("still talking");
  peer->closeFrame(1000);
  ASSERT_TRUE(diary.waitFor("closed"));
  EXPECT_THAT(diary.all(), ElementsAre("closed 1000 call over")) << "nothing is delivered to whoever has closed";
  EXPECT_EQ(peer->next(), "end");
}

TEST_F(ConnectionTest, APeerThatDoesNotCloseBackIsNotWaitedForLong) {
  limits.close_ms = 30;
  open();
  on(loop, [&] { connection->close(1000, "call over"); });
  ASSERT_TRUE(diary.waitFor("closed 1000 call over"));
  EXPECT_EQ(peer->next(), "close 1000 call over");
  EXPECT_EQ(peer->next(), "end");
}

TEST_F(ConnectionTest, APeerThatCutsTheLineIs1006) {
  open();
  peer->close();
  ASSERT_TRUE(diary.waitFor("closed"));
  EXPECT_THAT(diary.all(), ElementsAre("closed 1006 the peer cut the connection"));
}

TEST_F(ConnectionTest, APeerThatBreaksTheProtocolIsToldWhichWay) {
  struct {
    const char* bytes;
    std::size_t size;
    const char* code;
  } table[] = {{"\x81\x01x", 3, "1002"},                                  // not masked
               {"\xC1\x80\0\0\0\0", 6, "1002"},                           // a reserved bit
               {"\x83\x80\0\0\0\0", 6, "1002"},                           // an unknown opcode
               {"\x09\x80\0\0\0\0", 6, "1002"},                           // a ping in fragments
               {"\x80\x80\0\0\0\0", 6, "1002"},                           // a continuation of nothing
               {"\x81\x81\0\0\0\0\xFF", 7, "1007"},                       // text that is no UTF-8
               {"\x82\xFF\0\0\0\0\x7F\xFF\xFF\xFF\0\0\0\0", 14, "1009"},  // two gigabytes
               {"\x88\x81\0\0\0\0\x03", 7, "1002"},                       // half a close code
               {"GET / HTTP/1.1\r\n\r\n", 18, "1002"}};
  for (auto& row : table) {
    on(loop, [&] { connection.reset(); });
    open();
    const std::size_t before = diary.count("closed");
    peer->raw(std::string_view(row.bytes, row.size));
    EXPECT_THAT(peer->next(), StartsWith(std::string("close ") + row.code)) << row.code;
    EXPECT_EQ(peer->next(), "end");
    ASSERT_TRUE(diary.waitFor("closed", before + 1));
    EXPECT_THAT(diary.all().back(), StartsWith(std::string("closed ") + row.code));
  }
}

TEST_F(ConnectionTest, WhoHasClosedSaysNothingMoreWhateverComes) {
  limits.close_ms = 60'000;
  open();
  on(loop, [&] { connection->close(1000, "call over"); });
  EXPECT_EQ(peer->next(), "close 1000 call over");
  peer->ping("?");
  peer->raw(std::string("\x81\x01x", 3));
  EXPECT_EQ(peer->next(), "end");
  EXPECT_EQ(peer->afterClose(), 0u) << "a close frame is the last frame";
  ASSERT_TRUE(diary.waitFor("closed"));  // the peer hears it first
  on(loop, [] {});
  EXPECT_EQ(diary.count("closed"), 1u);
}

TEST_F(ConnectionTest, AudioIsDroppedForAPeerThatReadsSlowlyAndNothingElse) {
  limits.droppable_queue = 10'000;
  limits.max_queue = 64 << 20;
  open();
  const std::string piece(8'000, 'a');
  int taken = 0;
  while (taken < 10'000 && send(piece, true, true)) ++taken;
  ASSERT_LT(taken, 10'000);
  EXPECT_TRUE(send("control message", true, false));
  EXPECT_FALSE(send(piece, true, true));
  std::string last;
  for (int i = 0; i < taken; ++i) ASSERT_EQ(peer->next(), "text " + piece) << i;
  EXPECT_EQ(peer->next(), "text control message");
  on(loop, [&] { EXPECT_EQ(connection->unsent(), 0u); });
  EXPECT_TRUE(send(piece, true, true)) << "who has caught up hears again";
}

TEST_F(ConnectionTest, APeerWhoseQueueIsFullIsGivenUp) {
  limits.max_queue = 100'000;
  open();
  const std::string piece(50'000, 'a');
  int taken = 0;
  while (taken < 1000 && send(piece)) ++taken;
  ASSERT_TRUE(diary.waitFor("closed"));
  EXPECT_THAT(diary.all().back(), StartsWith("closed 1008 the peer reads too slowly"));
}

TEST_F(ConnectionTest, APeerThatStopsReadingIsGivenUp) {
  limits.stall_ms = 200;
  open();
  on(loop, [&] { connection->send(std::string(2 << 20, 'a'), true); });
  ASSERT_TRUE(diary.waitFor("closed"));
  EXPECT_THAT(diary.all().back(), StartsWith("closed 1006 the peer has not read anything"));
}

TEST_F(ConnectionTest, APeerThatFallsSilentIsGivenUpWhereSilenceIsWrong) {
  limits.idle_ms = 300;
  open();
  ASSERT_TRUE(diary.waitFor("closed"));
  EXPECT_THAT(diary.all().back(), StartsWith("closed 1006 nothing came from the peer"));
}

TEST_F(ConnectionTest, PingsKeepTheLineAwakeAndAPongIsASignOfLife) {
  limits.ping_ms = 100;
  open();
  EXPECT_EQ(peer->next(), "ping ");
  peer->frame([](std::string& out) { net::WsWriter(net::WsRole::client).pong(out); });
  EXPECT_EQ(peer->next(), "ping ");
  EXPECT_THAT(diary.all(), IsEmpty());
}

TEST_F(ConnectionTest, ReleasedItSaysGoodByeWithoutItsOwner) {
  limits.close_ms = 60'000;
  open();
  send("last words");
  on(loop, [&] { WsConnection::release(std::move(connection), 1001, "the gateway stops"); });
  EXPECT_EQ(peer->next(), "text last words");
  EXPECT_EQ(peer->next(), "close 1001 the gateway stops");
  on(loop, [&] { EXPECT_EQ(loop.handlers(), 1u) << "it waits for the peer's close"; });
  peer->closeFrame(1001);
  EXPECT_EQ(peer->next(), "end");
  peer->close();
  ASSERT_TRUE(comes(loop, [&] { return loop.handlers() == 0 && loop.timers() == 0; })) << "then nothing is left";
  EXPECT_THAT(diary.all(), IsEmpty());
}

TEST_F(ConnectionTest, ReleasedItGoesInTimeThoughThePeerKeepsSilent) {
  limits.close_ms = 20;
  open();
  on(loop, [&] { WsConnection::release(std::move(connection), 1000, "over"); });
  EXPECT_EQ(peer->next(), "close 1000 over");
  EXPECT_EQ(peer->next(), "end");
}

TEST_F(ConnectionTest, OneThatIsClosedAlreadyIsReleasedAtOnce) {
  open();
  peer->close();
  ASSERT_TRUE(diary.waitFor("closed"));
  on(loop, [&] { WsConnection::release(std::move(connection), 1000, "over"); });
  on(loop, [&] { EXPECT_EQ(loop.timers(), 0u); });
}

TEST_F(ConnectionTest, AnOwnerMayLetGoFromInsideItsCallbacks) {
  on_message = [&](WsConnection&, std::string_view) { WsConnection::release(std::move(connection), 1000, "enough"); };
  open();
  peer->text("one");
  peer->text("two");
  EXPECT_EQ(peer->next(), "close 1000 enough");
  peer->closeFrame(1000);
  EXPECT_EQ(peer->next(), "end");
  EXPECT_THAT(diary.all(), ElementsAre("text one"));

  on_message = nullptr;
  on_closed = [&] { loop.dispose(std::move(connection)); };
  open();
  peer->close();
  ASSERT_TRUE(diary.waitFor("closed"));
  on(loop, [] {});
  on(loop, [&] { EXPECT_EQ(loop.timers(), 0u); });
}

TEST_F(ConnectionTest, DestroyedItClosesTheSocketWithoutAWord) {
  open();
  on(loop, [&] { connection.reset(); });
  EXPECT_EQ(peer->next(), "end");
  EXPECT_THAT(diary.all(), IsEmpty());
  on(loop, [&] {
    EXPECT_EQ(loop.handlers(), 0u);
    EXPECT_EQ(loop.timers(), 0u);
  });
}

}  // namespace
}  // namespace loop_test
