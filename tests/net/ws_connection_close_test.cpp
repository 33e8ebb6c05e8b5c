// Who closes, with which code, and what a peer that breaks the protocol or floods reads of it.
#include "tests/net/ws_connection_support.hpp"

namespace loop_test {
namespace {

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

}  // namespace
}  // namespace loop_test
