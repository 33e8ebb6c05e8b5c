#include "tests/fakes/openclaw.hpp"
#include "tests/fakes/openclaw_frames.hpp"
#include "tests/fakes/test_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fakes {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json connectParams(const json& more = json::object()) {
  json params = {{"minProtocol", 3},
                 {"maxProtocol", 4},
                 {"role", "operator"},
                 {"scopes", {"operator.read", "operator.write"}},
                 {"caps", json::array()},
                 {"client",
                  {{"id", "gateway-client"},
                   {"displayName", "Telephony gateway"},
                   {"version", "0.1.0"},
                   {"platform", "linux"},
                   {"mode", "backend"},
                   {"instanceId", "i"}}},
                 {"auth", {{"token", "openclaw-fake"}}}};
  params.update(more);
  return params;
}

TEST(OpenClawFrames, AreClosed) {
  EXPECT_EQ(checkOpenClawFrame({{"type", "req"}, {"id", "1"}, {"method", "health"}}), "");
  EXPECT_THAT(checkOpenClawFrame({{"type", "req"}, {"id", 1}, {"method", "health"}}), HasSubstr("/id: must be string"));
  EXPECT_THAT(checkOpenClawFrame({{"type", "req"}, {"id", "1"}, {"method", "x"}, {"foo", 1}}),
              HasSubstr("unexpected property 'foo'"));
  EXPECT_THAT(checkOpenClawFrame({{"jsonrpc", "2.0"}, {"id", 7}, {"method", "sessions_send"}}), HasSubstr("must"));
  EXPECT_EQ(checkOpenClawParams("connect", connectParams()), "");
  EXPECT_EQ(checkOpenClawParams("sessions_send", json::object()), "unknown method: sessions_send");
  json bad = connectParams();
  bad["client"]["mode"] = "operator";
  EXPECT_THAT(checkOpenClawParams("connect", bad), HasSubstr("client/mode"));
  EXPECT_THAT(checkOpenClawParams("connect", connectParams({{"origin", "x"}})),
              HasSubstr("unexpected property 'origin'"));
  EXPECT_THAT(checkOpenClawParams("wake", {{"mode", "soon"}, {"text", "x"}}), HasSubstr("mode"));
  EXPECT_THAT(checkOpenClawParams("wake", {{"mode", "now"}, {"text", ""}}), HasSubstr("text"));
  EXPECT_THAT(checkOpenClawParams("agent", {{"message", "x"}}), HasSubstr("idempotencyKey"));
  EXPECT_THAT(checkOpenClawParams("agent", {{"message", "x"}, {"idempotencyKey", "k"}, {"deliver", true}}),
              HasSubstr("Channel is required"));
  EXPECT_THAT(checkOpenClawParams("agent", {{"message", std::string("a\0b", 3)}, {"idempotencyKey", "k"}}),
              HasSubstr("null bytes"));
}

TEST(OpenClawFrames, JsonRpcMessagesAreFlatAndComplete) {
  const auto message = [](const json& body) {
    return json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "sessions_send"}, {"params", {{"message", body}}}};
  };
  json ended = {{"message_type", "call_ended"},
                {"call_id", "c1"},
                {"duration", 42.5},
                {"outcome", "completed"},
                {"full_transcript", ""},
                {"summary", ""},
                {"timestamp", "2026-01-31T14:03:22.123456"}};
  EXPECT_EQ(checkJsonRpc(message(ended)), "");
  ended["timestamp"] = "2026-01-31T14:03:22Z";
  EXPECT_EQ(checkJsonRpc(message(ended)), "");
  ended["timestamp"] = "yesterday";
  EXPECT_THAT(checkJsonRpc(message(ended)), HasSubstr("ISO 8601"));
  EXPECT_EQ(checkJsonRpc(message({{"message_type", "heartbeat"}, {"timestamp", "2026-01-31T14:03:22.1Z"}})), "");
  EXPECT_THAT(checkJsonRpc(message({{"message_type", "call_started"}})), HasSubstr("required property"));
  EXPECT_THAT(checkJsonRpc(message({{"message_type", "gossip"}})), HasSubstr("not known"));
  json string_id = message(ended);
  string_id["id"] = "1";
  EXPECT_THAT(checkJsonRpc(string_id), HasSubstr("/id"));
}

class OpenClawTest : public testing::Test {
 protected:
  OpenClawTest() {
    loop_.start();
    loop_.call([this] { fake_ = std::make_unique<OpenClaw>(loop_); });
  }
  ~OpenClawTest() override {
    loop_.call([this] { fake_.reset(); });
  }
  std::unique_ptr<TestClient> client() {
    return std::make_unique<TestClient>(loop_, "ws://127.0.0.1:" + std::to_string(fake_->port()) + "/any/path");
  }
  static json request(const std::string& id, const std::string& method, const json& params) {
    return {{"type", "req"}, {"id", id}, {"method", method}, {"params", params}};
  }
  static json response(TestClient& client, const std::string& id) {
    return client.next([&](const json& m) { return m.value("type", "") == "res" && m["id"] == id; });
  }
  std::unique_ptr<TestClient> connected(const json& more = json::object()) {
    auto made = client();
    made->next([](const json& m) { return m.value("event", "") == "connect.challenge"; });
    made->send(request("c", "connect", connectParams(more)));
    EXPECT_EQ(response(*made, "c")["payload"]["type"], "hello-ok");
    return made;
  }
  json state() {
    return onLoop(loop_, [this] { return fake_->state(); });
  }
  json command(const std::string& name, const json& args = json::object()) {
    return onLoop(loop_, [this, &name, &args] { return fake_->command(name, args); });
  }
  static json agent(const char* key) {
    return {{"message", "ended"}, {"idempotencyKey", key}, {"sessionKey", "telephony:Call-A"}, {"deliver", false}};
  }

  Loop loop_;
  std::unique_ptr<OpenClaw> fake_;
};

TEST_F(OpenClawTest, SaysHelloInTheRealSize) {
  auto one = client();
  const json challenge = one->key("event");
  EXPECT_EQ(challenge["event"], "connect.challenge");
  one->send(request("1", "connect", connectParams()));
  const json hello = response(*one, "1");
  EXPECT_TRUE(hello["ok"]);
  EXPECT_EQ(hello["payload"]["protocol"], 4);
  EXPECT_EQ(hello["payload"]["auth"]["scopes"], (json{"operator.read", "operator.write"}));
  EXPECT_EQ(hello["payload"]["policy"]["tickIntervalMs"], 30000);
  EXPECT_GT(hello.dump().size(), 14000U);
  EXPECT_EQ(state()["protocol_errors"], json::array());
  EXPECT_EQ(state().dump().find("openclaw-fake"), std::string::npos);
}

TEST_F(OpenClawTest, RefusesBadHandshakesWithTheRightCode) {
  const auto code = [this](const json& frame) {
    auto one = client();
    one->send(frame);
    return one->closeCode();
  };
  EXPECT_EQ(code({{"jsonrpc", "2.0"}, {"id", 1}, {"method", "sessions_send"}, {"params", json::object()}}), 1008U);
  EXPECT_EQ(code(request("1", "health", json::object())), 1008U);
  EXPECT_EQ(code(request("1", "connect", connectParams({{"auth", {{"token", "wrong"}}}}))), 1008U);
  EXPECT_EQ(code(request("1", "connect", connectParams({{"auth", json::object()}}))), 1008U);
  EXPECT_EQ(code(request("1", "connect", connectParams({{"minProtocol", 3}, {"maxProtocol", 3}}))), 1002U);
  EXPECT_EQ(code(request("1", "connect", connectParams({{"locale", std::string(70000, 'x')}}))), 1009U);
  auto one = client();
  one->sendText("hello?");
  EXPECT_EQ(one->closeCode(), 1000U);
  EXPECT_EQ(state()["protocol_errors"].size(), 7U);
  command("configure", {{"handshake_ms", 20}});
  EXPECT_EQ(client()->closeCode(), 1000U);
}

TEST_F(OpenClawTest, WakeQueuesForTheMainSession) {
  auto one = connected();
  for (const char* text : {"[call] a", "[call] b", "[call] b"})
    one->send(request("w", "wake", {{"mode", "next-heartbeat"}, {"text", text}}));
  one->send(request("s", "status", json::object()));
  EXPECT_EQ(response(*one, "s")["payload"]["queuedSystemEvents"], (json{"[call] a", "[call] b"}));
  EXPECT_EQ(state()["events"].size(), 4U);
}

TEST_F(OpenClawTest, AnAgentRunAnswersTwiceUnderOneIdAndOnlyRunsOnce) {
  auto one = connected();
  one->send(request("a", "agent", agent("k1")));
  EXPECT_EQ(response(*one, "a")["payload"]["status"], "accepted");
  const json done = response(*one, "a")["payload"];
  EXPECT_EQ(done["status"], "ok");
  EXPECT_EQ(done["result"]["payloads"][0]["text"], "Noted.");
  one->send(request("b", "agent", agent("k1")));
  EXPECT_EQ(response(*one, "b")["payload"]["status"], "ok");
  auto two = connected();
  two->send(request("w", "agent.wait", {{"runId", "k1"}, {"timeoutMs", 1000}}));
  EXPECT_EQ(response(*two, "w")["payload"]["terminalReply"]["text"], "Noted.");
  const json seen = state();
  EXPECT_EQ(seen["keys"]["k1"], 2);
  EXPECT_EQ(seen["events"][1]["seen_before"], 1);
  EXPECT_EQ(seen["runs"]["k1"]["session_key"], "agent:main:telephony:call-a");
}

TEST_F(OpenClawTest, RunsMayFailTimeOutOrNeverEnd) {
  auto one = connected();
  command("configure", {{"agent_status", "error"}, {"agent_ms", 1}});
  one->send(request("a", "agent", agent("k1")));
  response(*one, "a");
  const json failed = response(*one, "a");
  EXPECT_FALSE(failed["ok"]);
  EXPECT_EQ(failed["payload"]["status"], "error");
  command("configure", {{"agent_status", "timeout"}});
  one->send(request("b", "agent", agent("k2")));
  response(*one, "b");
  const json late = response(*one, "b");
  EXPECT_TRUE(late["ok"]);
  EXPECT_EQ(late["payload"]["status"], "timeout");
  EXPECT_TRUE(late["payload"]["result"]["payloads"][0]["isError"]);
  command("configure", {{"model_configured", false}});
  one->send(request("c", "agent", agent("k3")));
  response(*one, "c");
  EXPECT_EQ(response(*one, "c")["error"]["code"], "UNAVAILABLE");
}

TEST_F(OpenClawTest, ScopesAreNeededAndMayComeBackEmpty) {
  auto reader = connected({{"scopes", {"operator.read"}}});
  reader->send(request("a", "wake", {{"mode", "now"}, {"text", "x"}}));
  EXPECT_EQ(response(*reader, "a")["error"]["details"]["missingScope"], "operator.write");
  command("configure", {{"grant", "none"}});
  auto none = connected();
  none->send(request("h", "health", json::object()));
  EXPECT_TRUE(response(*none, "h")["ok"]);
  none->send(request("s", "status", json::object()));
  EXPECT_EQ(response(*none, "s")["error"]["code"], "FORBIDDEN");
}

TEST_F(OpenClawTest, StartsSlowlyAndRestarts) {
  command("configure", {{"starting", 1}});
  auto one = client();
  one->send(request("1", "connect", connectParams()));
  const json busy = response(*one, "1");
  EXPECT_EQ(busy["error"]["code"], "UNAVAILABLE");
  EXPECT_EQ(busy["error"]["retryAfterMs"], 500);
  EXPECT_EQ(one->closeCode(), 1013U);
  auto two = connected();
  command("restart", {{"restart_expected_ms", 1500}, {"down_ms", 60000}});
  EXPECT_EQ(two->next([](const json& m) { return m.value("event", "") == "shutdown"; })["payload"]["restartExpectedMs"],
            1500);
  EXPECT_EQ(two->closeCode(), 1012U);
  EXPECT_FALSE(client()->connected());
  command("refuse_connections", {{"refusing", false}});
  EXPECT_TRUE(client()->connected());
}

TEST_F(OpenClawTest, MisbehavesPerMethodAndCount) {
  auto one = connected();
  const auto wake = [&](const char* id) { one->send(request(id, "wake", {{"mode", "next-heartbeat"}, {"text", id}})); };
  command("fail", {{"how", "retryable"}, {"method", "wake"}});
  wake("1");
  EXPECT_TRUE(response(*one, "1")["error"]["retryable"]);
  command("fail", {{"how", "never"}, {"method", "wake"}});
  command("fail", {{"how", "slow"}, {"method", "wake"}, {"ms", 30}});
  wake("2"), wake("3"), wake("4");
  EXPECT_TRUE(response(*one, "4")["ok"]);
  EXPECT_TRUE(response(*one, "3")["ok"]);  // late, after its successor
  command("fail", {{"how", "garbage"}});
  wake("5");
  one->key("not_json");
  command("fail", {{"how", "drop_after"}, {"method", "wake"}});
  wake("6");
  EXPECT_EQ(one->closeCode(), 1006U);
  const json seen = state();
  EXPECT_EQ(seen["queued_system_events"], (json{"4", "3", "6"}));
  EXPECT_EQ(seen["faults"], 0);
  EXPECT_THROW(command("fail", {{"how", "sulk"}}), std::invalid_argument);
  EXPECT_THROW(command("configure", {{"dialect", "latin"}}), std::invalid_argument);
}

TEST_F(OpenClawTest, TicksAndDropsOnCommand) {
  command("configure", {{"tick_ms", 10}, {"ping_ms", 10}});
  auto one = connected();
  const json tick = one->next([](const json& m) { return m.value("event", "") == "tick"; });
  EXPECT_EQ(tick["seq"], 1);
  command("event", {{"event", "something.new"}, {"payload", {{"x", 1}}}});
  one->next([](const json& m) { return m.value("event", "") == "something.new"; });
  command("drop");
  EXPECT_EQ(one->closeCode(), 1006U);
}

TEST_F(OpenClawTest, SpeaksTheJsonRpcDialect) {
  command("configure", {{"dialect", "jsonrpc"}});
  auto one = client();
  const auto send = [&](const json& id, const json& message) {
    one->send({{"jsonrpc", "2.0"}, {"id", id}, {"method", "sessions_send"}, {"params", {{"message", message}}}});
    return one->next([&](const json& m) { return m.value("id", json()) == id; });
  };
  EXPECT_EQ(send(1, {{"message_type", "call_started"},
                     {"call_id", "c"},
                     {"to_number", "+4930"},
                     {"prompt", ""},
                     {"metadata", json::object()},
                     {"timestamp", "2026-01-31T14:03:22Z"}})["result"],
            json::object());
  EXPECT_EQ(send(2, {{"message_type", "heartbeat"}, {"timestamp", "2026-01-31T14:03:22Z"}})["result"], json::object());
  EXPECT_TRUE(send(3, {{"message_type", "call_ended"}}).contains("error"));
  command("fail", {{"how", "error"}, {"method", "heartbeat"}});
  EXPECT_TRUE(send(4, {{"message_type", "heartbeat"}, {"timestamp", "2026-01-31T14:03:22Z"}}).contains("error"));
  const json seen = state();
  EXPECT_EQ(seen["events"].size(), 1U);
  EXPECT_EQ(seen["events"][0]["params"]["call_id"], "c");
  EXPECT_EQ(seen["counters"]["heartbeats"], 1);
  EXPECT_EQ(seen["protocol_errors"].size(), 1U);
  command("reset");
  EXPECT_EQ(one->closeCode(), 1006U);
  EXPECT_EQ(state()["dialect"], "openclaw");
}

TEST_F(OpenClawTest, ARestartForgetsWhatWasQueuedAndTheRunsThatWereNotOver) {
  auto one = connected();
  for (int i = 0; i < 24; ++i)
    one->send(request("w", "wake", {{"mode", "next-heartbeat"}, {"text", "[call] " + std::to_string(i)}}));
  one->send(request("s", "status", json::object()));
  const json queue = response(*one, "s")["payload"]["queuedSystemEvents"];
  EXPECT_EQ(queue.size(), 20U);
  EXPECT_EQ(queue[0], "[call] 4");
  command("configure", {{"agent_status", "never"}});
  one->send(request("a", "agent", agent("k1")));
  EXPECT_EQ(response(*one, "a")["payload"]["status"], "accepted");
  command("kill");
  EXPECT_EQ(one->closeCode(), 1006U);
  command("configure", {{"agent_status", "ok"}});
  auto two = connected();
  two->send(request("s", "status", json::object()));
  EXPECT_EQ(response(*two, "s")["payload"]["queuedSystemEvents"], json::array());
  two->send(request("a", "agent", agent("k1")));
  EXPECT_THAT(response(*two, "a")["error"]["message"], HasSubstr("submit a new turn"));
  EXPECT_EQ(state()["known"], json::array());
  two->send(request("b", "agent", agent("k2")));
  response(*two, "b");
  response(*two, "b");
  EXPECT_EQ(state()["known"], json{"ended"});
}

TEST_F(OpenClawTest, ATurnThatFailsHasEmptiedTheQueueAndSaysSo) {
  auto one = connected();
  command("configure", {{"agent_status", "error"}});
  one->send(request("w", "wake", {{"mode", "next-heartbeat"}, {"text", "[call] a"}}));
  one->send(request("n", "wake", {{"mode", "now"}, {"text", "[call] b"}}));
  const auto heartbeat = [&] {
    return one->next([](const json& m) { return m.value("event", "") == "heartbeat"; })["payload"];
  };
  EXPECT_EQ(heartbeat()["status"], "failed");
  EXPECT_EQ(state()["queued_system_events"], json::array());
  EXPECT_EQ(state()["known"], json::array());
  command("configure", {{"agent_status", "ok"}});
  one->send(request("w", "wake", {{"mode", "next-heartbeat"}, {"text", "[call] c"}}));
  response(*one, "w");
  command("turn");
  EXPECT_EQ(heartbeat()["reason"], "no-route");
  EXPECT_EQ(state()["known"], json{"[call] c"});
}

TEST_F(OpenClawTest, WhoComesThroughAProxyWithoutADeviceHasNoScope) {
  command("configure", {{"proxied", true}, {"agents", {"main", "phone"}}});
  auto one = connected();
  one->send(request("w", "wake", {{"mode", "now"}, {"text", "x"}}));
  EXPECT_EQ(response(*one, "w")["error"]["details"]["code"], "MISSING_SCOPE");
  auto stranger = client();
  stranger->next([](const json& m) { return m.value("event", "") == "connect.challenge"; });
  stranger->send(request(
      "c", "connect",
      connectParams(
          {{"device", {{"id", "x"}, {"publicKey", "eA"}, {"signature", "eA"}, {"signedAt", 1}, {"nonce", "n"}}}})));
  EXPECT_EQ(response(*stranger, "c")["error"]["details"]["code"], "DEVICE_AUTH_DEVICE_ID_MISMATCH");
  command("configure", {{"proxied", false}});
  auto two = connected();
  two->send(request("w", "wake", {{"mode", "next-heartbeat"}, {"text", "x"}, {"agentId", "nobody"}}));
  EXPECT_EQ(response(*two, "w")["error"]["code"], "UNAVAILABLE");
  json params = agent("k");
  params["agentId"] = "nobody";
  two->send(request("a", "agent", params));
  EXPECT_THAT(response(*two, "a")["error"]["message"], HasSubstr("unknown agent id"));
  params["agentId"] = "phone";
  two->send(request("b", "agent", params));
  EXPECT_EQ(response(*two, "b")["payload"]["status"], "accepted");
}

}  // namespace
}  // namespace fakes
