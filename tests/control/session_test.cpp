// What a control session may ask of the host: timers, requests, connections.
#include "tests/control/support.hpp"

namespace control_test {
namespace {

using testing::HasSubstr;
using plugin::view;

class ControlSession : public testing::Test {
 protected:
  ControlSession() : a(world.add("a")) {
    a.on_control = [this](const hks_msg& in, hks::Out&) {
      if (in.type == HKS_TIMER_FIRED && in.id != 4711) fired.push_back(in.id);
      if (in.type == HKS_HTTP_RESPONSE) {
        auto& m = reinterpret_cast<const hks_http&>(in);
        responses.push_back({in.id, m.status, m.flags, std::string(view(m.body))});
      }
      if (in.type == HKS_CONN_CLOSED) {
        auto& m = reinterpret_cast<const hks_end&>(in);
        closed.push_back({in.id, m.code, m.code, std::string(view(m.reason))});
      }
      return in.type == HKS_TIMER_FIRED && in.id != 4711 ? hks_status(HKS_OK) : hks_status(HKS_UNSUPPORTED);
    };
  }
  struct Answer { std::uint64_t id; std::uint32_t status, flags; std::string body; };
  World world;
  FakePlugin& a;
  std::vector<std::uint64_t> fired;         // [control]
  std::vector<Answer> responses, closed;    // [control]
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
  ASSERT_TRUE(world.until([&] { return world.carrier().heard("TIMER_FIRED") == 2; }));
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
    for (std::uint64_t i = 0; i < m.setting_count; ++i) settings.emplace(view(m.settings[i].name), view(m.settings[i].value));
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
