// What a WebSocket on a loop carries, and for whom it drops or gives up.
#include "tests/base/watched.hpp"
#include "tests/net/ws_connection_support.hpp"

namespace loop_test {
namespace {

TEST_F(ConnectionTest, AListenerThatThrowsCostsItsConnectionAndNoOther) {
  open();
  on_message = [](WsConnection&, std::string_view) { throw std::runtime_error("a mistake"); };
  peer->text("one");
  peer->text("two");
  ASSERT_TRUE(diary.waitFor("closed"));
  EXPECT_THAT(diary.all(),
              ElementsAre("text one", "failed: a mistake", "closed 1006 an internal error of the gateway"));
  EXPECT_NE(peer->next(), "silence");
  on(loop, [&] { EXPECT_FALSE(base_test::isWatched(host_fd)); });
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

}  // namespace
}  // namespace loop_test
