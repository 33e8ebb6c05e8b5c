// A plugin's session on a loop: what it may ask for, and what it hears.
#include "host/plugin/session_host.hpp"

#include <hookswitch/out.hpp>

#include "host/net/http_server.hpp"
#include "host/plugin/wire.hpp"
#include "tests/net/loop_support.hpp"
#include "tests/plugin/script_role.hpp"

namespace plugin_test {
namespace {

using namespace hookswitch;
using namespace loop_test;
using plugin::SessionHost;
using plugin::view;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::uint64_t host_bit = std::uint64_t(1) << 63;

/// Upgrades on /ws end up as peers of the test; everything else is 404 with a body.
class WsServer final : public net::HttpHandler {
 public:
  WsServer() : server_({}, *this) {}
  ~WsServer() override { server_.stop(); }
  std::string url(const std::string& path = "/ws") const {
    return "ws://127.0.0.1:" + std::to_string(server_.port()) + path;
  }
  /// The next connection, as the server's end of it.
  std::unique_ptr<net::Stream> accept() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(20), [&] { return !streams_.empty(); })) return nullptr;
    auto s = std::move(streams_.front());
    streams_.erase(streams_.begin());
    return s;
  }

 private:
  net::UpgradeReply upgrade(const net::HttpRequest& request) override {
    if (request.path() != "/ws") return net::UpgradeReply::refuse(net::errorReply(403, "not here"));
    return net::UpgradeReply::accept([this](std::unique_ptr<net::Stream> stream, std::string) {
      std::lock_guard<std::mutex> lock(mutex_);
      streams_.push_back(std::move(stream));
      changed_.notify_all();
    });
  }
  net::HttpReply handle(const net::HttpRequest& request) override {
    net::HttpReply reply;
    reply.body = request.method + " " + request.target + " " + request.body;
    return reply;
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<net::Stream>> streams_;
  net::HttpServer server_;
};

class SessionHostTest : public testing::Test, public SessionHost::Owner {
 protected:
  void SetUp() override {
    loop.start();
    script = {};
    script.step = [this](const hks_msg& in, hks::Out& out) {
      diary.add(describe(in));
      return each ? each(in, out) : hks_status(HKS_OK);
    };
  }
  void TearDown() override {
    on(loop, [&] { session.reset(); });
    on(loop, [] {});
    loop.stop();
    io.stop(base::IoPool::Stop::abandon);
    EXPECT_EQ(script.opened, script.closed);
  }
  void open() {
    on(loop, [&] {
      plugin::SessionSource source{"fake", &scriptRole<0>(), std::make_shared<plugin::Settings>(), nullptr};
      session = std::make_shared<SessionHost>(loop, io, *this, source, "call-1", limits);
      hks_start start{};
      start.msg = {sizeof start, HKS_START, 0};
      opened = session->open(start);
    });
  }
  /// Lets the plugin say something by itself.
  void make(std::function<void(hks::Out&)> say) {
    on(loop, [&] {
      auto before = std::move(each);
      each = [&](const hks_msg&, hks::Out& out) {
        say(out);
        return hks_status(HKS_OK);
      };
      session->step(plugin::message(HKS_FLUSH, 0));
      each = std::move(before);
    });
  }
  std::unique_ptr<Peer> adopt() {
    int ours = -1;
    auto stream = socketPair(ours);
    auto peer = std::make_unique<Peer>(ours);
    on(loop, [&] { session->adopt(std::move(stream), {}); });
    return peer;
  }
  static std::string describe(const hks_msg& in) {
    const std::string name = plugin::typeName(in.type);
    switch (in.type) {
      case HKS_DATA:
        return name + (reinterpret_cast<const hks_data&>(in).is_text ? " text " : " binary ") +
               std::string(view(reinterpret_cast<const hks_data&>(in).bytes));
      case HKS_CONN_CLOSED: {
        auto& m = reinterpret_cast<const hks_closed&>(in);
        return name + " " + std::to_string(in.id & ~host_bit) + " " + std::to_string(m.close_code + m.http_status) +
               " " + std::string(view(m.reason));
      }
      case HKS_CONN_OPENED:
        return name + " " + std::to_string(in.id & ~host_bit) + (in.id & host_bit ? " from outside" : "");
      case HKS_TIMER_FIRED: return name + " " + std::to_string(in.id);
      case HKS_HTTP_RESPONSE: {
        auto& m = reinterpret_cast<const hks_http&>(in);
        return name + " " + std::to_string(in.id) + " " + std::to_string(m.status) + " " + std::string(view(m.body));
      }
      default: return name;
    }
  }
  void onSessionMessage(SessionHost&, const hks_msg& message) override {
    if (message.type == HKS_GONE && faulty) throw std::runtime_error("a mistake");
    diary.add(std::string("owner ") + plugin::typeName(message.type));
  }
  void onSessionBroken(SessionHost&) override { diary.add("broken"); }
  void onSessionFault(SessionHost&, const std::string& what, const std::string& why) override {
    diary.add("fault: " + what + ": " + why);
  }

  plugin::SessionLimits limits;
  base::Loop loop{"test"};
  base::IoPool io{2};
  std::shared_ptr<SessionHost> session;
  bool opened = false, faulty = false;
  Diary diary;
  std::function<hks_status(const hks_msg&, hks::Out&)> each;  // [loop]
};

TEST_F(SessionHostTest, BeginsWithStartAndIsClosedOnce) {
  open();
  EXPECT_TRUE(opened);
  EXPECT_THAT(diary.all(), ElementsAre("START"));
  on(loop, [&] {
    session->close(1000, "over");
    session->close(1000, "again");
    EXPECT_FALSE(session->isOpen());
  });
  on(loop, [] {});
  EXPECT_EQ(script.closed, 1);
  on(loop, [&] { session->step(plugin::message(HKS_FLUSH, 0)); });
  EXPECT_EQ(diary.all().size(), 1u) << "nothing is stepped afterwards";
}

TEST_F(SessionHostTest, APluginMayRefuse) {
  script.refuses = true;
  open();
  EXPECT_FALSE(opened);
  on(loop, [&] { EXPECT_FALSE(session->isOpen()); });
}

TEST_F(SessionHostTest, ASocketThatArrivesIsAConnectionWithAnIdOfTheHosts) {
  each = [](const hks_msg& in, hks::Out& out) {
    if (in.type == HKS_DATA) out.send(in.id, "re: " + std::string(view(reinterpret_cast<const hks_data&>(in).bytes)));
    return hks_status(HKS_OK);
  };
  open();
  auto peer = adopt();
  peer->text("hello");
  EXPECT_EQ(peer->next(), "text re: hello");
  peer->closeFrame(1000, "bye");
  ASSERT_TRUE(diary.waitFor("CONN_CLOSED"));
  EXPECT_THAT(diary.all(),
              ElementsAre("START", "CONN_OPENED 0 from outside", "DATA text hello", "CONN_CLOSED 0 1000 bye"));
}

TEST_F(SessionHostTest, ClosesItsConnectionsWithTheReasonOfTheEnd) {
  open();
  auto peer = adopt();
  on(loop, [&] { session->close(1000, "call over"); });
  EXPECT_EQ(peer->next(), "close 1000 call over");
  peer->closeFrame(1000);
  EXPECT_EQ(peer->next(), "end");
  EXPECT_EQ(diary.count("CONN_CLOSED"), 0u) << "a session that is closed hears nothing";
}

TEST_F(SessionHostTest, ThePluginMayCloseAConnectionItself) {
  open();
  auto peer = adopt();
  make([](hks::Out& out) { out.close(host_bit, 1008, "bad frame"); });
  EXPECT_EQ(peer->next(), "close 1008 bad frame");
  peer->closeFrame(1008);
  ASSERT_TRUE(diary.waitFor("CONN_CLOSED 0 1008"));
}

TEST_F(SessionHostTest, WhatIsSentToAnUnknownConnectionGoesNowhere) {
  open();
  auto peer = adopt();
  make([](hks::Out& out) {
    out.send(99, "x");
    out.close(99, 1000);
    out.send(host_bit, "y");
  });
  EXPECT_EQ(peer->next(), "text y");
}

TEST_F(SessionHostTest, ConnectsAndTalksToAServer) {
  WsServer server;
  open();
  make([&](hks::Out& out) { out.connect(5, {"GET", server.url()}); });
  auto stream = server.accept();
  ASSERT_TRUE(stream);
  Peer peer(::dup(stream->fd()), net::WsRole::server);
  ASSERT_TRUE(diary.waitFor("CONN_OPENED 5"));
  make([](hks::Out& out) { out.sendBinary(5, "to the model"); });
  // The stream is non-blocking; next() polls before it reads.
  EXPECT_EQ(peer.next(), "binary to the model");
  peer.text("from the model");
  ASSERT_TRUE(diary.waitFor("DATA text from the model"));
  peer.closeFrame(1011, "quota");
  ASSERT_TRUE(diary.waitFor("CONN_CLOSED 5 1011 quota"));
}

TEST_F(SessionHostTest, ARefusedHandshakeIsOneCloseWithTheStatusAndWhatTheServerSaid) {
  WsServer server;
  open();
  make([&](hks::Out& out) { out.connect(5, {"GET", server.url("/elsewhere")}); });
  ASSERT_TRUE(diary.waitFor("CONN_CLOSED 5 403"));
  EXPECT_THAT(diary.all().back(), HasSubstr("not here"));
  make([](hks::Out& out) { out.connect(6, {"GET", "ws://127.0.0.1:1/"}); });
  ASSERT_TRUE(diary.waitFor("CONN_CLOSED 6 0 "));
  EXPECT_EQ(diary.count("CONN_OPENED"), 0u);
}

TEST_F(SessionHostTest, ConnectionsHaveABoundAndAnIdIsUsedOnce) {
  WsServer server;
  open();
  make([&](hks::Out& out) {
    for (std::uint64_t id : {1, 1, 2, 3, 4, 5}) out.connect(id, {"GET", server.url()});
  });
  ASSERT_TRUE(diary.waitFor("CONN_CLOSED 1 0 too many connections, or the id is in use"));
  ASSERT_TRUE(diary.waitFor("CONN_CLOSED 5 0 too many connections"));
  ASSERT_TRUE(diary.waitFor("CONN_OPENED", 4)) << "the refusal of the second 1 does not touch the first";
}

TEST_F(SessionHostTest, AConnectionThatOpensAfterTheEndIsDropped) {
  WsServer server;
  open();
  on(loop, [&] {
    auto before = std::move(each);
    each = [&](const hks_msg&, hks::Out& out) {
      out.connect(5, {"GET", server.url()});
      return hks_status(HKS_OK);
    };
    session->step(plugin::message(HKS_FLUSH, 0));
    each = std::move(before);
    session->close(1000, "over");
  });
  auto stream = server.accept();
  ASSERT_TRUE(stream);
  Peer peer(::dup(stream->fd()), net::WsRole::server);
  EXPECT_EQ(peer.next(), "end");
  EXPECT_EQ(diary.count("CONN"), 0u);
}

TEST_F(SessionHostTest, TimersFireOnceAreReplacedAndCancelled) {
  open();
  make([](hks::Out& out) {
    out.timer(1, 1);
    out.timer(2, 1);
    out.cancelTimer(2);
    out.timer(3, 60'000);
    out.timer(3, 10);
  });
  ASSERT_TRUE(diary.waitFor("TIMER_FIRED 3"));
  EXPECT_EQ(diary.count("TIMER_FIRED 1"), 1u);
  EXPECT_EQ(diary.count("TIMER_FIRED 2"), 0u);
}

TEST_F(SessionHostTest, TimersHaveABoundAndEndWithTheSession) {
  open();
  make([](hks::Out& out) {
    for (std::uint64_t id = 0; id < 100; ++id) out.timer(id, 60'000);
  });
  on(loop, [&] { EXPECT_EQ(loop.timers(), plugin::SessionLimits().timers); });
  on(loop, [&] { session->close(1000, "over"); });
  on(loop, [&] { EXPECT_EQ(loop.timers(), 0u); });
}

TEST_F(SessionHostTest, ARequestHasExactlyOneAnswer) {
  WsServer server;
  open();
  const std::string http = "http" + server.url("/path?q").substr(2);
  make([&](hks::Out& out) {
    out.call(1, {"POST", http, {{"X-A", "b"}}, "body"});
    out.call(2, {"GET", "http://127.0.0.1:1/"});
  });
  ASSERT_TRUE(diary.waitFor("HTTP_RESPONSE 1 200 POST /path?q body"));
  ASSERT_TRUE(diary.waitFor("HTTP_RESPONSE 2 0 "));
  EXPECT_EQ(diary.count("HTTP_RESPONSE"), 2u);
}

TEST_F(SessionHostTest, WhatItDoesNotKnowIsItsOwnersBusiness) {
  open();
  make([](hks::Out& out) {
    out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
    out.audio(HKS_PCMU_8K, "x");
    out.gone("why");
  });
  EXPECT_THAT(diary.all(), ElementsAre("START", "FLUSH", "owner READY", "owner AUDIO", "owner GONE"));
}

TEST_F(SessionHostTest, AnOwnerThatThrowsIsToldSoAndHearsOfTheNextMessage) {
  faulty = true;
  open();
  make([](hks::Out& out) {
    out.gone("why");
    out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
  });
  EXPECT_THAT(diary.all(), ElementsAre("START", "FLUSH", "fault: the message GONE: a mistake", "owner READY"));
}

TEST_F(SessionHostTest, FiveFailuresInARowAreReportedToTheOwner) {
  open();
  each = [](const hks_msg&, hks::Out&) { return hks_status(HKS_FAULT); };
  for (unsigned i = 0; i + 1 < plugin::Session::max_faults; ++i)
    on(loop, [&] { session->step(plugin::message(HKS_FLUSH, 0)); });
  EXPECT_EQ(diary.count("broken"), 0u);
  on(loop, [&] { session->step(plugin::message(HKS_FLUSH, 0)); });
  EXPECT_EQ(diary.count("broken"), 1u);
}

TEST_F(SessionHostTest, OnlyAudioIsDroppedForAPeerThatReadsSlowly) {
  limits.connection.droppable_queue = 10'000;
  open();
  auto peer = adopt();
  const std::string piece(50'000, 'a');
  each = [&](const hks_msg& in, hks::Out& out) {
    if (in.type == HKS_AUDIO) out.send(host_bit, piece);
    if (in.type == HKS_FLUSH) out.send(host_bit, "clear");
    return hks_status(HKS_OK);
  };
  hks_audio audio{};
  audio.msg = {sizeof audio, HKS_AUDIO, 0};
  audio.format = HKS_PCMU_8K;
  for (int i = 0; i < 100; ++i) on(loop, [&] { session->step(audio.msg); });
  on(loop, [&] { session->step(plugin::message(HKS_FLUSH, 0)); });
  int pieces = 0;
  std::string got;
  while ((got = peer->next()) == "text " + piece) ++pieces;
  EXPECT_EQ(got, "text clear");
  EXPECT_GT(pieces, 0);
  EXPECT_LT(pieces, 100);
  peer->closeFrame(1000);
  ASSERT_TRUE(diary.waitFor("CONN_CLOSED"));
}

}  // namespace
}  // namespace plugin_test
