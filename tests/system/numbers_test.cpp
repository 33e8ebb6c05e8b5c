// Incoming calls to numbers that have a section of their own, with both models.
#include <gtest/gtest.h>

#include "tests/system/world.hpp"

using namespace system_test;

namespace {

class Numbers : public testing::TestWithParam<std::string> {
 protected:
  static std::string other(const std::string& voice) { return voice == "openai" ? "gemini" : "openai"; }
  static std::string rings(World& world, const std::string& to) {
    return world.command("twilio/incoming", {{"from", "+15550100777"}, {"to", to}})["sid"];
  }
  /// Waits for the document that the carrier got for the leg.
  static std::string documentOf(const World& world, const std::string& sid) {
    std::string body;
    EXPECT_TRUE(until([&] {
      for (const Json& webhook : world.carrierCall(sid).value("webhooks", Json::array()))
        if (webhook["kind"] == "voice") body = webhook.value("body", "");
      return !body.empty();
    })) << world.carrierCall(sid);
    return body;
  }
  /// The call to this number, once it talks.
  static Json talksTo(World& world, const std::string& to) {
    rings(world, to);
    Json call;
    EXPECT_TRUE(until([&] {
      const Json list = world.get("/api/calls").json();
      for (const Json& one : list["calls"])
        if (one["to_number"] == to && one["status"] == "in-progress") call = one;
      return !call.is_null();
    })) << world.get("/api/calls").body;
    return call;
  }
  static double rejected(const World& world) {
    const std::string text = world.get("/api/metrics").body,
                      name = R"(hookswitch_calls_refused_total{by="number_answer"} )";
    const std::size_t at = text.find(name);
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size()));
  }
};

TEST_P(Numbers, GetTheirOwnVoiceAndPromptAndTheOthersThoseOfAllCalls) {
  World world(
      withVoice(GetParam(), {"calls.prompt=You are the operator.", "number.+15550100010.prompt=You are the night desk.",
                             "number.+15550100010.voice=" + other(GetParam())}));
  const Json own = talksTo(world, "+15550100010"), common = talksTo(world, "+15550100001");
  EXPECT_EQ(own["voice"], other(GetParam()));
  EXPECT_EQ(common["voice"], GetParam());
  const auto hears = [&](const std::string& voice, const std::string& prompt) {
    return until([&] { return world.state(voice)["sessions"].dump().find(prompt) != std::string::npos; });
  };
  EXPECT_TRUE(hears(other(GetParam()), "You are the night desk."));
  EXPECT_TRUE(hears(GetParam(), "You are the operator."));
  EXPECT_EQ(world.state(GetParam())["sessions"].dump().find("night desk"), std::string::npos);
}

TEST_P(Numbers, ThatAreNotAnsweredAreRejectedAndAReloadSaysWhich) {
  World world(withVoice(GetParam(), {"number.+15550100012.answer=false"}));
  const Json talking = talksTo(world, "+15550100011");
  const auto isRejected = [&world](const std::string& to) {
    return documentOf(world, rings(world, to)).find(R"(<Reject reason="rejected"/>)") != std::string::npos;
  };
  EXPECT_TRUE(isRejected("+15550100012"));
  world.configure("\n[number.+15550100011]\nanswer = false\n");
  world.reload();
  EXPECT_TRUE(isRejected("+15550100011"));
  EXPECT_EQ(rejected(world), 2);
  EXPECT_EQ(world.liveCalls(), std::vector<std::string>{talking["call_id"]}) << "who talked already talks on";
  world.configure("[number.+15550100013]\nanswer_not = true\n");
  world.gateway().signal(SIGHUP);
  EXPECT_FALSE(world.gateway().lineWith("unknown key number.+15550100013.answer_not").empty());
  EXPECT_TRUE(isRejected("+15550100011")) << "of a file with a mistake nothing is taken";
}

INSTANTIATE_TEST_SUITE_P(Both, Numbers, testing::Values("openai", "gemini"),
                         [](const auto& voice) { return voice.param; });

}  // namespace
