// What an agent can do in a call beside talking: ask a web endpoint, press keys, connect with somebody else.
#include <gtest/gtest.h>

#include "tests/system/audio.hpp"
#include "tests/system/world.hpp"

using namespace system_test;

namespace {

constexpr const char* target = "+15550100777";

class Tools : public testing::TestWithParam<std::string> {
 protected:
  Tools() : world(options()) {
    world.configure(
        "[tool.opening_hours]\nurl = " + endpoint() +
        "/hours?branch=7\ndescription = When the shop is open\nsecret = whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"
        "parameters = {\"type\":\"object\",\"properties\":{\"day\":{\"type\":\"string\"}}}\n"
        "deadline_s = 2\n[calls]\ntools = end_call, send_dtmf, transfer_call\n");
    world.reload();
  }
  static WorldOptions options() {
    WorldOptions o;
    o.voice = GetParam();
    return o;
  }
  bool openai() const { return GetParam() == "openai"; }
  std::string endpoint() const {
    const Json all = http("GET", world.controlUrl() + "/").json();
    return "http://127.0.0.1:" + std::to_string(all["endpoint"]["port"].get<int>());
  }
  /// The model's first answer uses the tool, the second speaks.
  std::string callWith(const std::string& tool, const Json& arguments, Json body = Json::object()) {
    Json use = {{"name", tool}};
    if (openai())
      use["arguments"] = arguments.dump();
    else
      use["args"] = arguments;
    world.command(GetParam() + "/queue", {{"turns",
                                           {{{"assistant", "One moment."}, {"audio_ms", 200}, {"tools", {use}}},
                                            {{"assistant", "There you are."}, {"audio_ms", 400}}}}});
    world.command("twilio/plan", {{"tone_hz", 300}, {"tone_ms", 600}, {"caller_delay_ms", 300}});
    return world.talking(std::move(body));
  }
  /// What the model has been given as the result of a tool.
  bool modelHears(const std::string& text) {
    return until([&] { return world.state(GetParam())["sessions"][0].dump().find(text) != std::string::npos; });
  }
  Json requests() { return world.state("endpoint")["requests"]; }
  void atPeace() { EXPECT_EQ(world.state(GetParam())["protocol_errors"], Json::array()); }
  World world;
};

}  // namespace

TEST_P(Tools, AnEndpointIsAskedOnceSignedAndItsAnswerIsTheModels) {
  world.command("endpoint/configure", {{"body", R"({"open":"quarter past nine"})"}});
  const std::string id = callWith("opening_hours", {{"day", "monday"}});
  ASSERT_TRUE(modelHears("quarter past nine")) << world.state(GetParam())["sessions"];
  ASSERT_EQ(requests().size(), 1u);
  const Json asked = requests()[0];
  EXPECT_EQ(asked["signature"], "good") << asked;
  EXPECT_EQ(asked["path"], "/hours?branch=7");
  EXPECT_EQ(asked["body"]["tool"], "opening_hours");
  EXPECT_EQ(asked["body"]["arguments"], Json({{"day", "monday"}}));
  EXPECT_EQ(asked["body"]["call_id"], id);
  EXPECT_EQ(asked["body"]["to"], "+15550100002");
  atPeace();
}

TEST_P(Tools, AnEndpointThatDoesNotAnswerCostsItsDeadlineAndNotTheTalk) {
  world.command("endpoint/configure", {{"never", true}});
  const std::string id = callWith("opening_hours", {{"day", "monday"}});
  ASSERT_TRUE(modelHears("the service did not answer in time")) << world.state(GetParam())["sessions"];
  EXPECT_EQ(requests().size(), 1u) << "it is not asked twice";
  EXPECT_EQ(world.call(id)["status"], "in-progress");
  atPeace();
}

TEST_P(Tools, AnEndpointThatRefusesTellsTheModelWhy) {
  world.command("endpoint/configure", {{"status", 404}, {"body", R"({"message":"no such branch"})"}});
  callWith("opening_hours", {{"day", "monday"}});
  ASSERT_TRUE(modelHears("no such branch")) << world.state(GetParam())["sessions"];
  atPeace();
}

TEST_P(Tools, AnEndpointThatAnswersBehindTheEndOfTheCallDisturbsNobody) {
  world.command("endpoint/configure", {{"delay_ms", 1500}});
  const std::string id = callWith("opening_hours", {{"day", "monday"}});
  ASSERT_TRUE(until([&] { return requests().size() == 1; }));
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  EXPECT_EQ(world.settled(id)["ended_by"], "api");
  EXPECT_TRUE(until([&] { return gauge(world, "hookswitch_tool_runs") == 0; }));
}

TEST_P(Tools, TheAgentPressesKeysAndTalksOn) {
  const std::string id = callWith("send_dtmf", {{"digits", "12#"}});
  ASSERT_TRUE(until([&] { return world.carrierCall(id)["verbs"].dump().find("12#") != std::string::npos; }))
      << world.carrierCall(id);
  ASSERT_TRUE(modelHears("sent")) << world.state(GetParam())["sessions"];
  ASSERT_TRUE(until([&] { return world.carrierCall(id)["streams"].size() == 2; }));
  EXPECT_TRUE(until([&] { return world.carrierCall(id)["streams"][1]["bytes_played"].get<int>() > 0; }))
      << "what it says of it is heard";
  EXPECT_EQ(world.state(GetParam())["sessions"].size(), 1u) << "the model's session is kept";
  atPeace();
}

TEST_P(Tools, ATransferThatComesBackIsToldToTheModelOnce) {
  world.command("twilio/misbehave", {{"on", "call"}, {"number", target}, {"outcome", "busy"}});
  const std::string id = callWith("transfer_call", {{"to", target}});
  ASSERT_TRUE(until([&] { return world.call(id).value("transfer", Json::object()).value("state", "") == "busy"; }))
      << world.call(id);
  ASSERT_TRUE(modelHears("busy")) << world.state(GetParam())["sessions"];
  EXPECT_EQ(world.state(GetParam())["sessions"][0].dump().find("The line is busy."), std::string::npos)
      << "the model says it in its own words";
  atPeace();
}

TEST_P(Tools, ATransferThatIsAnsweredTakesTheAgentOut) {
  const std::string id = callWith("transfer_call", {{"to", target}});
  ASSERT_TRUE(until([&] { return world.call(id).value("transfer", Json::object()).value("state", "") == "completed"; }))
      << world.call(id);
  EXPECT_TRUE(until([&] { return world.state(GetParam())["connections"]["open"] == 0; })) << "the agent has left";
  EXPECT_EQ(world.call(id)["status"], "in-progress");
}

TEST_P(Tools, ACallThatNamesItsToolsHasNoOther) {
  const std::string id = callWith("send_dtmf", {{"digits", "1"}}, {{"tools", {"opening_hours"}}});
  ASSERT_TRUE(modelHears("there is no such tool")) << world.state(GetParam())["sessions"];
  const std::string said = world.state(GetParam())["sessions"][0].dump();
  EXPECT_NE(said.find("opening_hours"), std::string::npos) << "this one it is told of";
  EXPECT_EQ(said.find("end_call"), std::string::npos) << "not even to hang up";
  EXPECT_EQ(world.carrierCall(id)["streams"].size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Voices, Tools, ::testing::Values("openai", "gemini"),
                         [](const auto& info) { return info.param; });
