// Peers that stop reading or fall silent, and time in which the process stood.
#include "host/base/lived_clock.hpp"
#include "tests/base/pretended_clock.hpp"
#include "tests/net/ws_connection_support.hpp"

namespace loop_test {
namespace {

TEST_F(ConnectionTest, AProcessThatStoodStillReadsBeforeItJudges) {
  const base::LivedClock::Heartbeat heartbeat;
  limits.idle_ms = 10'000;
  open();
  peer->text("before");
  ASSERT_TRUE(diary.waitFor("text before"));
  on(loop, [&] {
    peer->text("meanwhile");
    base_test::pass(std::chrono::seconds(40));
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
  on(loop, [&] { base_test::pass(std::chrono::seconds(40)); });
  on(loop, [] {});
  EXPECT_EQ(diary.count("closed"), 0u);
  ASSERT_TRUE(diary.waitFor("closed 1006 nothing came from the peer for 3 s"));
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

TEST_F(ConnectionTest, AConnectionAtRestWakesNobodyBeforeSomethingCanBeWrong) {
  open();
  peer->text("hello");
  ASSERT_TRUE(diary.waitFor("text hello"));
  on(loop, [&] {
    connection->send("hello", true);
    EXPECT_EQ(loop.timers(), 0u) << "no limit, no timer";
  });
  EXPECT_EQ(peer->next(), "text hello");
  on(loop, [&] { EXPECT_EQ(loop.timers(), 0u); });
}

}  // namespace
}  // namespace loop_test
