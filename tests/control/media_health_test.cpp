// New calls are refused while the media loops are late, and taken again when they are not.
#include "host/control/media_health.hpp"

#include "tests/control/support.hpp"

namespace control_test {
namespace {

using testing::HasSubstr;

class Overload : public WorldTest {
 protected:
  void SetUp() override {
    world.defaults.shed_lag_ms = 40;
    world.carrier().on_control = [this](const hks_msg& in, hks::Out&) {
      if (in.type == HKS_CALL_ACCEPTED) ++accepted;
      return hks_status(HKS_UNSUPPORTED);
    };
    world.start();
  }
  void late(std::size_t loop, std::int64_t ms) {
    world.calls->mediaEvents().mediaLoop(loop, {ms * 1000, {}});
    world.settle();
  }
  /// Each of two loops takes this share of a core for so many calls.
  void carry(double share, double calls, std::int64_t lag_ms = 0) {
    for (const std::size_t loop : {0, 1}) world.calls->mediaEvents().mediaLoop(loop, {lag_ms * 1000, {}, share, calls});
    world.settle();
  }
  net::HttpReply place() { return world.answer("POST", "/api/call", R"({"to":"+15550100002"})"); }
  std::string metrics() { return world.answer("GET", "/api/metrics").body; }
  std::atomic<int> accepted{0};
};

TEST_F(Overload, ACallIsRefusedWith503AndWhenToComeBack) {
  late(1, 39);
  EXPECT_EQ(place().status, 201);
  late(0, 63);
  const auto no = place();
  EXPECT_EQ(no.status, 503);
  EXPECT_EQ(net::findHeader(no.headers, "Retry-After"), "5");
  EXPECT_THAT(no.body, HasSubstr("The gateway is overloaded: its media loops run 63 ms late"));
  EXPECT_EQ(world.carrier().heard("place"), 1u) << "nothing was dialled for it";
}

TEST_F(Overload, ItIsOverAtHalfOfWhereItBegan) {
  late(0, 40);
  EXPECT_EQ(place().status, 503);
  late(0, 20);
  EXPECT_EQ(place().status, 503);
  late(1, 19);
  EXPECT_EQ(place().status, 503) << "the other loop is no better";
  late(0, 19);
  EXPECT_EQ(place().status, 201);
  late(0, 39);
  EXPECT_EQ(place().status, 201);
}

TEST_F(Overload, ACallerIsTurnedAway) {
  late(0, 50);
  world.make("carrier", [](hks::Out& out) { out.offer(1, "+15550100002", "+15550100001", "CA1"); });
  EXPECT_TRUE(world.until([&] { return world.carrier().heard("refused 503") == 1; }));
  late(0, 0);
  world.make("carrier", [](hks::Out& out) { out.offer(2, "+15550100002", "+15550100001", "CA2"); });
  EXPECT_TRUE(world.until([&] { return accepted == 1; }));
}

TEST_F(Overload, CallsThatAreOnTheirWayAreCountedBeforeTheyWeighOnALoop) {
  carry(0.801, 0);  // what is left of two cores is 0.098, and a call takes 0.0811 as far as anybody knows
  EXPECT_EQ(place().status, 201);
  const auto no = place();
  EXPECT_EQ(no.status, 503);
  EXPECT_EQ(net::findHeader(no.headers, "Retry-After"), "5");
  EXPECT_THAT(no.body, HasSubstr("1 calls are being set up, and its media loops have room for 1"));
  EXPECT_EQ(world.carrier().heard("place"), 1u);
  world.make("carrier", [](hks::Out& out) { out.offer(1, "+15550100002", "+15550100001", "CA1"); });
  EXPECT_TRUE(world.until([&] { return world.carrier().heard("refused 503") == 1; }));
  carry(0.4, 0.5);  // it is up now
  EXPECT_EQ(place().status, 201);
}

TEST_F(Overload, ManyCallsMayBeOnTheirWayWhereTheyCostLittleAndFewWhereLoopsAreLate) {
  call::Lateness none;
  control::CallDefaults defaults;
  defaults.shed_lag_ms = 40;
  control::MediaHealth health(defaults);
  EXPECT_GT(health.room(), 100'000u) << "nobody knows of any loop";
  health.report(0, {});
  EXPECT_EQ(health.room(), 850u);
  health.report(0, {0, none, 0.17, 80});
  EXPECT_EQ(health.room(), 357u);  // (0.17 + 0.02) / 100 a call
  health.report(0, {20'000, none, 0.17, 80});
  EXPECT_EQ(health.room(), 178u);
  health.report(0, {0, none, 0.9, 80});
  EXPECT_EQ(health.room(), 0u);
  defaults.shed_lag_ms = 0;
  EXPECT_GT(health.room(), 100'000u);
}

TEST_F(Overload, AReloadMaySwitchItOff) {
  late(0, 500);
  EXPECT_EQ(place().status, 503);
  world.on([&] {
    auto defaults = world.calls->defaults();
    defaults.shed_lag_ms = 0;
    world.calls->setDefaults(defaults);
  });
  EXPECT_EQ(place().status, 201);
}

TEST_F(Overload, IsToBeSeenInTheMetrics) {
  EXPECT_THAT(metrics(), HasSubstr("\nhookswitch_overloaded 0\n"));
  late(0, 50);
  late(1, 3);
  place();
  place();
  world.make("carrier", [](hks::Out& out) { out.offer(1, "+15550100002", "+15550100001", "CA1"); });
  ASSERT_TRUE(world.until([&] { return world.carrier().heard("refused 503") == 1; }));
  const std::string text = metrics();
  EXPECT_THAT(text, HasSubstr("\nhookswitch_overloaded 1\n"));
  EXPECT_THAT(text, HasSubstr("\nhookswitch_media_lag_seconds 0.05\n"));
  EXPECT_THAT(text, HasSubstr("\nhookswitch_calls_shed_total{direction=\"outbound\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\nhookswitch_calls_shed_total{direction=\"incoming\"} 1\n"));
}

TEST_F(Overload, TheLatenessOfAllLoopsIsOneHistogram) {
  call::Lateness one, other;
  one.add(0);
  one.add(3'000);
  other.add(30'000);
  other.add(2'500'000);
  world.calls->mediaEvents().mediaLoop(0, {0, one});
  world.calls->mediaEvents().mediaLoop(1, {0, one});
  world.calls->mediaEvents().mediaLoop(1, {0, other});
  world.settle();
  EXPECT_THAT(metrics(), HasSubstr(R"(# TYPE hookswitch_frame_lateness_seconds histogram
hookswitch_frame_lateness_seconds_bucket{le="0"} 1
hookswitch_frame_lateness_seconds_bucket{le="0.005"} 2
hookswitch_frame_lateness_seconds_bucket{le="0.01"} 2
hookswitch_frame_lateness_seconds_bucket{le="0.02"} 2
hookswitch_frame_lateness_seconds_bucket{le="0.05"} 3
hookswitch_frame_lateness_seconds_bucket{le="0.1"} 3
hookswitch_frame_lateness_seconds_bucket{le="0.2"} 3
hookswitch_frame_lateness_seconds_bucket{le="0.5"} 3
hookswitch_frame_lateness_seconds_bucket{le="1"} 3
hookswitch_frame_lateness_seconds_bucket{le="+Inf"} 4
hookswitch_frame_lateness_seconds_sum 2.533
hookswitch_frame_lateness_seconds_count 4
)"));
}

}  // namespace
}  // namespace control_test
