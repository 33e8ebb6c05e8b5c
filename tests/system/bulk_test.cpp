// Very many ends at once, and ends beside receivers that hang.
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "tests/system/world.hpp"

using namespace system_test;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int many = 100;
#else
constexpr int many = 1000;
#endif

WorldOptions options() {
  WorldOptions o;
  // One chat takes one message a second, which is not what is shown here.
  o.settings = {"calls.max_concurrent=2000", "calls.connect_timeout_s=600", "log.level=information",
                "telegram.enabled=false"};
  return o;
}

/// So many calls that were answered and have no stream: what is measured is their end.
void placeMany(World& world, int count) {
  world.command("twilio/plan", {{"media_never", true}, {"queue_ms", 0}, {"ring_ms", 0}, {"answer_ms", 0}});
  std::atomic<int> next{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < 8; ++c)
    clients.emplace_back([&] {
      while (next++ < count) world.place();
    });
  for (auto& client : clients) client.join();
  ASSERT_TRUE(until([&] {
    const Json calls = world.get("/api/calls").json();
    int answered = 0;
    for (auto& call : calls["calls"]) answered += call["status"] == "in-progress";
    return answered == count;
  }));
}

int live(const World& world) { return world.state("twilio")["live_calls"].get<int>(); }

}  // namespace

TEST(Bulk, AThousandLiveCallsAreEndedByOneRequestAndConfirmedOver) {
  WorldOptions o = options();
  o.settings.push_back("gateway.enabled=false");
  o.witness = true;  // a receiver that takes everything at once
  World world(o);
  placeMany(world, many);
  ASSERT_EQ(live(world), many);
  world.command("twilio/misbehave", {{"on", "rest"}, {"delay_ms", 5}});
  const long long begin = nowMs();
  long long legs = 0;
  std::thread watcher([&] {
    if (until([&] { return live(world) == 0; }, 120000)) legs = nowMs() - begin;
  });
  const Answer answer = http("POST", world.url("/api/calls/end"), "", {}, 120000);
  const long long answered = nowMs() - begin;
  watcher.join();
  EXPECT_EQ(answer.json(), (Json{{"success", true}, {"ended", many}, {"failed", Json::array()}}));
  EXPECT_GT(legs, 0) << "legs are still up";
  // The carrier has said of every leg that it is over, and the gateway has heard it.
  EXPECT_TRUE(until([&] {
    const auto now = gauges(world);
    return now.count("hookswitch_legs_unconfirmed") && now.at("hookswitch_legs_unconfirmed") == 0 &&
           now.at("hookswitch_calls_live") == 0;
  })) << world.get("/api/metrics").body;
  const long long confirmed = nowMs() - begin;
  std::printf(
      "%d live calls, 5 ms a request at the carrier: legs over after %lld ms, answered after %lld ms, confirmed after "
      "%lld ms\n",
      many, legs, answered, confirmed);
  EXPECT_TRUE(world.liveCalls().empty());
  EXPECT_EQ(world.state("twilio")["hang_up_requests"], many) << "one hang-up each";
  EXPECT_TRUE(until([&] { return gauge(world, "hookswitch_hooks_pending") == 0; }));
  std::set<std::string> told;  // an event whose answer is late may come again, under the same id
  for (auto& d : world.deliveries(""))
    if (d.event_id.find(":notify:") != std::string::npos) told.insert(d.event_id);
  EXPECT_EQ(int(told.size()), many);
}

TEST(Bulk, AThousandCallsOfAGatewayThatWasKilledAreSettledByTheNextOne) {
  WorldOptions o = options();
  o.settings.push_back("gateway.enabled=false");
  o.witness = true;
  World world(o);
  placeMany(world, many);
  world.command("twilio/misbehave", {{"on", "rest"}, {"delay_ms", 5}});
  world.killGateway();
  ASSERT_EQ(live(world), many) << "nobody has told the carrier";
  world.startGateway();
  const long long begin = nowMs();
  EXPECT_TRUE(until(
      [&] {
        return live(world) == 0 && gauge(world, "hookswitch_legs_unconfirmed") == 0 &&
               gauge(world, "hookswitch_calls_live") == 0;
      },
      120000))
      << world.get("/api/metrics").body;
  std::printf(
      "%d calls of the run before, 5 ms a request at the carrier: settled, over and confirmed %lld ms after the "
      "start\n",
      many, nowMs() - begin);
  const Json history = world.get("/api/calls?state=ended&limit=1000").json();
  EXPECT_EQ(history["count"], many);
  for (auto& call : history["calls"]) ASSERT_EQ(call["ended_by"], "recovery") << call;
}

TEST(Bulk, ANotifierThatNeverAnswersDelaysNobodysEnd) {
  WorldOptions o = options();
  o.crash_variant = true;  // for its witness; no cut is armed
  o.settings.push_back("witness.mute=true");
  World world(o);
  placeMany(world, many / 5);
  const long long begin = nowMs();
  EXPECT_EQ(http("POST", world.url("/api/calls/end"), "", {}, 120000).json()["ended"], many / 5);
  const long long took = nowMs() - begin;
  std::printf("%d ends beside a notifier that never answers: %lld ms\n", many / 5, took);
  EXPECT_LT(took, 15000) << "the notifier's deadline: somebody waited for it";
  EXPECT_EQ(live(world), 0);
  // The next call's end does not wait for the hooks of these, which are still under way.
  const std::string id = world.answered();
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  EXPECT_TRUE(until([&] { return world.toldOfEnd(id) == 1; })) << "the notifier that works was told";
}
