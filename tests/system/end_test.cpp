// Every way in which a call can end, with both speech models. What must hold is the same each time.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/system/world.hpp"

using namespace system_test;

namespace {

class End : public ::testing::TestWithParam<const char*> {
 protected:
  WorldOptions options(std::vector<std::string> settings = {}) const {
    WorldOptions o;
    o.voice = GetParam();
    o.settings = std::move(settings);
    return o;
  }
  /// The model's connections that are open now.
  static int modelSockets(const World& world) { return world.state(GetParam())["connections"]["open"].get<int>(); }

  /// The leg is over at the carrier, both sockets are closed, the list is empty, each receiver heard of it once.
  static Json expectEnded(World& world, const std::string& id, const std::string& ended_by,
                          const std::string& outcome) {
    const Json detail = world.settled(id);
    EXPECT_EQ(detail.value("status", ""), "ended") << detail;
    EXPECT_EQ(detail.value("ended_by", ""), ended_by) << detail;
    EXPECT_EQ(detail.value("outcome", ""), outcome) << detail;
    EXPECT_TRUE(world.liveCalls().empty());
    const Json carrier = world.carrierCall(id);
    EXPECT_TRUE(carrier["over"].get<bool>()) << carrier;
    EXPECT_TRUE(until([&] {
      const Json now = world.carrierCall(id);
      for (auto& stream : now["streams"])
        if (stream["live"].get<bool>()) return false;
      return modelSockets(world) == 0;
    })) << "a socket is still open";
    const Json over = world.carrierCall(id);
    for (auto& stream : over["streams"]) EXPECT_EQ(stream["protocol_error_count"], 0) << stream;
    EXPECT_EQ(world.state(GetParam())["protocol_errors"].size(), 0u) << world.state(GetParam())["protocol_errors"];
    for (auto& phase : {"hangup", "disconnect", "record", "notify"}) {
      bool found = false;
      for (auto& r : detail["teardown"]) found |= r["phase"] == phase && r["ms"].is_number();
      EXPECT_TRUE(found) << phase << " is missing in " << detail["teardown"];
    }
    EXPECT_EQ(row(detail, "notify", "telegram").value("state", ""), "done") << detail["teardown"];
    EXPECT_EQ(row(detail, "notify", "gateway").value("state", ""), "done") << detail["teardown"];
    EXPECT_EQ(world.telegramMessages(id), 1);
    EXPECT_EQ(world.toldOfEnd(id), 1) << world.state("openclaw");
    return detail;
  }
};

}  // namespace

TEST_P(End, ByTheApi) {
  World world(options());
  const std::string id = world.talking();
  const Answer answer = world.post("/api/calls/" + id + "/end");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json(), (Json{{"success", true}, {"message", "Call " + id + " ended"}}));
  expectEnded(world, id, "api", "completed");
  EXPECT_EQ(world.carrierCall(id)["hang_up_requests"], 1);
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 404);
}

TEST_P(End, ByTheCallerHangingUp) {
  World world(options());
  const std::string id = world.talking();
  world.command("twilio/calls/" + id + "/hangup");
  expectEnded(world, id, "carrier", "completed");
}

TEST_P(End, ByAStatusCallbackAlone) {
  World world(options());
  world.command("twilio/plan", {{"media_never", true}});
  const std::string id = world.answered();
  world.command("twilio/calls/" + id + "/hangup");
  expectEnded(world, id, "carrier", "completed");
  EXPECT_EQ(world.carrierCall(id)["hang_up_requests"], 0) << "a leg that is reported over needs no hang-up";
}

TEST_P(End, ByTheMediaSocketLostWithoutStop) {
  World world(options());
  world.command("twilio/plan", {{"media_loss_keeps_call", true}});
  const std::string id = world.talking();
  ASSERT_TRUE(until([&] { return world.carrierCall(id)["streams"].size() == 1 && modelSockets(world) == 1; }));
  world.command("twilio/calls/" + id + "/reset");
  expectEnded(world, id, "carrier", "completed");
  EXPECT_EQ(world.carrierCall(id)["hang_up_requests"], 1);
}

TEST_P(End, ByAModelThatIsGoneForGood) {
  WorldOptions o = options();
  o.settings.push_back("calls.voice_retry_s=1");
  World world(o);
  const std::string id = world.talking();
  ASSERT_TRUE(until([&] { return modelSockets(world) == 1; }));
  world.command(std::string(GetParam()) + "/configure", {{"upgrade_status", 503}});
  world.command(std::string(GetParam()) + "/drop");
  expectEnded(world, id, "fault", "failed");
  EXPECT_EQ(world.carrierCall(id)["hang_up_requests"], 1);
}

TEST_P(End, ByTheTimeLimit) {
  World world(options());
  // A machine that is slow must not find the call over before the two could talk.
  world.command("twilio/plan", {{"limit_after_start", true}});
  const std::string id = world.place({{"max_duration_s", 1}});
  expectEnded(world, id, "limit", "completed");
  EXPECT_EQ(world.carrierCall(id)["time_limit_s"], 1);
}

TEST_P(End, BySigtermWithExitCodeZero) {
  World world(options());
  const std::string id = world.talking();
  ASSERT_TRUE(until([&] { return modelSockets(world) == 1; }));
  world.gateway().signal(SIGTERM);
  ASSERT_EQ(world.gateway().wait(20000), 0);
  const Json carrier = world.carrierCall(id);
  EXPECT_TRUE(carrier["over"].get<bool>());
  EXPECT_EQ(carrier["hang_up_requests"], 1);
  EXPECT_TRUE(until([&] { return modelSockets(world) == 0; }));
  EXPECT_EQ(world.telegramMessages(id), 1);
  EXPECT_EQ(world.toldOfEnd(id), 1);
}

INSTANTIATE_TEST_SUITE_P(Voices, End, ::testing::Values("openai", "gemini"),
                         [](auto& i) { return std::string(i.param); });
