// Peers that stop reading, and loops that cannot keep up: what it costs, and whom it does not.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <random>

#include "tests/places.hpp"
#include "tests/system/world.hpp"

using namespace system_test;

namespace {

std::string museum(const std::string& name) { return std::string(HOOKSWITCH_ABI_PLUGINS) + "/" + name + ".so"; }

Json trace(const World& world, const std::string& id) { return world.get("/api/calls/" + id + "/trace").json(); }

/// The event in the call's trace; null: it is not there.
Json event(const Json& trace, const std::string& name) {
  for (auto& each : trace["events"])
    if (each["event"] == name) return each;
  return nullptr;
}

/// The caller says two seconds that never repeat themselves, the model says them back: every frame of them went both
/// ways, in order.
void expectEveryFrameArrives(World& world, const std::string& id, unsigned seed) {
  std::string said(16'000, '\0');
  std::mt19937 random(seed);
  for (char& byte : said) byte = char(random() % 0xFF);  // anything but silence
  const std::string file = world.directory() + "/said" + std::to_string(seed);
  std::ofstream(file, std::ios::binary) << said;
  world.command("twilio/calls/" + id + "/say", {{"mulaw", file}});
  EXPECT_TRUE(until([&] { return world.carrierAudio(id, "received").find(said) != std::string::npos; }))
      << world.carrierAudio(id, "received").size() << " bytes came back; " << trace(world, id);
}

/// By how much the gateway's own memory is larger than it was, at most, at any time that somebody looked.
class Growth {
 public:
  explicit Growth(World& world) : world_(world), before_kb_(now()) {}
  void look() { most_kb_ = std::max(most_kb_, now()); }
  template <class Predicate>
  bool until(Predicate holds, int timeout_ms = 90'000) {
    return system_test::until(
        [&] {
          look();
          return holds();
        },
        timeout_ms);
  }
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  long kb() const { return 0; }  // shadow memory, and what was freed and is kept to find its users, tell nothing
#else
  long kb() const { return most_kb_ - before_kb_; }
#endif

 private:
  long now() const { return world_.gateway().status("RssAnon"); }
  World& world_;
  const long before_kb_;
  long most_kb_ = 0;
};

/// So much audio of a model at once, as an item of its own.
Json delta(int item, std::size_t seconds) {
  const std::string base64(seconds * 8'000 / 3 * 4, 'A');
  return {{"type", "response.output_audio.delta"},
          {"response_id", "resp_flood"},
          {"output_index", 0},
          {"content_index", 0},
          {"item_id", "flood" + std::to_string(item)},
          {"delta", base64}};
}

}  // namespace

TEST(Overload, AModelThatSaysFarMoreThanALinePlaysCostsItsAudioAndNoMemory) {
  constexpr int kItems = 150;
  constexpr std::size_t kSeconds = 30;  // 320 KB as text, so 48 MB in all, of which ten minutes of sound are kept
  WorldOptions options;
  options.settings = {"media.loops=1"};
  World world(options);
  world.command("openai/configure", {{"mode", "loopback"}});
  const std::string flooded = world.talking(), neighbour = world.talking();
  expectEveryFrameArrives(world, neighbour, 1);
  Growth growth(world);
  for (int i = 0; i < kItems; ++i) {
    world.command("openai/send", {{"session", "s1"}, {"event", delta(i, kSeconds)}});
    growth.look();
  }
  // What comes behind all of it: the caller speaks.
  const Json last = {{"type", "input_audio_buffer.speech_started"}, {"audio_start_ms", 0}, {"item_id", "last"}};
  world.command("openai/send", {{"session", "s1"}, {"event", last}});
  EXPECT_TRUE(growth.until([&] { return event(trace(world, flooded), "barge_in") != nullptr; }))
      << trace(world, flooded);
  EXPECT_LT(growth.kb(), 20'000);
  EXPECT_FALSE(world.gateway().lineWith("the rest of what it says is lost").empty());
  EXPECT_EQ(world.call(flooded)["status"], "in-progress");
  expectEveryFrameArrives(world, neighbour, 2);
  EXPECT_EQ(event(trace(world, neighbour), "queue_full"), nullptr);
}

TEST(Overload, AModelAndACarrierThatStopReadingCostTheirAudioThenTheirCallAndNoNeighbour) {
  WorldOptions options;
  options.settings = {"media.loops=1"};
  World world(options);
  world.command("openai/configure", {{"mode", "loopback"}});
  const std::string deaf_model = world.talking(), deaf_carrier = world.talking(), neighbour = world.talking();
  expectEveryFrameArrives(world, neighbour, 1);
  world.command("openai/deaf", {{"session", "s1"}});
  world.command("twilio/calls/" + deaf_carrier + "/deaf");
  Growth growth(world);
  // The lines of both go on; what nobody reads is given up, and with it the call.
  EXPECT_TRUE(growth.until([&] { return world.reaches(deaf_carrier, "ended", 0); })) << trace(world, deaf_carrier);
  EXPECT_TRUE(growth.until([&] { return event(trace(world, deaf_model), "model_down") != nullptr; }))
      << trace(world, deaf_model);
  EXPECT_LT(growth.kb(), 4'000);
  EXPECT_NE(event(trace(world, deaf_carrier), "carrier_down"), nullptr);
  EXPECT_EQ(world.call(neighbour)["status"], "in-progress");
  expectEveryFrameArrives(world, neighbour, 2);
  for (const char* lost : {"dropped_to_model", "dropped_to_carrier", "queue_full", "early_dropped"})
    EXPECT_EQ(event(trace(world, neighbour), lost), nullptr) << lost;
}

TEST(Overload, ALoopThatCannotKeepUpTakesNoMoreCallsUntilItCan) {
  WorldOptions options;
  options.settings = {"media.shed_lag_ms=20", "media.loops=1"};
  options.plugins = {museum("voice_heavy")};
  World world(options);
  const std::string running = world.talking();
  EXPECT_EQ(gauge(world, "hookswitch_overloaded"), 0);
  const std::string heavy = world.answered({{"voice", "voice_heavy"}});
  ASSERT_TRUE(until([&] { return gauge(world, "hookswitch_overloaded") == 1; }));
  EXPECT_GE(gauge(world, "hookswitch_media_lag_seconds"), 0.02);
  const Answer no = world.post("/api/call", {{"to", "+15550100007"}});
  EXPECT_EQ(no.status, 503) << no.body;
  EXPECT_NE(no.body.find("overloaded"), std::string::npos);
  const std::string sid = world.command("twilio/incoming", {{"from", "+15550100042"}})["sid"];
  EXPECT_TRUE(until([&] { return world.carrierCall(sid)["status"] == "busy"; })) << world.carrierCall(sid);
  EXPECT_EQ(world.call(running)["status"], "in-progress") << "those that run go on";
  EXPECT_EQ(world.post("/api/calls/" + heavy + "/end").status, 200);
  ASSERT_TRUE(until([&] { return gauge(world, "hookswitch_overloaded") == 0; }));
  world.place({{"to", "+15550100007"}});
}

TEST(Overload, AProcessThatStoodStillIsNotOverloaded) {
  WorldOptions options;
  options.settings = {"media.shed_lag_ms=1000"};
  World world(options);
  const std::string running = world.talking();
  world.gateway().signal(SIGSTOP);
  const long long begin = nowMs();
  ASSERT_TRUE(until([&] { return nowMs() - begin > 3'000; })) << "longer than the limit, else it would say nothing";
  world.gateway().signal(SIGCONT);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(world.post("/api/call", {{"to", "+1555010010" + std::to_string(i)}}).status, 201);
    EXPECT_EQ(gauge(world, "hookswitch_overloaded"), 0);
  }
  EXPECT_EQ(world.call(running)["status"], "in-progress");
}

TEST(Trace, OfACallWhoseModelIsGoneForGoodIsInTheLog) {
  World world;
  const std::string id = world.talking();
  world.command("openai/refuse_connections");
  world.command("openai/drop");
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["ended_by"], "fault") << detail;
  const Json all = trace(world, id);
  EXPECT_NE(event(all, "model_up"), nullptr) << all;
  EXPECT_NE(event(all, "model_down"), nullptr) << all;
  EXPECT_FALSE(world.gateway().lineWith("[trace] call=" + id + " the call ended in a fault").empty());
}
