// The OpenAI fake over real sockets.
#include "tests/fakes/openai.hpp"
#include "tests/fakes/speech.hpp"
#include "tests/fakes/test_client.hpp"

#include <gtest/gtest.h>

namespace fakes {
namespace {

using nlohmann::json;

class OpenAiTest : public testing::Test {
 protected:
  OpenAiTest() {
    loop_.start();
    loop_.call([this] { fake_ = std::make_unique<OpenAi>(loop_); });
  }
  ~OpenAiTest() override {
    loop_.call([this] { fake_.reset(); });
  }
  std::string url(const std::string& query = "?model=gpt-realtime") const {
    return "ws://127.0.0.1:" + std::to_string(fake_->port()) + "/v1/realtime" + query;
  }
  static Headers key() { return {{"Authorization", "Bearer sk-fake-of-the-stand-in"}}; }
  json state() {
    return onLoop(loop_, [this] { return fake_->state(); });
  }
  json command(const std::string& name, const json& args = json::object()) {
    return onLoop(loop_, [this, &name, &args] { return fake_->command(name, args); });
  }
  static json update(const char* format) {
    const json side = {{"format", {{"type", format}}}};
    return {{"type", "session.update"},
            {"session", {{"type", "realtime"}, {"audio", {{"input", side}, {"output", side}}}}}};
  }
  static std::string heard(const std::vector<json>& messages) {
    std::string out, piece;
    for (const auto& message : messages) {
      if (message.value("type", "") != "response.output_audio.delta") continue;
      EXPECT_TRUE(decodeBase64(message["delta"].get<std::string>(), piece));
      out += piece;
    }
    return out;
  }

  Loop loop_;
  std::unique_ptr<OpenAi> fake_;
};

TEST_F(OpenAiTest, LetsInOnlyTheRightKeyOnTheRightPath) {
  EXPECT_EQ(TestClient(loop_, url(), {}).result().status, 401U);
  EXPECT_EQ(TestClient(loop_, url(), {{"Authorization", "Bearer wrong"}}).result().status, 401U);
  EXPECT_EQ(TestClient(loop_, url(""), key()).result().status, 400U);
  EXPECT_EQ(TestClient(loop_, "ws://127.0.0.1:" + std::to_string(fake_->port()) + "/v1/other", key()).result().status,
            404U);
  const json seen = state();
  EXPECT_EQ(seen["connections"]["refused"], 4);
  EXPECT_EQ(seen["protocol_errors"].size(), 4U);
}

TEST_F(OpenAiTest, ACallOfMuLawAudioComesBackByteForByte) {
  TestClient client(loop_, url(), key());
  ASSERT_TRUE(client.connected());
  client.type("session.created");
  client.send(update("audio/pcmu"));
  client.type("session.updated");
  std::string audio = speech::encode({speech::Code::Pcmu, 8000}, speech::tone(8000, 500, 700, 5000));
  audio += std::string(6000, '\xFF');
  for (std::size_t at = 0; at < audio.size(); at += 160) {
    client.send({{"type", "input_audio_buffer.append"}, {"audio", encodeBase64(audio.substr(at, 160))}});
  }
  client.type("response.done");
  EXPECT_EQ(heard(client.seen()), audio.substr(0, (700 + 500) * 8));
  client.close(1000);
  const json seen = eventually(
      loop_, [this] { return fake_->state(); }, [](const json& s) { return s["connections"]["open"] == 0; });
  EXPECT_EQ(seen["connections"]["close_codes"]["1000"], 1);
  EXPECT_EQ(seen["sessions"][0]["audio_in"]["bytes"], audio.size());
  EXPECT_EQ(seen["protocol_errors"], json::array());
}

TEST_F(OpenAiTest, RefusesUpgradesAsOftenAsToldAndThenNoMore) {
  command("configure", {{"upgrade_status", 429}, {"upgrade_refusals", 2}});
  EXPECT_EQ(TestClient(loop_, url(), key()).result().status, 429U);
  EXPECT_EQ(TestClient(loop_, url(), key()).result().status, 429U);
  EXPECT_TRUE(TestClient(loop_, url(), key()).connected());
}

TEST_F(OpenAiTest, DropsClosesAndExpiresOnCommand) {
  TestClient first(loop_, url(), key()), second(loop_, url(), key()), third(loop_, url(), key());
  for (auto* client : {&first, &second, &third}) client->type("session.created");
  EXPECT_EQ(command("drop", {{"session", "s1"}})["sessions"], 1);
  EXPECT_EQ(first.closeCode(), 1006U);
  command("close", {{"session", "last"}, {"code", 1011}, {"reason", "keepalive"}});
  EXPECT_EQ(third.closeCode(), 1011U);
  EXPECT_EQ(third.closeReason(), "keepalive");
  command("expire");
  EXPECT_EQ(second.type("error")["error"]["code"], "session_expired");
  EXPECT_EQ(second.closeCode(), 1001U);
}

TEST_F(OpenAiTest, OddButLegalFramesReachTheClientWhole) {
  TestClient client(loop_, url(), key());
  client.type("session.created");
  command("fragment", {{"text", R"({"type":"in.pieces"})"}, {"pieces", 4}});
  client.type("in.pieces");
  command("big_frame", {{"bytes", 2 << 20}});
  EXPECT_GT(client.type("fake.padding")["padding"].get<std::string>().size(), 2000000U);
  command("ping");
  command("send", {{"event", {{"type", "later.still"}, {"x", nullptr}}}});
  client.type("later.still");
}

TEST_F(OpenAiTest, BrokenFramesAreBroken) {
  for (const char* how : {"reserved_bits", "bad_utf8"}) {
    TestClient client(loop_, url(), key());
    client.type("session.created");
    command(how, {{"session", "last"}});
    EXPECT_NE(client.closeCode(), 1000U) << how;
  }
  TestClient client(loop_, url(), key());
  client.type("session.created");
  command("garbage", {{"session", "last"}});
  client.key("not_json");
}

TEST_F(OpenAiTest, AnOldBetaHeaderAndAnUnknownModelEndTheSession) {
  Headers beta = key();
  beta.emplace_back("OpenAI-Beta", "realtime=v1");
  TestClient old(loop_, url(), beta);
  EXPECT_EQ(old.type("error")["error"]["code"], "beta_api_shape_disabled");
  EXPECT_EQ(old.closeCode(), 4000U);
  TestClient wrong(loop_, url("?model=gpt-live-1"), key());
  EXPECT_EQ(wrong.type("error")["error"]["code"], "invalid_model");
  EXPECT_EQ(wrong.closeCode(), 4000U);
}

TEST_F(OpenAiTest, RefusesUnknownCommandsAndSettingsWithASentence) {
  TestClient client(loop_, url(), key());
  client.type("session.created");
  EXPECT_THROW(command("dance"), std::invalid_argument);
  EXPECT_THROW(command("configure", {{"modes", "echo"}}), std::invalid_argument);
  EXPECT_THROW(command("configure", {{"mode", "sing"}}), std::invalid_argument);
  EXPECT_THROW(command("configure", {{"speed", "fast"}}), std::invalid_argument);
  EXPECT_THROW(command("queue", {{"turns", {{{"says", "x"}}}}}), std::invalid_argument);
  EXPECT_EQ(state()["settings"]["mode"], "echo");
}

TEST_F(OpenAiTest, ResetCutsConnectionsAndForgets) {
  TestClient client(loop_, url(), key());
  client.type("session.created");
  command("configure", {{"mode", "tone"}});
  command("reset");
  EXPECT_EQ(client.closeCode(), 1006U);
  const json seen = state();
  EXPECT_EQ(seen["sessions"], json::array());
  EXPECT_EQ(seen["connections"]["total"], 0);
  EXPECT_EQ(seen["settings"]["mode"], "echo");
}

TEST_F(OpenAiTest, TellsWhatHappensAsItHappens) {
  auto kinds = std::make_shared<std::vector<std::string>>();
  loop_.call([&] {
    fake_->onEvent([kinds](const std::string& kind, const json& what) {
      kinds->push_back(kind + " " + what.value("session", ""));
    });
  });
  command("configure", {{"speed", 0}});
  TestClient client(loop_, url(), key());
  client.send(update("audio/pcmu"));
  client.send({{"type", "response.create"}});
  client.type("response.done");
  client.send({{"type", "nonsense"}});
  client.type("error");
  client.close(1000);
  eventually(
      loop_, [this] { return fake_->state(); }, [](const json& s) { return s["connections"]["open"] == 0; });
  EXPECT_EQ(
      onLoop(loop_, [&] { return *kinds; }),
      (std::vector<std::string>{"opened s1", "updated s1", "response_done s1", "protocol_error s1", "closed s1"}));
}

TEST_F(OpenAiTest, KeptAudioCanBeFetched) {
  command("configure", {{"keep_audio", true}, {"speed", 0}});
  TestClient client(loop_, url(), key());
  client.send(update("audio/pcmu"));
  client.type("session.updated");
  client.send({{"type", "response.create"}});
  client.type("response.done");
  client.send({{"type", "input_audio_buffer.append"}, {"audio", encodeBase64("abcdef")}});
  eventually(
      loop_, [this] { return fake_->state(); }, [](const json& s) { return s["counters"]["appends"] == 1; });
  EXPECT_EQ(command("audio", {{"direction", "received"}})["base64"], encodeBase64("abcdef"));
  EXPECT_EQ(command("audio", {{"direction", "sent"}})["base64"], encodeBase64(heard(client.seen())));
}

TEST_F(OpenAiTest, CarriesManyLoopbackSessionsWithoutLosingAFrame) {
  command("configure", {{"mode", "loopback"}});
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<TestClient>(loop_, url(), key()));
    clients.back()->send(update("audio/pcmu"));
    clients.back()->type("session.updated");
  }
  const json frame = {{"type", "input_audio_buffer.append"}, {"audio", encodeBase64(std::string(160, 'u'))}};
  for (int n = 0; n < 100; ++n) {
    for (const auto& client : clients) client->send(frame);
  }
  for (const auto& client : clients) {
    for (int n = 0; n < 100; ++n) client->type("response.output_audio.delta");
  }
  EXPECT_EQ(state()["counters"]["deltas"], 5000);
}

}  // namespace
}  // namespace fakes
