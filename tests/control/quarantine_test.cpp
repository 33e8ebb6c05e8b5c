// What is made of the file of deaths, and what is held back of a plugin: on a clock that the tests move.
#include <fstream>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

#include "host/control/quarantine.hpp"
#include "tests/control/support.hpp"
#include "tests/folder.hpp"

namespace control_test {
namespace {

using control::Quarantine;
using testing::HasSubstr;
using testing::Not;

class QuarantineTest : public testing::Test {
 protected:
  Quarantine::Options options() {
    Quarantine::Options o;
    o.path = directory + "/steps";
    o.first_s = 10;
    o.unix_ms = [this] { return now.load(); };
    return o;
  }
  void died(const std::string& plugin, const std::string& role, std::uint32_t type, std::uint32_t phase = 0,
            const std::string& about = "") {
    const bool first = !std::ifstream(directory + "/steps");
    std::ofstream(directory + "/steps", std::ios::app)
        << "death\t" << now + ++died_so_far << "\tSIGSEGV\t" << plugin << "\t" << role << "\t" << type << "\t" << phase
        << "\t" << about << "\n";
    if (first) {
      ASSERT_EQ(::chmod((directory + "/steps").c_str(), 0600), 0);
    }
  }
  std::string file() {
    std::ifstream in(directory + "/steps");
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  const hookswitch_test::Folder folder{"quarantine"};
  const std::string directory = folder.path();
  std::atomic<std::uint64_t> now{1'800'000'000'000};
  std::uint64_t died_so_far = 0;  // no two of them are of the same millisecond
};

TEST_F(QuarantineTest, ALineThatStandsTwiceIsOneDeath) {
  const std::string line =
      "death\t1700000000000\tSIGSEGV\tp\tcontrol\t" + std::to_string(HKS_CALL_PHASE) + "\t4\tcall-1\n";
  std::ofstream(directory + "/steps") << line << line;
  ASSERT_EQ(::chmod((directory + "/steps").c_str(), 0600), 0);
  const Quarantine q(options());
  ASSERT_TRUE(q.find("p", "hook notify"));
  EXPECT_EQ(q.find("p", "hook notify")->deaths, 1u);
}

TEST_F(QuarantineTest, OneDeathMakesASuspectAndTheSecondHoldsBack) {
  died("p", "control", HKS_CALL_PHASE, HKS_PHASE_NOTIFY, "call-1");
  {
    const Quarantine q(options());
    EXPECT_TRUE(q.find("p", "hook notify"));
    EXPECT_EQ(q.held("p", "hook notify").ms, 0u);
    EXPECT_EQ(q.reason("p"), "");
  }
  died("p", "control", HKS_CALL_PHASE, HKS_PHASE_NOTIFY, "call-1");
  const Quarantine q(options());
  EXPECT_EQ(q.held("p", "hook notify").ms, 10'000u);
  EXPECT_EQ(q.held("p", "hook record").ms, 0u);
  EXPECT_EQ(q.held("other", "hook notify").ms, 0u);
  EXPECT_THAT(q.reason("p"), HasSubstr("hook notify: the plugin p is quarantined for 10 s: the gateway died by SIGSEGV "
                                       "in the hook notify of the call call-1, 2 times so far"));
  now += 10'000;
  EXPECT_EQ(q.held("p", "hook notify").ms, 0u);
}

TEST_F(QuarantineTest, WaitsDoubleUpToABoundThatIsLowerForLegsAndSurviveRestarts) {
  std::uint64_t expected = 10'000;
  for (int deaths = 1; deaths < 14; ++deaths) {
    died("p", "control", HKS_TIMER_FIRED);
    died("p", "control", HKS_CALL_PHASE, HKS_PHASE_HANGUP, "c");
    Quarantine q(options());
    q.keep();  // as every start does
    if (deaths < 2) continue;
    EXPECT_EQ(q.held("p", "session").ms, std::min(expected, Quarantine::longest_ms)) << deaths;
    EXPECT_EQ(q.held("p", "hook hangup").ms, std::min(expected, Quarantine::longest_leg_ms)) << deaths;
    expected *= 2;
    now += 1000;
  }
  EXPECT_THAT(file(), Not(HasSubstr("\ndeath"))) << "what was counted is not counted again";
}

TEST_F(QuarantineTest, ASuccessForTheSameClearsAndOneForSomethingElseOnlyAfterAWhile) {
  for (int i = 0; i < 2; ++i) died("p", "control", HKS_CALL_PHASE, HKS_PHASE_NOTIFY, "bad");
  Quarantine q(options());
  q.keep();
  q.succeeded("p", "hook notify", "good");
  EXPECT_TRUE(q.find("p", "hook notify")) << "the one that kills is still to come";
  now += 601'000;
  q.succeeded("p", "hook notify", "good");
  EXPECT_FALSE(q.find("p", "hook notify"));
  for (int i = 0; i < 2; ++i) died("p", "control", HKS_CALL_PHASE, HKS_PHASE_NOTIFY, "bad");
  Quarantine again(options());
  again.keep();
  again.succeeded("p", "hook notify", "bad");
  EXPECT_TRUE(again.empty());
  EXPECT_TRUE(Quarantine(options()).empty()) << "also for the next start";
}

TEST_F(QuarantineTest, AReleaseForgetsEverythingOfThatPlugin) {
  for (auto plugin : {"p", "q"})
    for (int i = 0; i < 2; ++i) died(plugin, "voice", HKS_AUDIO, 0, "c"), died(plugin, "control", HKS_CALL_PLACE);
  Quarantine q(options());
  q.keep();
  EXPECT_GT(q.held("p", "voice").ms, 0u);
  EXPECT_GT(q.held("p", "CALL_PLACE").ms, 0u);
  EXPECT_TRUE(q.release("p"));
  EXPECT_FALSE(q.release("p"));
  EXPECT_EQ(q.reason("p"), "");
  EXPECT_NE(Quarantine(options()).reason("q"), "");
}

TEST_F(QuarantineTest, HalfLinesAndRubbishAreNoReasonToStop) {
  std::ofstream(directory + "/steps") << "death\t12\nsuspect\tx\nhook\tp\tnine\tx\n\x01\xff\n\ndeath\t1\tSIGSEGV\tp\tco"
                                         "ntrol\tx\ty\t\nsuspect\tp\tsession\t2\t1\t99999999999999\t-\ttext\n";
  ASSERT_EQ(::chmod((directory + "/steps").c_str(), 0600), 0);
  Quarantine q(options());
  EXPECT_EQ(q.held("p", "session").ms, 10'000u) << "a clock that was set makes no wait longer than it would be now";
  q.keep();
  EXPECT_EQ(Quarantine(options()).of("p").size(), 1u);
}

TEST_F(QuarantineTest, AHangUpThatIsHeldBackIsAnAlarmAndGoesOutWhenItsTimeHasCome) {
  for (int i = 0; i < 2; ++i) died("carrier", "control", HKS_CALL_PHASE, HKS_PHASE_HANGUP, "an earlier call");
  Quarantine q(options());
  World world;
  world.services.quarantine = &q;
  world.start();
  const std::string id = world.place();
  const net::HttpReply reply = world.answer("POST", "/api/calls/" + id + "/end");
  EXPECT_EQ(reply.status, 502);
  EXPECT_THAT(reply.body, HasSubstr("the plugin carrier is quarantined for 10 s"));
  EXPECT_EQ(world.carrier().heard("phase hangup"), 0u);
  EXPECT_EQ(world.on([&] { return world.calls->counts().unconfirmed; }), 1u) << "the leg is up: that is an alarm";
  EXPECT_THAT(world.answer("GET", "/health").body, HasSubstr(R"("plugins_quarantined":["carrier"])"));
  EXPECT_THAT(world.answer("GET", "/api/metrics").body, HasSubstr("hookswitch_plugins_quarantined 1"));
  EXPECT_EQ(world.answer("POST", "/api/plugins/voice/release").status, 409);
  EXPECT_EQ(world.answer("POST", "/api/plugins/nobody/release").status, 404);
  EXPECT_EQ(world.answer("POST", "/api/plugins/carrier/release").status, 200);
  EXPECT_TRUE(world.until([&] { return world.carrier().heard("phase hangup/1") == 1; }))
      << "its first attempt, though it was put off";
}

TEST_F(QuarantineTest, WhatCanBeLeftOutIsLeftOut) {
  for (int i = 0; i < 2; ++i) {
    died("carrier", "control", HKS_CALL_PLACE);
    died("n", "notifier", HKS_NOTICE);
    died("n", "notifier", HKS_HTTP_REQUEST, 0, "/n");
  }
  Quarantine q(options());
  World world;
  world.services.quarantine = &q;
  auto& n = world.add("n");
  n.is_control = false;
  n.is_notifier = true;
  n.at_start = [](hks::Out& out) { out.route("GET", "/n", HKS_ROUTE_OPEN); };
  world.start();
  const net::HttpReply refused = world.answer("POST", "/api/call", R"({"to":"+15550100002"})");
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.body, HasSubstr("No carrier: the plugin carrier is quarantined"));
  world.make("carrier", [](hks::Out& out) { out.notice({}, "attention"); });
  EXPECT_EQ(n.heard("NOTICE"), 0u);
  EXPECT_EQ(world.answer("GET", "/n").status, 503);
  now += 10'000;
  EXPECT_EQ(world.answer("POST", "/api/call", R"({"to":"+15550100002"})").status, 201);
  EXPECT_FALSE(world.on([&] { return q.find("carrier", "CALL_PLACE").has_value(); })) << "it has worked";
}

}  // namespace
}  // namespace control_test
