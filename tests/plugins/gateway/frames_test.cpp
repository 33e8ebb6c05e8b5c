#include "plugins/gateway/openclaw.hpp"
#include "tests/plugins/gateway/claw.hpp"

#include <gmock/gmock.h>

namespace hookswitch::gateway {
namespace {

using testing::HasSubstr;
using Kind = Incoming::Kind;

Incoming read(const json& frame) { return openclaw::read(frame.dump()); }
json answer(json rest) {
  json f{{"type", "res"}, {"id", "7"}};
  f.update(rest);
  return f;
}
Event ended(std::string transcript = "user: hello") {
  Event e;
  e.kind = Event::Kind::Ended;
  e.call_id = "c1";
  e.direction = "outbound";
  e.outcome = "completed";
  e.transcript = std::move(transcript);
  return e;
}

TEST(GatewayFrames, ParsesInsteadOfSearching) {
  EXPECT_EQ(read({{"type", "event"}, {"event", "connect.challenge"}, {"payload", {{"nonce", "n"}}}}).kind,
            Kind::Challenge);
  const Incoming in = read(answer({{"ok", true}, {"payload", helloPayload()}}));  // holds the word connect.challenge
  ASSERT_EQ(in.kind, Kind::Hello);
  EXPECT_EQ(in.id, 7u);
  EXPECT_EQ(in.hello.protocol, 4);
  EXPECT_EQ(in.hello.tick_ms, 30000u);
  EXPECT_EQ(in.hello.max_payload, 26214400u);
  EXPECT_TRUE(in.hello.can_write);
  EXPECT_TRUE(in.hello.has_wake);
  EXPECT_TRUE(in.hello.model_configured);
  EXPECT_TRUE(in.hello.has_status);
  EXPECT_EQ(in.hello.default_agent, "main");
  EXPECT_EQ(in.hello.main_session, "agent:main:main");
}

TEST(GatewayFrames, ToleratesAnOlderHello) {
  const Incoming in = read(answer({{"ok", true}, {"payload", {{"type", "hello-ok"}, {"protocol", 3}}}}));
  ASSERT_EQ(in.kind, Kind::Hello);
  EXPECT_EQ(in.hello.tick_ms, 30000u);
  EXPECT_FALSE(in.hello.can_write);
  EXPECT_TRUE(in.hello.has_wake);
}

TEST(GatewayFrames, BoundsWhatTheGatewayClaimsOfItself) {
  json p = helloPayload();
  p["policy"] = {{"tickIntervalMs", 1}, {"maxPayload", -5}};
  EXPECT_EQ(read(answer({{"ok", true}, {"payload", p}})).hello.tick_ms, 1000u);
  EXPECT_EQ(read(answer({{"ok", true}, {"payload", p}})).hello.max_payload, 4096u);
  p["policy"] = {{"tickIntervalMs", 1e300}, {"maxPayload", "x"}};
  EXPECT_EQ(read(answer({{"ok", true}, {"payload", p}})).hello.tick_ms, 30000u);
}

TEST(GatewayFrames, ReadsRefusals) {
  const Incoming auth = read(answer({{"ok", false},
                                     {"error",
                                      {{"code", "INVALID_REQUEST"},
                                       {"message", "unauthorized:\n bad"},
                                       {"details", {{"code", "AUTH_TOKEN_MISMATCH"}}}}}}));
  EXPECT_EQ(auth.kind, Kind::Answer);
  EXPECT_FALSE(auth.ok);
  EXPECT_FALSE(auth.passing);
  EXPECT_EQ(auth.sentence,
            "INVALID_REQUEST AUTH_TOKEN_MISMATCH: unauthorized: bad (gateway.token must be gateway.auth.token of the "
            "gateway)");
  const Incoming busy = read(answer(
      {{"ok", false},
       {"error", {{"code", "UNAVAILABLE"}, {"message", "starting"}, {"retryable", true}, {"retryAfterMs", 500}}}}));
  EXPECT_TRUE(busy.passing);
  EXPECT_EQ(busy.after_ms, 500u);
  const Incoming pairing = read(answer({{"ok", false},
                                        {"error",
                                         {{"code", "NOT_PAIRED"},
                                          {"message", "pairing required"},
                                          {"details", {{"code", "PAIRING_REQUIRED"}, {"requestId", "r-1"}}}}}}));
  EXPECT_THAT(pairing.sentence, HasSubstr("openclaw devices approve r-1"));
  const Incoming both = read(answer({{"ok", false},
                                     {"payload", {{"status", "error"}}},
                                     {"error", {{"code", "UNAVAILABLE"}, {"message", "no model"}}}}));
  EXPECT_FALSE(both.ok);
}

TEST(GatewayFrames, TrustsTheStatusOfARunAndNotItsOk) {
  EXPECT_TRUE(read(answer({{"ok", true}, {"payload", {{"runId", "r"}, {"status", "accepted"}}}})).accepted);
  EXPECT_TRUE(read(answer({{"ok", true}, {"payload", {{"runId", "r"}, {"status", "ok"}}}})).ok);
  EXPECT_FALSE(read(answer({{"ok", true}, {"payload", {{"runId", "r"}, {"status", "timeout"}}}})).ok);
  EXPECT_FALSE(read(answer({{"ok", true}, {"payload", {{"ok", false}}}})).ok);
  EXPECT_TRUE(read(answer({{"ok", true}, {"payload", {{"ok", true}}}})).ok);
}

TEST(GatewayFrames, SurvivesWhateverElseComes) {
  for (const char* bad :
       {"", "x", "[]", "{", "null", "1", "{\"type\":\"res\"}", "{\"type\":\"res\",\"id\":7,\"ok\":true}",
        "{\"type\":5}", "{\"type\":\"event\"}", "{\"type\":\"event\",\"event\":\"shutdown\",\"payload\":5}"})
    EXPECT_NE(openclaw::read(bad).kind, Kind::Hello) << bad;
  EXPECT_EQ(openclaw::read("not json").kind, Kind::Garbage);
  EXPECT_EQ(openclaw::read(std::string(kMaxFrame + 1, ' ')).kind, Kind::Ignored);
  EXPECT_EQ(read({{"type", "event"}, {"event", "agent"}, {"payload", {{"text", "hi"}}}}).kind, Kind::Ignored);
  const Incoming number = read({{"type", "res"}, {"id", 7}, {"ok", true}});
  EXPECT_EQ(number.id, 0u) << "our ids are strings";
}

TEST(GatewayFrames, SendsAWakeOfExactlyItsProperties) {
  Config config;
  config.wake_mode = "next-heartbeat";
  const json f = json::parse(openclaw::eventFrame(config, Hello(), 12, ended(), 0));
  checkRequest(f);
  EXPECT_EQ(f["id"], "12");
  EXPECT_EQ(f["method"], "wake");
  EXPECT_EQ(f["params"].size(), 2u);
  config.agent_id = "phone";
  EXPECT_EQ(json::parse(openclaw::eventFrame(config, Hello(), 1, ended(), 0))["params"]["agentId"], "phone");
  config.agent_id.clear(), config.session_key = "agent:main:calls";
  EXPECT_EQ(json::parse(openclaw::eventFrame(config, Hello(), 1, ended(), 0))["params"]["sessionKey"],
            "agent:main:calls");
}

TEST(GatewayFrames, StartsATurnOnlyWhereThereIsAModel) {
  Config config;
  config.wake_mode = "next-heartbeat";
  config.ended_by_agent = true;
  Hello hello;
  EXPECT_EQ(openclaw::wayOf(config, hello, ended()), openclaw::Way::Queue);
  hello.model_configured = hello.has_agent = true;
  ASSERT_EQ(openclaw::wayOf(config, hello, ended()), openclaw::Way::Agent);
  const json f = json::parse(openclaw::eventFrame(config, hello, 1, ended(), 0));
  checkRequest(f);
  EXPECT_EQ(f["method"], "agent");
  EXPECT_EQ(f["params"]["idempotencyKey"], "c1:call_ended");
  EXPECT_EQ(f["params"]["sessionKey"], "agent:main:main");
  EXPECT_EQ(f["params"]["deliver"], false);
  EXPECT_EQ(openclaw::wayOf(config, hello, Event()), openclaw::Way::Queue);
  EXPECT_EQ(json::parse(openclaw::eventFrame(config, hello, 1, ended(), 2))["params"]["idempotencyKey"],
            "c1:call_ended:2")
      << "the key of a run that failed stands for that failure";
  config.session_key = "agent:main:calls";
  EXPECT_EQ(openclaw::wayOf(config, hello, Event()), openclaw::Way::Turn);
}

TEST(GatewayFrames, StaysBelowTheLimitOfTheGateway) {
  Config config;
  config.wake_mode = "now";
  Hello hello;
  hello.max_payload = 4096;
  EXPECT_LE(openclaw::eventFrame(config, hello, 1, ended(std::string(100000, '\\')), 0).size(), 4096u);
  EXPECT_LE(openclaw::eventFrame(config, Hello(), 1, ended(std::string(100000, 'x')), 0).size(), 33u * 1024);
}

}  // namespace
}  // namespace hookswitch::gateway
