// What a control session may ask of the host: timers, requests, connections.
#include "tests/control/support.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace control_test {
namespace {

using plugin::view;
using testing::HasSubstr;

class ControlSession : public WorldTest {
 protected:
  ControlSession() : a(world.add("a")) {
    a.on_control = [this](const hks_msg& in, hks::Out&) {
      if (in.type == HKS_TIMER_FIRED && in.id != 4711) fired.push_back(in.id);
      if (in.type == HKS_HTTP_RESPONSE) {
        auto& m = reinterpret_cast<const hks_http&>(in);
        responses.push_back({in.id, m.status, m.flags, std::string(view(m.body))});
      }
      if (in.type == HKS_CONN_CLOSED) {
        auto& m = reinterpret_cast<const hks_closed&>(in);
        closed.push_back({in.id, m.http_status, m.close_code, std::string(view(m.reason))});
      }
      return in.type == HKS_TIMER_FIRED && in.id != 4711 ? hks_status(HKS_OK) : hks_status(HKS_UNSUPPORTED);
    };
  }
  struct Answer {
    std::uint64_t id;
    std::uint32_t status, flags;
    std::string body;
  };
  FakePlugin& a;
  std::vector<std::uint64_t> fired;       // [control]
  std::vector<Answer> responses, closed;  // [control]
};

TEST_F(ControlSession, ATimerFiresOnce) {
  world.start();
  world.make("a", [](hks::Out& out) { out.timer(7, 1); });
  ASSERT_TRUE(world.until([&] { return !fired.empty(); }));
  world.make("a", [](hks::Out& out) { out.timer(8, 5); });
  ASSERT_TRUE(world.until([&] { return fired.size() >= 2; }));
  EXPECT_EQ(fired, (std::vector<std::uint64_t>{7, 8}));
}

TEST_F(ControlSession, TheSameIdAgainReplacesATimerAndNeverCancelsIt) {
  world.start();
  world.make("a", [](hks::Out& out) {
    out.timer(1, 1);
    out.timer(1, 600'000);
    out.timer(2, 1);
    out.cancelTimer(2);
    out.cancelTimer(99);
    out.timer(3, 20);
  });
  ASSERT_TRUE(world.until([&] { return !fired.empty(); }));
  EXPECT_EQ(fired, (std::vector<std::uint64_t>{3}));
}

TEST_F(ControlSession, TimersHaveABound) {
  world.start();
  world.make("a", [](hks::Out& out) {
    for (std::uint64_t i = 0; i < 4000; ++i) out.timer(i, 600'000);
  });
  world.make("a", [](hks::Out& out) {
    for (std::uint64_t i = 4000; i < 4096; ++i) out.timer(i, 600'000);
    out.timer(5000, 1);
    out.cancelTimer(0);
    out.timer(5001, 1);
  });
  ASSERT_TRUE(world.until([&] { return !fired.empty(); }));
  world.settle();
  EXPECT_EQ(fired, (std::vector<std::uint64_t>{5001}));
}

TEST_F(ControlSession, ARequestThatCannotBeSentIsAnsweredOnceAndSaysThatNothingLeft) {
  world.start();
  world.make("a", [](hks::Out& out) {
    out.call(11, {"POST", "http://127.0.0.1:1/secret-path", {}, "x"});
    out.call(12, {"POST", "no address at all", {}, "x"});
  });
  ASSERT_TRUE(world.until([&] { return responses.size() == 2; }));
  for (auto& r : responses) {
    EXPECT_EQ(r.status, 0u);
    EXPECT_EQ(r.flags, unsigned(HKS_HTTP_UNSENT));
    EXPECT_NE(r.body, "");
    EXPECT_EQ(r.body.find("secret-path"), std::string::npos);
  }
}

/// A server that takes connections and never answers, until it goes.
class Silent {
 public:
  Silent() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(fd_, 64) != 0)
      throw std::runtime_error("no listener");
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    url = "http://127.0.0.1:" + std::to_string(ntohs(at.sin_port)) + "/";
  }
  ~Silent() { ::close(fd_); }  // resets what nobody has accepted
  std::string url;

 private:
  int fd_;
};

/// Every thread that the lane of "a" may have is taken until it opens.
class Gate {
 public:
  explicit Gate(World& world) {
    for (int i = 0; i < 2; ++i) world.io.post("a", [open = opened_] { open.wait(); });
  }
  void open() { gate_.set_value(); }

 private:
  std::promise<void> gate_;
  std::shared_future<void> opened_ = gate_.get_future().share();
};

TEST_F(ControlSession, ARequestThatWaitedForAThreadLongerThanItHasIsNotSent) {
  world.start();
  const Silent server;
  Gate gate(world);
  world.make("a", [&](hks::Out& out) {
    out.call(11, {"POST", server.url, {}, "x", 20'000});
    out.timer(7, 40'000);
  });
  world.pass(40'000);
  ASSERT_TRUE(world.until([&] { return !fired.empty(); }));
  gate.open();
  ASSERT_TRUE(world.until([&] { return responses.size() == 1; }));
  EXPECT_EQ(responses[0].status, 0u);
  EXPECT_EQ(responses[0].flags, unsigned(HKS_HTTP_UNSENT)) << "so that it may be repeated";
  EXPECT_THAT(responses[0].body, testing::MatchesRegex("The request was not sent: it waited [0-9]+ ms for a thread"));
}

TEST_F(ControlSession, WhatARequestWaitedForAThreadIsPartOfItsTime) {
  world.start();
  const Silent server;
  Gate gate(world);
  world.make("a", [&](hks::Out& out) {
    out.call(11, {"POST", server.url, {}, "x", 600'000});
    out.timer(7, 599'900);
  });
  world.pass(599'900);
  ASSERT_TRUE(world.until([&] { return !fired.empty(); }));
  gate.open();
  ASSERT_TRUE(world.until([&] { return responses.size() == 1; }));
  // It had a tenth of a second left; with the whole of its time it would not have ended while we waited.
}

TEST_F(ControlSession, SlowRequestsKeepNothingWaitingThatEndsALeg) {
  const Silent server;
  const auto call = [](hks::Out& out, std::uint64_t id) { out.call(id, {"POST", "http://127.0.0.1:1/", {}, "x"}); };
  a.on_phase = [&](const hks_phase& p, hks::Out& out) { call(out, p.phase); };
  std::vector<std::uint64_t> answered;
  a.on_control = [&](const hks_msg& in, hks::Out& out) {
    if (in.type == HKS_HTTP_RESPONSE) {
      answered.push_back(in.id);
      if (in.id < 10)
        call(out, in.id + 10);  // what follows from an answer,
      else if (in.id < 20)
        out.timer(in.id + 10, 1);  // and later from that
    }
    if (in.type != HKS_TIMER_FIRED || in.id == 4711) return hks_status(HKS_UNSUPPORTED);
    call(out, in.id);
    return hks_status(HKS_OK);
  };
  world.start();
  world.make("a", [&](hks::Out& out) {
    for (std::uint64_t i = 100; i < 200; ++i) out.call(i, {"POST", server.url, {}, "x", 60'000});
  });
  std::vector<std::uint64_t> expected;
  for (auto phase : {HKS_PHASE_HANGUP, HKS_PHASE_CONFIRM, HKS_PHASE_SETTLE}) {
    world.on([&] {
      hks_phase m{};
      m.msg = {sizeof m, HKS_CALL_PHASE, 1};
      m.phase = phase;
      world.plugins->session("a")->step(m.msg);
    });
    for (std::uint64_t step : {0, 10, 20}) expected.push_back(phase + step);
    ASSERT_TRUE(world.until([&] { return answered.size() == expected.size(); })) << phase;
  }
  EXPECT_EQ(answered, expected);
  world.on([&] { world.plugins->session("a")->close(); });  // the slow ones end with their server
}

TEST_F(ControlSession, AConnectionThatIsRefusedIsClosedOnce) {
  world.start();
  world.make("a", [](hks::Out& out) { out.connect(21, {"GET", "ws://127.0.0.1:1/"}); });
  ASSERT_TRUE(world.until([&] { return closed.size() == 1; }));
  EXPECT_EQ(closed[0].id, 21u);
  EXPECT_EQ(closed[0].status, 0u);
}

TEST_F(ControlSession, AnIdThatIsInUseAndOnesBeyondTheBoundAreRefused) {
  world.start();
  world.on([&] {
    a.once = [](hks::Out& out) {
      for (std::uint64_t i = 1; i <= 9; ++i) out.connect(i, {"GET", "ws://127.0.0.1:1/"});
      out.connect(1, {"GET", "ws://127.0.0.1:1/"});
    };
    world.plugins->session("a")->step(hks_msg{sizeof(hks_msg), HKS_TIMER_FIRED, 4711});
  });
  ASSERT_TRUE(world.until([&] { return closed.size() == 10; }));
  std::size_t refused = 0;
  for (auto& c : closed) refused += c.body.find("too many connections, or the id is in use") != std::string::npos;
  EXPECT_EQ(refused, 2u);
}

TEST_F(ControlSession, OneThatIsClosedHearsNothingAnyMore) {
  a.keys.push_back({"k", "1", "", HKS_TEXT, false, false, {}});
  world.start();
  world.make("a", [](hks::Out& out) { out.timer(1, 500); });
  world.on([&] {
    world.plugins->session("a")->close();
    EXPECT_EQ(world.plugins->session("a")->step(hks_msg{sizeof(hks_msg), HKS_TIMER_FIRED, 9}), HKS_FAULT);
  });
  world.make("carrier", [](hks::Out& out) { out.timer(2, 600); });
  ASSERT_TRUE(world.comes([&] { return world.carrier().heard("TIMER_FIRED") == 2; }));
  EXPECT_TRUE(fired.empty());
  EXPECT_EQ(a.closed(FakePlugin::control_role), 1);
}

TEST_F(ControlSession, StartBringsTheSectionAndWhatTheHostIs) {
  std::map<std::string, std::string> settings;
  std::string url, version;
  std::uint64_t seed = 0, unix_ms = 0;
  bool of_a_call = true;
  a.keys.push_back({"k", "fallback", "", HKS_TEXT, false, false, {}});
  a.on_control = [&](const hks_msg& in, hks::Out&) {
    if (in.type != HKS_START) return hks_status(HKS_UNSUPPORTED);
    auto& m = reinterpret_cast<const hks_start&>(in);
    for (std::uint64_t i = 0; i < m.setting_count; ++i)
      settings.emplace(view(m.settings[i].name), view(m.settings[i].value));
    url = std::string(view(m.public_url));
    version = std::string(view(m.host_version));
    seed = m.seed;
    unix_ms = m.unix_ms;
    of_a_call = m.call != nullptr;
    EXPECT_EQ(m.line_size, sizeof(hks_line));
    EXPECT_EQ(m.tool_size, sizeof(hks_tool));
    return hks_status(HKS_OK);
  };
  world.start();
  EXPECT_EQ(settings, (std::map<std::string, std::string>{{"enabled", "true"}, {"k", "fallback"}}));
  EXPECT_EQ(url, "https://gateway.example");
  EXPECT_EQ(version, "test");
  EXPECT_NE(seed, 0u);
  EXPECT_GT(unix_ms, 1'700'000'000'000u);
  EXPECT_FALSE(of_a_call);
}

}  // namespace
}  // namespace control_test
