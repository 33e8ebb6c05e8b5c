// The compatibility dialect.
#include "plugins/gateway/jsonrpc.hpp"
#include "tests/plugins/gateway/claw.hpp"

#include <gmock/gmock.h>

namespace hookswitch::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;

const std::map<std::string, std::string> kJsonrpc{{"dialect", "jsonrpc"}, {"token", ""}};

std::vector<std::string> keysInOrder(const std::string& frame) {
  const auto f = nlohmann::ordered_json::parse(frame);
  std::vector<std::string> keys;
  for (auto& [name, value] : f["params"]["message"].items()) keys.push_back(name);
  return keys;
}

TEST(GatewayJsonrpc, WritesTheFieldsInTheirOrder) {
  Event e;
  e.kind = Event::Kind::Started;
  e.call_id = "c1";
  e.metadata_json = R"({"a":1})";
  EXPECT_THAT(keysInOrder(jsonrpc::eventFrame(1, e)),
              ElementsAre("message_type", "call_id", "to_number", "prompt", "metadata", "timestamp"));
  e.kind = Event::Kind::Ended;
  EXPECT_THAT(keysInOrder(jsonrpc::eventFrame(1, e)),
              ElementsAre("message_type", "call_id", "duration", "outcome", "full_transcript", "summary", "timestamp"));
  EXPECT_THAT(keysInOrder(jsonrpc::heartbeatFrame(1, 0)), ElementsAre("message_type", "timestamp"));
}

TEST(GatewayJsonrpc, TellsTheWholeCall) {
  Claw claw(kJsonrpc);
  claw.start();
  claw.begun(1, "c1");
  claw.ended(2, "c1");
  claw.wait(100);
  ASSERT_THAT(claw.frames, SizeIs(2));
  EXPECT_EQ(claw.frames[0].body, json::parse(R"({"jsonrpc":"2.0","id":1,"method":"sessions_send","params":{"message":{
    "message_type":"call_started","call_id":"c1","to_number":"+15550001111","prompt":"You are a helpful assistant.","metadata":{},
    "timestamp":"2023-11-14T22:13:20.000Z"}}})"));
  const json m = claw.frames[1].body["params"]["message"];
  EXPECT_EQ(m["duration"], 75.5);
  EXPECT_EQ(m["outcome"], "completed");
  EXPECT_EQ(m["full_transcript"], "assistant: Hello, how can I help?\nuser: When do you open?\nassistant: At nine.");
  EXPECT_EQ(m["timestamp"], "2023-11-14T22:14:40.000Z");
  EXPECT_THAT(m["summary"].get<std::string>(), HasSubstr("lasted 1:15"));
  EXPECT_EQ(claw.doneOf(1).at(0).state, HKS_HOOK_OK);
  EXPECT_EQ(claw.doneOf(2).at(0).state, HKS_HOOK_OK);
}

TEST(GatewayJsonrpc, NeedsNoHandshakeAndSendsAHeartbeatEveryThirtySeconds) {
  Claw claw(kJsonrpc);
  claw.start();
  claw.wait(29999);
  EXPECT_THAT(claw.frames, IsEmpty());
  claw.wait(60001);
  ASSERT_THAT(claw.frames, SizeIs(3));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(claw.frames[i].body["id"], i + 1);
    EXPECT_EQ(claw.frames[i].body["params"]["message"]["message_type"], "heartbeat");
    EXPECT_THAT(claw.frames[i].body["params"]["message"]["timestamp"].get<std::string>(),
                MatchesRegex("....-..-..T..:..:......Z"));
  }
  EXPECT_THAT(claw.closes, IsEmpty()) << "there are no ticks to miss in this dialect";
}

TEST(GatewayJsonrpc, NeverResetsItsIds) {
  Claw claw(kJsonrpc);
  claw.start();
  claw.ended(1, "c1");
  claw.wait(100);
  claw.cut();
  claw.wait(2000);
  claw.ended(2, "c2");
  claw.wait(100);
  ASSERT_THAT(claw.frames, SizeIs(2));
  EXPECT_EQ(claw.frames[1].body["id"], 2);
}

TEST(GatewayJsonrpc, WaitsUpToAMinuteBetweenAttempts) {
  Claw claw(kJsonrpc);
  claw.accepts = false;
  claw.start();
  claw.wait(3600000);
  const std::size_t n = claw.connects.size();
  ASSERT_GT(n, 10u);
  EXPECT_GE(claw.connects[n - 1].at_ms - claw.connects[n - 2].at_ms, 60000u);
  EXPECT_LE(claw.connects[n - 1].at_ms - claw.connects[n - 2].at_ms, 75000u);
}

TEST(GatewayJsonrpc, RepeatsAfterAPassingErrorAndWaitsAfterALastingOne) {
  Claw claw(kJsonrpc);
  claw.answers = false;
  claw.start();
  claw.ended(1, "c1");
  claw.say({{"jsonrpc", "2.0"}, {"id", 1}, {"error", {{"code", -32000}, {"message", "busy"}}}});
  EXPECT_THAT(claw.done, IsEmpty());
  claw.wait(1000);
  ASSERT_THAT(claw.frames, SizeIs(2));
  claw.say({{"jsonrpc", "2.0"}, {"id", 2}, {"error", {{"code", -32601}, {"message", "no such method"}}}});
  EXPECT_THAT(claw.done, IsEmpty());
  claw.wait(13000);
  EXPECT_EQ(claw.doneOf(1).at(0).state, HKS_HOOK_RETRY) << "somebody may mend the receiver";
  EXPECT_THAT(claw.doneOf(1).at(0).reason, HasSubstr("-32601: no such method"));
}

TEST(GatewayJsonrpc, ActsOnNothingButAnswers) {
  for (const char* frame : {"", "x", "[]", "{}", R"({"id":"1","result":{}})", R"({"id":1})",
                            R"({"method":"sessions_send","id":1,"params":{}})"})
    EXPECT_NE(jsonrpc::read(frame).kind, Incoming::Kind::Answer) << frame;
  EXPECT_TRUE(jsonrpc::read(R"({"jsonrpc":"2.0","id":1,"result":null})").ok);
  EXPECT_TRUE(jsonrpc::read(R"({"jsonrpc":"2.0","id":1,"result":{},"error":null})").ok);
  EXPECT_FALSE(jsonrpc::read(R"({"jsonrpc":"2.0","id":1,"error":{}})").ok);
}

}  // namespace
}  // namespace hookswitch::gateway
