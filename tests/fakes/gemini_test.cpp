// The Gemini fake over real sockets.
#include "tests/fakes/gemini.hpp"
#include "tests/fakes/speech.hpp"
#include "tests/fakes/test_client.hpp"

#include <gtest/gtest.h>

namespace fakes {
namespace {

using nlohmann::json;

class GeminiTest : public testing::Test {
 protected:
  GeminiTest() {
    loop_.start();
    loop_.call([this] { fake_ = std::make_unique<Gemini>(loop_); });
  }
  ~GeminiTest() override {
    loop_.call([this] { fake_.reset(); });
  }
  std::string url(const std::string& query = "") const {
    return "ws://127.0.0.1:" + std::to_string(fake_->port()) +
           "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent" + query;
  }
  static Headers key() { return {{"x-goog-api-key", "AIza-of-the-stand-in-for-tests-alone-00"}}; }
  json state() {
    return onLoop(loop_, [this] { return fake_->state(); });
  }
  json command(const std::string& name, const json& args = json::object()) {
    return onLoop(loop_, [this, &name, &args] { return fake_->command(name, args); });
  }
  static json setup(const json& more = json::object()) {
    json body = {{"model", "models/gemini-3.8-live"}, {"sessionResumption", json::object()}};
    body.update(more);
    return {{"setup", body}};
  }

  Loop loop_;
  std::unique_ptr<Gemini> fake_;
};

TEST_F(GeminiTest, LetsInOnlyTheRightKeyOnTheRightPath) {
  const TestClient refused(loop_, url());
  EXPECT_EQ(refused.result().status, 403U);
  EXPECT_EQ(json::parse(refused.result().body)["error"]["status"], "PERMISSION_DENIED");
  EXPECT_EQ(TestClient(loop_, "ws://127.0.0.1:" + std::to_string(fake_->port()) + "/ws/x", key()).result().status,
            404U);
  EXPECT_TRUE(TestClient(loop_, url("?key=AIza-of-the-stand-in-for-tests-alone-00")).connected());
  command("configure", {{"upgrade_status", 429}, {"upgrade_refusals", 1}});
  EXPECT_EQ(TestClient(loop_, url(), key()).result().status, 429U);
  EXPECT_TRUE(TestClient(loop_, url(), key()).connected());
  EXPECT_EQ(state()["connections"]["refused"], 3);
}

TEST_F(GeminiTest, ACallGoesThroughInBinaryFramesAndResumes) {
  std::string handle;
  {
    TestClient client(loop_, url(), key());
    client.send(setup());
    client.key("setupComplete");
    const auto bytes =
        speech::encode({speech::Code::Pcm16, 16000}, speech::tone(16000, 500, 600, 5000)) + std::string(32000, '\0');
    for (std::size_t at = 0; at < bytes.size(); at += 1280) {
      client.send(
          {{"realtimeInput",
            {{"audio", {{"mimeType", "audio/pcm;rate=16000"}, {"data", encodeBase64(bytes.substr(at, 1280))}}}}}});
    }
    client.next([](const json& m) { return m.value("/serverContent/turnComplete"_json_pointer, false); });
    handle = client.next([](const json& m) {
      return m.contains("/sessionResumptionUpdate/newHandle"_json_pointer);
    })["sessionResumptionUpdate"]["newHandle"];
    EXPECT_GE(client.binaryFrames(), client.seen().size());
    TestClient early(loop_, url(), key());
    early.send(setup({{"sessionResumption", {{"handle", handle}}}}));
    EXPECT_EQ(early.closeCode(), 1011U);
    client.close(1000);
    eventually(
        loop_, [this] { return fake_->state(); }, [](const json& s) { return s["connections"]["open"] == 0; });
  }
  TestClient again(loop_, url(), key());
  again.send(setup({{"sessionResumption", {{"handle", handle}}}}));
  again.key("setupComplete");
  const json seen = state();
  EXPECT_EQ(seen["sessions"].back()["resumed_from"], handle);
  EXPECT_EQ(seen["sessions"][0]["close"]["code"], 1000);
  EXPECT_EQ(seen["protocol_errors"].size(), 1U);
  EXPECT_EQ(seen["connections"]["close_codes"]["1000"], 1);
}

TEST_F(GeminiTest, SetupErrorsCloseWith1007AndAreListed) {
  TestClient client(loop_, url(), key());
  client.send(setup({{"generationConfig", {{"thinkingConfig", {{"thinkingLevel", "LOW"}}}}}}));
  EXPECT_EQ(client.closeCode(), 1007U);
  EXPECT_EQ(client.closeReason(), "Thinking level is not supported for this model");
  EXPECT_EQ(state()["protocol_errors"][0]["code"], 1007);
  TestClient bad(loop_, url(), key());
  bad.sendText("no json");
  EXPECT_EQ(bad.closeCode(), 1007U);
}

TEST_F(GeminiTest, GoAwayDropAndStrangeFramesComeOnCommand) {
  TestClient client(loop_, url(), key());
  client.send(setup());
  client.key("setupComplete");
  command("send", {{"event", {{"somethingNew", 1}}}});
  client.key("somethingNew");
  command("fragment", {{"text", R"({"piecewise":1})"}});
  client.key("piecewise");
  command("go_away", {{"left_ms", 50000}, {"close_after_ms", 20}});
  EXPECT_EQ(client.key("goAway")["goAway"]["timeLeft"], "50s");
  EXPECT_EQ(client.closeCode(), 1011U);
  TestClient second(loop_, url(), key());
  second.send(setup());
  second.key("setupComplete");
  command("drop");
  EXPECT_EQ(second.closeCode(), 1006U);
  EXPECT_THROW(command("configure", {{"frames", "carrier pigeon"}}), std::invalid_argument);
  EXPECT_THROW(command("configure", {{"nothing", 1}}), std::invalid_argument);
}

TEST_F(GeminiTest, ResetForgetsHandlesAndSettings) {
  command("configure", {{"frames", "text"}});
  TestClient client(loop_, url(), key());
  client.send(setup());
  const std::string handle = client.next([](const json& m) {
    return m.contains("/sessionResumptionUpdate/newHandle"_json_pointer);
  })["sessionResumptionUpdate"]["newHandle"];
  EXPECT_EQ(client.binaryFrames(), 0U);
  command("reset");
  EXPECT_EQ(client.closeCode(), 1006U);
  TestClient again(loop_, url(), key());
  again.send(setup({{"sessionResumption", {{"handle", handle}}}}));
  EXPECT_EQ(again.closeCode(), 1007U);
  EXPECT_EQ(state()["settings"]["frames"], "binary");
}

}  // namespace
}  // namespace fakes
