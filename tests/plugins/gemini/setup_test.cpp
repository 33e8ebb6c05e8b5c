// How a session with Gemini begins: where to, with which key, and what the setup message says.
#include "plugins/gemini/models.hpp"
#include "plugins/gemini/options.hpp"
#include "plugins/gemini/schema.hpp"
#include "tests/plugins/gemini/call.hpp"

namespace gemini_test {
namespace {

using namespace hookswitch::gemini;

TEST(GeminiSetup, TheCheckerAgreesWithTheExamplesOfTheData) {
  Schema schema;
  for (const auto& e : schema.data()["examples"]) {
    const std::string name = e["name"];
    if (name == "setup_vertex" || e.value("backend", "") == "vertex") continue;
    EXPECT_EQ(schema.check(e["message"], e["direction"]).empty(), e["valid"].get<bool>()) << name;
  }
}

TEST(GeminiSetup, TheModelTableAgreesWithTheData) {
  Schema schema;
  for (const auto& [id, rule] : schema.data()["model_rules"].items()) {
    const ModelRules& rules = rulesOf(id);
    EXPECT_FALSE(rules.id.empty()) << id;
    const std::string thinking = rule["thinkingConfig"];
    EXPECT_EQ(rules.thinking == Thinking::Forbidden, thinking == "forbidden") << id;
    EXPECT_EQ(rules.thinking == Thinking::Required, thinking == "required") << id;
    EXPECT_EQ(rules.thinking == Thinking::Budget, rule.value("thinking_budget", false)) << id;
    EXPECT_EQ(rules.scheduling, !rule["scheduling"].empty()) << id;
    const auto& behaviors = rule["behaviors"];
    EXPECT_EQ(rules.blocking, std::find(behaviors.begin(), behaviors.end(), "BLOCKING") != behaviors.end()) << id;
    EXPECT_EQ(rules.non_blocking, std::find(behaviors.begin(), behaviors.end(), "NON_BLOCKING") != behaviors.end())
        << id;
  }
}

TEST(GeminiSetup, ConnectsWithTheKeyInAHeader) {
  Voice v;
  const auto out = v.step(v.start);
  const auto& connect = out.only(HKS_CONNECT);
  EXPECT_EQ(connect.url,
            "wss://generativelanguage.googleapis.com/ws/"
            "google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent");
  EXPECT_EQ(header(connect, "x-goog-api-key"), "AIza-secret");
}

TEST(GeminiSetup, AUrlWithAPathIsUsedAsItIs) {
  EXPECT_EQ(endpointOf("ws://127.0.0.1:9/x?y=1", "v1beta"), "ws://127.0.0.1:9/x?y=1");
  EXPECT_EQ(endpointOf("ws://127.0.0.1:9/", "v1alpha"),
            "ws://127.0.0.1:9/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContent");
}

TEST(GeminiSetup, NamesTheModelTheVoiceAndEveryDetectionValue) {
  Voice v;
  v.start.about->prompt = "Be brief.";
  const Json s = v.setup();
  EXPECT_EQ(s["model"], "models/gemini-3.8-live");
  EXPECT_EQ(s["generationConfig"]["responseModalities"], Json({"AUDIO"}));
  EXPECT_EQ(s["generationConfig"]["speechConfig"]["voiceConfig"]["prebuiltVoiceConfig"]["voiceName"], "Zephyr");
  EXPECT_FALSE(s["generationConfig"].contains("thinkingConfig"));
  EXPECT_EQ(s["systemInstruction"]["parts"][0]["text"], "Be brief.");
  EXPECT_EQ(s["realtimeInputConfig"]["automaticActivityDetection"]["startOfSpeechSensitivity"],
            "START_SENSITIVITY_LOW");
  EXPECT_EQ(s["realtimeInputConfig"]["turnCoverage"], "TURN_INCLUDES_ONLY_ACTIVITY");
  EXPECT_EQ(s["sessionResumption"], Json::object());
  EXPECT_TRUE(s.contains("contextWindowCompression"));
  EXPECT_EQ(s["tools"][0]["functionDeclarations"][0]["name"], "end_call");
  EXPECT_EQ(s["tools"][0]["functionDeclarations"][0]["behavior"], "BLOCKING");
  EXPECT_EQ(s["tools"][0]["functionDeclarations"][0]["parameters"]["type"], "OBJECT");
}

TEST(GeminiSetup, FollowsTheRulesOfEveryModelWithEverySetting) {
  Schema schema;
  for (const auto& [id, rule] : schema.data()["model_rules"].items()) {
    for (const char* level : {"auto", "minimal", "high"}) {
      Voice v;
      v.with("model", id)
          .with("thinking_level", level)
          .with("temperature", "0.5")
          .with("max_output_tokens", "512")
          .with("transcription_languages", "en-US, de-DE")
          .with("barge_in", "false")
          .with("input_rate", "8000");
      v.start.tools = {{"lookup", "d", R"({"type":"object","properties":{"n":{"type":"integer"}}})"}};
      const Json s = v.setup();
      const bool thinks = s["generationConfig"].contains("thinkingConfig");
      if (rule["thinkingConfig"] == "forbidden") {
        EXPECT_FALSE(thinks) << id;
      }
      if (rule["thinkingConfig"] == "required") {
        ASSERT_TRUE(thinks) << id;
        const auto& levels = rule["thinking_levels"];
        EXPECT_NE(std::find(levels.begin(), levels.end(), s["generationConfig"]["thinkingConfig"]["thinkingLevel"]),
                  levels.end())
            << id;
      }
      for (const auto& f : s["tools"][0]["functionDeclarations"])
        if (f.contains("behavior")) {
          const auto& allowed = rule["behaviors"];
          EXPECT_NE(std::find(allowed.begin(), allowed.end(), f["behavior"]), allowed.end()) << id;
        }
    }
  }
}

TEST(GeminiSetup, AModelThatWasShutDownIsRefusedAndAnUnknownOneIsTried) {
  Voice gone;
  gone.with("model", "gemini-2.0-flash-live-001");
  EXPECT_NE(gone.step(gone.start).only(HKS_GONE).reason.find("shut down"), std::string::npos);
  Voice next;
  next.with("model", "gemini-9-live");
  EXPECT_FALSE(next.setup()["generationConfig"].contains("thinkingConfig"));
  EXPECT_NE(next.player.all().only(HKS_LOG).text.find("gemini-9-live"), std::string::npos);
}

TEST(GeminiSetup, ToolSchemasAreWrittenInTheServicesDialect) {
  const Json p =
      Json::parse(parametersOf(R"({"$schema":"x","type":"object","additionalProperties":false,"required":["a","ghost"],
    "properties":{"a":{"type":["string","null"],"format":"email","enum":["x","y"]},"b":{"type":"array","items":{"type":"integer","minimum":0}},
                  "c":{"oneOf":[{"type":"string"},{"const":"k"}]},"d":{"$ref":"#/x"}}})"));
  EXPECT_EQ(p["type"], "OBJECT");
  EXPECT_FALSE(p.contains("additionalProperties"));
  EXPECT_EQ(p["required"], Json({"a"}));
  EXPECT_EQ(p["properties"]["a"], Json({{"type", "STRING"}, {"nullable", true}, {"enum", {"x", "y"}}}));
  EXPECT_EQ(p["properties"]["b"]["items"], Json({{"type", "INTEGER"}, {"minimum", 0}}));
  EXPECT_EQ(p["properties"]["c"]["anyOf"].size(), 2u);
  EXPECT_EQ(p["properties"]["d"]["type"], "STRING");
  EXPECT_EQ(parametersOf(R"({"type":"object","properties":{}})"), "");
  EXPECT_EQ(parametersOf("nonsense"), "");
  std::string deep = R"({"type":"string"})";
  for (int i = 0; i < 200; ++i) deep = R"({"type":"object","properties":{"x":)" + deep + "}}";
  EXPECT_LT(parametersOf(deep).size(), 2000u);
}

TEST(GeminiSetup, NothingIsSentBeforeTheSetupIsComplete) {
  Voice v;
  v.greeting("Hello").setup();
  EXPECT_TRUE(v.callerAudio().empty());
  EXPECT_TRUE(Voice::sent(v.step(In::dtmf("#"))).empty());
  EXPECT_TRUE(Voice::sent(v.step(In::say("x"))).empty());
  const auto out = v.says({{"setupComplete", {{"sessionId", "s-1"}}}});
  EXPECT_EQ(out.only(HKS_READY).takes, unsigned(HKS_S16_16K));
  EXPECT_EQ(out.only(HKS_READY).gives, unsigned(HKS_S16_24K));
}

TEST(GeminiSetup, EightKilohertzIsTakenWhenConfigured) {
  Voice v;
  v.with("input_rate", "8000");
  EXPECT_EQ(v.ready().only(HKS_READY).takes, unsigned(HKS_S16_8K));
  v.step(In::audio(HKS_S16_8K, std::string(320, 'x')));
  const auto up = Voice::sent(v.step(In::audio(HKS_S16_8K, std::string(320, 'x'))));
  EXPECT_EQ(up.at(0)["realtimeInput"]["audio"]["mimeType"], "audio/pcm;rate=8000");
}

TEST(GeminiSetup, RefusalsEndTheVoiceWithASentence) {
  Voice http;
  http.conn = http.step(http.start).only(HKS_CONNECT).id;
  EXPECT_EQ(http.step(In::closed(http.conn, 403, "Forbidden")).only(HKS_GONE).reason,
            "Gemini refused the connection with HTTP 403: Forbidden; check gemini.api_key");
  for (unsigned code : {1007u, 1008u, 1011u}) {
    Voice v;
    v.setup();
    const auto out = v.step(In::closed(v.conn, code, "Invalid JSON payload received."));
    EXPECT_NE(out.only(HKS_GONE).reason.find("Invalid JSON payload"), std::string::npos);
    EXPECT_EQ(out.only(HKS_GONE).close_code, code);
    EXPECT_FALSE(out.has(HKS_CONNECT));
  }
  Voice late;
  late.setup();
  ASSERT_EQ(late.player.timers().at(kSetup), 10000u);
  const auto out = late.step(In::timer(kSetup));
  EXPECT_TRUE(out.has(HKS_GONE));
  EXPECT_EQ(out.only(HKS_CLOSE).id, late.conn);
}

TEST(GeminiSetup, TakingOverFromAnotherVoiceTellsWhatWasSaidAndDoesNotGreet) {
  Voice v;
  v.greeting("Hello");
  v.start.history = {{HKS_ASSISTANT, 1, "How can I help?"}, {HKS_USER, 2, "When do you open?"}};
  EXPECT_NE(v.setup()["systemInstruction"]["parts"][0]["text"].get<std::string>().find(
                "You: How can I help?\nCaller: When do you open?"),
            std::string::npos);
  const auto out = Voice::sent(v.says({{"setupComplete", Json::object()}}));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(Voice::text(out[0]).find("Hello"), std::string::npos);
}

}  // namespace
}  // namespace gemini_test
