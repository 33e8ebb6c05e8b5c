// A process that stands still, and whom it then blames for it.
#include "host/base/lived_clock.hpp"

#include "host/net/http_client.hpp"
#include "tests/base/pretended_clock.hpp"
#include "tests/net/http_server_support.hpp"

using namespace hookswitch;
using namespace net_test;
using namespace std::chrono_literals;

namespace {

using Heartbeat = base::LivedClock::Heartbeat;

/// How long it has stood, so far: what it is behind the monotonic clock.
base::LivedClock::duration behind() {
  std::chrono::steady_clock::time_point monotonic;
  const auto lived = base::LivedClock::now(monotonic);
  return monotonic.time_since_epoch() - lived.time_since_epoch();
}

}  // namespace

TEST(LivedClock, IsTheMonotonicClockWhenNobodyWatches) {
  const auto before = base::LivedClock::now();
  base_test::pass(40s);
  EXPECT_GE(base::LivedClock::now() - before, 40s);
}

TEST(LivedClock, TakesBackTheTimeInWhichTheProcessStood) {
  Heartbeat heartbeat;
  const auto before = base::LivedClock::now();
  const auto stood = behind();
  base_test::pass(3600s);
  EXPECT_LT(base::LivedClock::now() - before, 1800s);
  EXPECT_GT(behind() - stood, 1800s);
  base_test::pass(3600s);
  EXPECT_LT(base::LivedClock::now() - before, 1800s) << "a second time, while it still stands";
}

TEST(LivedClock, GoesOnAfterwards) {
  Heartbeat heartbeat;
  base_test::pass(40s);
  const auto before = base::LivedClock::now();
  const auto patience = std::chrono::steady_clock::now() + 20s;
  while (base::LivedClock::now() < before + 10ms && std::chrono::steady_clock::now() < patience)
    std::this_thread::yield();
  EXPECT_GE(base::LivedClock::now(), before + 10ms) << "it stands for ever";
}

TEST(LivedClock, NeverGoesBackForAnybody) {
  Heartbeat heartbeat;
  std::atomic<bool> stop{false};
  std::atomic<int> back{0}, far{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      for (auto last = base::LivedClock::now(); !stop;) {
        const auto now = base::LivedClock::now();
        back += now < last;
        far += now - last > 1000s;
        last = now;
      }
    });
  for (int i = 0; i < 200; ++i) {
    base_test::pass(3600s);
    base::LivedClock::now();
  }
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(back, 0);
  EXPECT_EQ(far, 0);
}

TEST(LivedClock, AServerThatAnsweredWhileWeStoodIsHeard) {
  Heartbeat heartbeat;
  ScriptedServer server([](int, Peer& peer) {
    peer.message();
    base_test::pass(60s);
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere");
  });
  HttpCall request;
  request.url = server.url("http", "/");
  request.timeout_ms = 20'000;
  HttpClient client;
  const HttpResult result = client.perform(request);
  EXPECT_EQ(result.body, "here") << result.error;
}

TEST_F(HttpServerTest, AClientWhoseRequestIsHalfHereWhenWeStandStillMayFinishIt) {
  Heartbeat heartbeat;
  HttpServerOptions options;
  options.request_timeout_ms = 20'000;
  Peer peer = Peer::connect(start(options).port());
  EXPECT_EQ(statusOf((peer.send(get("/")), peer.message())), 200);  // the server has the connection
  peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
  base_test::pass(60s);
  peer.send("cd");
  EXPECT_EQ(statusOf(peer.message()), 200);
}
