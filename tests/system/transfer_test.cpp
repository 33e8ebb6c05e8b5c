// A transfer among the stand-ins: who is rung, who comes back, and who is left when somebody goes.
#include <gtest/gtest.h>

#include "tests/system/world.hpp"

using namespace system_test;

namespace {

constexpr const char* target = "+15550100777";

class Transfer : public testing::TestWithParam<std::string> {
 protected:
  Transfer() : world(options()) {}
  static WorldOptions options() {
    WorldOptions o;
    o.voice = GetParam();
    return o;
  }
  /// The far end of the transfer does this.
  void there(Json plan) {
    plan["on"] = "call";
    plan["number"] = target;
    world.command("twilio/misbehave", plan);
  }
  Answer transfer(const std::string& id, Json body = Json::object()) {
    body["to"] = target;
    return world.post("/api/calls/" + id + "/transfer", body);
  }
  Json legs() const { return http("GET", world.controlUrl() + "/twilio/legs").json()["legs"]; }
  /// The newest leg that was rung for a transfer; null: there is none.
  Json child() const {
    Json found;
    for (auto& leg : legs())
      if (leg["to"] == target) found = leg;
    return found;
  }
  bool becomes(const std::string& id, const std::string& state) {
    return until([&] { return world.call(id).value("transfer", Json::object()).value("state", "") == state; });
  }
  bool backWithTheAgent(const std::string& id) {
    return until([&] {
      const Json streams = world.carrierCall(id)["streams"];
      return streams.size() == 2 && streams[1]["live"].get<bool>();
    });
  }
  bool nobodyIsUp() {
    return until([&] {
      for (auto& leg : legs())
        if (!leg["over"].get<bool>()) return false;
      return true;
    });
  }
  World world;
};

}  // namespace

TEST_P(Transfer, ToABusyNumberComesBackToTheAgent) {
  there({{"outcome", "busy"}});
  const std::string id = world.talking();
  EXPECT_EQ(transfer(id, {{"announce", "One moment, please."}}).status, 202);
  ASSERT_TRUE(becomes(id, "busy")) << world.call(id) << world.carrierCall(id);
  ASSERT_TRUE(backWithTheAgent(id)) << world.carrierCall(id);
  EXPECT_NE(world.carrierCall(id)["verbs"].dump().find("One moment, please."), std::string::npos);
  EXPECT_EQ(world.state(GetParam())["sessions"].size(), 1u) << "the model's session is kept";
  ASSERT_TRUE(until(
      [&] { return world.state(GetParam())["sessions"][0].dump().find("The line is busy.") != std::string::npos; }));
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["transfer"]["state"], "busy");
  EXPECT_EQ(detail["ended_by"], "api");
  EXPECT_TRUE(nobodyIsUp());
}

TEST_P(Transfer, ToSomebodyWhoDeclinesSaysSo) {
  there({{"outcome", "busy"}, {"sip_code", "603"}});
  const std::string id = world.talking();
  EXPECT_EQ(transfer(id).status, 202);
  ASSERT_TRUE(becomes(id, "declined")) << world.call(id);
  ASSERT_TRUE(backWithTheAgent(id));
}

TEST_P(Transfer, ThatIsAnsweredLastsUntilTheTwoHaveTalked) {
  const std::string id = world.talking();
  EXPECT_EQ(transfer(id).status, 202);
  ASSERT_TRUE(becomes(id, "completed")) << world.call(id);
  ASSERT_TRUE(until([&] { return world.state(GetParam())["connections"]["open"] == 0; })) << "the agent has left";
  EXPECT_EQ(world.call(id)["status"], "in-progress");
  world.command("twilio/calls/" + child()["sid"].get<std::string>() + "/hangup");
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["ended_by"], "carrier") << detail;
  EXPECT_EQ(detail["outcome"], "completed");
  EXPECT_EQ(detail["transfer"]["state"], "completed");
  EXPECT_TRUE(nobodyIsUp());
}

TEST_P(Transfer, OfACallerWhoLeavesLeavesNobodyRinging) {
  there({{"outcome", "never"}});
  const std::string id = world.talking();
  EXPECT_EQ(transfer(id).status, 202);
  ASSERT_TRUE(until([&] { return child().is_object() && child()["status"] == "ringing"; }));
  world.command("twilio/calls/" + id + "/hangup");
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["ended_by"], "carrier") << detail;
  EXPECT_EQ(detail["transfer"]["state"], "caller_left");
  EXPECT_TRUE(nobodyIsUp()) << child();
}

INSTANTIATE_TEST_SUITE_P(Models, Transfer, testing::Values("openai", "gemini"), [](auto& info) { return info.param; });

namespace {
class TransferOf : public Transfer {};
}  // namespace

TEST_P(TransferOf, ACallThatEndsWhileItRingsLeavesNobodyRingingThoughTheCarrierForgetsTheOtherLeg) {
  there({{"outcome", "never"}});
  world.command("twilio/plan", {{"dial_outlives", true}});
  const std::string id = world.talking();
  EXPECT_EQ(transfer(id).status, 202);
  ASSERT_TRUE(until([&] { return child().is_object() && child()["status"] == "ringing"; }));
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["transfer"]["state"], "failed");
  EXPECT_EQ(row(detail, "hangup", "twilio")["state"], "done");
  EXPECT_TRUE(nobodyIsUp()) << child();
}

TEST_P(TransferOf, ACallerWhoLeavesLeavesNobodyRingingThoughTheCarrierForgetsTheOtherLeg) {
  there({{"outcome", "never"}});
  world.command("twilio/plan", {{"dial_outlives", true}});
  const std::string id = world.talking();
  EXPECT_EQ(transfer(id).status, 202);
  ASSERT_TRUE(until([&] { return child().is_object() && child()["status"] == "ringing"; }));
  world.command("twilio/calls/" + id + "/hangup");
  EXPECT_EQ(world.settled(id)["transfer"]["state"], "caller_left");
  EXPECT_TRUE(nobodyIsUp()) << child();
}

TEST_P(TransferOf, AGatewayThatIsKilledWhileItRingsLeavesNobodyRinging) {
  there({{"outcome", "never"}});
  world.command("twilio/plan", {{"dial_outlives", true}});
  const std::string id = world.talking();
  EXPECT_EQ(transfer(id).status, 202);
  ASSERT_TRUE(until([&] { return child().is_object() && child()["status"] == "ringing"; }));
  world.restartGateway();
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["ended_by"], "recovery") << detail;
  EXPECT_TRUE(nobodyIsUp()) << child();
}

TEST_P(TransferOf, ACallThatRingsThereCanBeNeitherMutedNorTransferredAgain) {
  there({{"outcome", "never"}});
  const std::string id = world.talking();
  EXPECT_EQ(transfer(id).status, 202);
  EXPECT_EQ(world.post("/api/calls/" + id + "/mute").status, 409);
  EXPECT_EQ(transfer(id).status, 409);
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  EXPECT_TRUE(nobodyIsUp());
}

INSTANTIATE_TEST_SUITE_P(One, TransferOf, testing::Values("openai"), [](auto& info) { return info.param; });
