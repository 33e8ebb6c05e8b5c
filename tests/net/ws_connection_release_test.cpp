// A connection whose owner lets it go.
#include "tests/base/watched.hpp"
#include "tests/net/ws_connection_support.hpp"

namespace loop_test {
namespace {

TEST_F(ConnectionTest, ReleasedItSaysGoodByeWithoutItsOwner) {
  limits.close_ms = 60'000;
  open();
  send("last words");
  on(loop, [&] { WsConnection::release(std::move(connection), 1001, "the gateway stops"); });
  EXPECT_EQ(peer->next(), "text last words");
  EXPECT_EQ(peer->next(), "close 1001 the gateway stops");
  on(loop, [&] { EXPECT_TRUE(base_test::isWatched(host_fd)) << "it waits for the peer's close"; });
  peer->closeFrame(1001);
  EXPECT_EQ(peer->next(), "end");
  peer->close();
  ASSERT_TRUE(comes(loop, [&] { return !base_test::isWatched(host_fd) && loop.timers() == 0; }))
      << "then nothing is left";
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
    EXPECT_FALSE(base_test::isWatched(host_fd));
    EXPECT_EQ(loop.timers(), 0u);
  });
}

}  // namespace
}  // namespace loop_test
