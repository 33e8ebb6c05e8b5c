// What is asked of a call that runs, against both models.
#include <gtest/gtest.h>

#include "tests/system/world.hpp"

using namespace system_test;

namespace {

class Acts : public testing::TestWithParam<std::string> {
 protected:
  Acts() : world(options()) {}
  static WorldOptions options() {
    WorldOptions o;
    o.voice = GetParam();
    return o;
  }
  Answer act(const std::string& id, const std::string& name, const Json& body = nullptr) {
    return world.post("/api/calls/" + id + "/" + name, body);
  }
  Json session() const { return world.state(GetParam())["sessions"][0]; }
  /// The model was told these words.
  bool told(const std::string& words) {
    return until([&] { return session().dump().find(words) != std::string::npos; });
  }
  World world;
};

}  // namespace

TEST_P(Acts, WhatIsToBeSaidIsSaid) {
  const std::string id = world.talking();
  EXPECT_EQ(act(id, "say", {{"text", "The office closes in ten minutes."}}).status, 202);
  EXPECT_TRUE(told("The office closes in ten minutes.")) << session();
  EXPECT_EQ(world.state(GetParam())["protocol_errors"], Json::array());
}

TEST_P(Acts, ASentenceThatInterruptsIsHeardInsteadOfTheRestOfALongOne) {
  world.command(GetParam() + "/configure", {{"greeting_ms", 20000}});
  const std::string id = world.talking({{"greeting", "This is a very long greeting."}});
  ASSERT_TRUE(until([&] { return world.carrierCall(id)["streams"][0]["bytes_played"].get<int>() > 800; }));
  EXPECT_EQ(act(id, "say", {{"text", "Please hang up now."}, {"interrupt", true}}).status, 202);
  ASSERT_TRUE(until([&] { return world.carrierCall(id)["streams"][0]["clears"].get<int>() >= 1; }));
  EXPECT_TRUE(told("Please hang up now.")) << session();
  EXPECT_LT(world.carrierCall(id)["streams"][0]["bytes_played"].get<int>(), 20000 * 8);
  EXPECT_EQ(world.state(GetParam())["protocol_errors"], Json::array());
}

TEST_P(Acts, AMutedCallerIsNotAnsweredUntilHeIsUnmuted) {
  const std::string id = world.talking({{"greeting", ""}});
  EXPECT_EQ(act(id, "mute").status, 200);
  world.command("twilio/calls/" + id + "/say", {{"tone_hz", 440}, {"tone_ms", 700}});
  world.command("twilio/calls/" + id + "/dtmf", {{"digits", "7#"}});
  // The caller's second sentence is behind the first on the same line: when it is answered, the first never was.
  ASSERT_TRUE(
      until([&] { return world.get("/api/calls/" + id + "/trace").body.find("\"key\"") != std::string::npos; }));
  EXPECT_EQ(act(id, "unmute").status, 200);
  EXPECT_EQ(session().dump().find("pressed"), std::string::npos);
  world.command("twilio/calls/" + id + "/dtmf", {{"digits", "5#"}});
  ASSERT_TRUE(told("pressed 5")) << session();
  EXPECT_EQ(world.call(id)["transcript"].dump().find("pressed 7"), std::string::npos);
}

TEST_P(Acts, OtherInstructionsReachTheModelInTheMiddleOfTheCall) {
  const std::string id = world.talking();
  EXPECT_EQ(act(id, "prompt", {{"prompt", "From now on you speak French."}}).status, 202);
  EXPECT_TRUE(told("From now on you speak French.")) << session();
  EXPECT_EQ(world.state(GetParam())["protocol_errors"], Json::array());
}

TEST_P(Acts, OfACallThatIsOverSayThatItIsOverAlsoAfterARestart) {
  const std::string id = world.talking();
  world.post("/api/calls/" + id + "/end");
  world.settled(id);
  for (const char* name : {"mute", "unmute"}) EXPECT_EQ(act(id, name).status, 409) << name;
  world.restartGateway();
  for (const char* name : {"mute", "unmute"}) {
    const Answer answer = act(id, name);
    EXPECT_EQ(answer.status, 409) << name;
    EXPECT_NE(answer.body.find("The call is ended"), std::string::npos) << answer.body;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Acts, testing::Values("openai", "gemini"), [](auto& info) { return info.param; });
