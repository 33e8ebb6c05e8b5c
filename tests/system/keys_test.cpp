// Keys on the far end's line, at the carrier's level: the stream breaks off for them and comes back.
#include <gtest/gtest.h>

#include <thread>

#include "tests/system/world.hpp"

using namespace system_test;

namespace {

Answer press(const World& world, const std::string& id, const std::string& digits) {
  return world.post("/api/calls/" + id + "/dtmf", {{"digits", digits}});
}
std::string keys(const World& world, const std::string& id) { return world.carrierCall(id)["keys"]; }
/// The stream with this number is open.
bool streams(const World& world, const std::string& id, std::size_t number) {
  return until([&] {
    const Json all = world.carrierCall(id)["streams"];
    return all.size() == number && all[number - 1]["live"].get<bool>() &&
           all[number - 1]["started_ms"].get<std::uint64_t>() != 0;
  });
}
class Keys : public testing::TestWithParam<std::string> {};

}  // namespace

TEST_P(Keys, ArePressedInOrderAndOnceAndTheCallIsTheSame) {
  World world(withVoice(GetParam()));
  const std::string id = world.talking();
  const Answer answer = press(world, id, "12w#");
  EXPECT_EQ(answer.status, 202) << answer.body;
  ASSERT_TRUE(streams(world, id, 2)) << world.carrierCall(id);
  const Json call = world.carrierCall(id);
  EXPECT_EQ(call["keys"], "12#");
  EXPECT_NE(call["streams"][0]["stream_sid"], call["streams"][1]["stream_sid"]);
  EXPECT_EQ(call["protocol_errors"], 0);
  EXPECT_EQ(world.call(id)["status"], "in-progress");
  EXPECT_EQ(world.state(GetParam())["connections"]["open"], 1);
  EXPECT_EQ(world.state(GetParam())["sessions"].size(), 1u) << "the model's session is kept";
  EXPECT_EQ(world.post("/api/calls/" + id + "/say", {{"text", "Back again."}}).status, 202);
  EXPECT_TRUE(
      until([&] { return world.state(GetParam())["sessions"][0].dump().find("Back again.") != std::string::npos; }));
  EXPECT_TRUE(until([&] { return world.carrierCall(id)["streams"][1]["bytes_played"].get<int>() > 0; }));
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["ended_by"], "api");
  EXPECT_EQ(world.carrierCall(id)["over"], true);
  const Answer records = world.get("/api/calls?state=ended");
  EXPECT_EQ(records.json()["count"], 1) << "one record: " << records.body;
}

TEST_P(Keys, BetweenTheWordsOfASentenceLoseNoneOfThem) {
  World world(withVoice(GetParam()));
  world.command(GetParam() + "/configure", {{"greeting_ms", 3000}});
  const std::string id = world.talking({{"greeting", "Hello, this is a greeting."}});
  ASSERT_TRUE(until([&] { return world.carrierCall(id)["streams"][0]["bytes_played"].get<int>() > 1600; }));
  EXPECT_EQ(press(world, id, "5").status, 202);
  ASSERT_TRUE(streams(world, id, 2));
  ASSERT_TRUE(until([&] { return world.carrierAudio(id, "heard").size() >= 3000u * 8 - 320; }))
      << world.carrierAudio(id, "heard").size();
  EXPECT_LE(world.carrierAudio(id, "heard").size(), 3000u * 8 + 1600);
  EXPECT_EQ(world.state(GetParam())["protocol_errors"].size(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Models, Keys, testing::Values("openai", "gemini"), [](auto& info) { return info.param; });

TEST(KeysOf, TwoRequestsAtOnceAreBothPressed) {
  World world;
  const std::string id = world.talking();
  Answer first, second;
  std::thread other([&] { first = press(world, id, "123"); });
  second = press(world, id, "456");
  other.join();
  EXPECT_EQ(first.status, 202) << first.body;
  EXPECT_EQ(second.status, 202) << second.body;
  ASSERT_TRUE(streams(world, id, 3));
  const std::string all = keys(world, id);
  EXPECT_TRUE(all == "123456" || all == "456123") << all;
}

TEST(KeysOf, ACallThatEndsInTheGapEndItsLeg) {
  World world;
  const std::string id = world.talking();
  EXPECT_EQ(press(world, id, "wwwwwwwwww1").status, 202);
  ASSERT_TRUE(until([&] { return !world.carrierCall(id)["streams"][0]["live"].get<bool>(); }));
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["ended_by"], "api") << detail;
  EXPECT_EQ(row(detail, "hangup", "twilio")["state"], "done");
  EXPECT_EQ(world.carrierCall(id)["over"], true);
  EXPECT_EQ(keys(world, id), "");
}

TEST(KeysOf, ACallerWhoLeavesInTheGapEndTheCall) {
  World world;
  const std::string id = world.talking();
  EXPECT_EQ(press(world, id, "wwwwwwwwww1").status, 202);
  ASSERT_TRUE(until([&] { return !world.carrierCall(id)["streams"][0]["live"].get<bool>(); }));
  world.command("twilio/calls/" + id + "/hangup");
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["ended_by"], "carrier") << detail;
  EXPECT_EQ(detail["outcome"], "completed");
}

TEST(KeysOf, AStreamThatNeverComesBackEndsTheCallWithThatReason) {
  World world(withVoice("openai", {"calls.connect_timeout_s=2"}));
  const std::string id = world.talking();
  world.command("twilio/calls/" + id + "/streams", {{"on", false}});
  EXPECT_EQ(press(world, id, "1").status, 202);
  const Json detail = world.settled(id);
  EXPECT_NE(detail["reason"].get<std::string>().find("did not come back"), std::string::npos) << detail;
  EXPECT_EQ(world.carrierCall(id)["over"], true);
}

TEST(KeysOf, AGatewayThatIsKilledInTheGapEndTheLegAtItsNextStart) {
  World world;
  const std::string id = world.talking();
  EXPECT_EQ(press(world, id, "wwwwwwwwwwwwwwwwwwww1").status, 202);
  ASSERT_TRUE(until([&] { return !world.carrierCall(id)["streams"][0]["live"].get<bool>(); }));
  world.restartGateway();
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["ended_by"], "recovery") << detail;
  EXPECT_TRUE(until([&] { return world.carrierCall(id)["over"].get<bool>(); }));
}

TEST(KeysOf, ACarrierThatRefusesThemIsQuotedAndTheCallGoesOn) {
  World world;
  const std::string id = world.talking();
  world.command("twilio/misbehave", {{"on", "update"}, {"status", 400}, {"message", "No keys today"}, {"times", 1}});
  const Answer answer = press(world, id, "1");
  EXPECT_EQ(answer.status, 502);
  EXPECT_NE(answer.body.find("Twilio API error: No keys today"), std::string::npos) << answer.body;
  EXPECT_EQ(world.call(id)["status"], "in-progress");
  EXPECT_EQ(press(world, id, "2").status, 202);
  ASSERT_TRUE(streams(world, id, 2));
  EXPECT_EQ(keys(world, id), "2");
}

TEST(KeysOf, AnAnswerThatIsLostPressesThemOnceAndTheCallGoesOn) {
  World world;
  const std::string id = world.talking();
  world.command("twilio/misbehave", {{"on", "update"}, {"drop", "after"}, {"times", 1}});
  EXPECT_EQ(press(world, id, "7").status, 502);
  ASSERT_TRUE(streams(world, id, 2));
  EXPECT_EQ(keys(world, id), "7");
  EXPECT_EQ(press(world, id, "8").status, 202);
  ASSERT_TRUE(streams(world, id, 3));
  EXPECT_EQ(keys(world, id), "78");
}

TEST(KeysOf, InbandAreTonesInTheSameStream) {
  World world(withVoice("openai", {"twilio.dtmf=inband"}));
  const std::string id = world.talking({{"greeting", ""}});
  const auto before = world.carrierAudio(id, "received").size();
  EXPECT_EQ(press(world, id, "12").status, 202);
  EXPECT_TRUE(until([&] { return world.carrierAudio(id, "received").size() >= before + 2 * 200 * 8; }));
  EXPECT_EQ(world.carrierCall(id)["streams"].size(), 1u);
}
