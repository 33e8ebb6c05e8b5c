// The schema against every example, and against what each model takes.
#include "tests/fakes/gemini_schema.hpp"
#include "tests/places.hpp"

#include <gtest/gtest.h>

namespace fakes {
namespace {

using nlohmann::json;

std::string dataFile() { return std::string(HOOKSWITCH_TEST_DATA) + "/gemini_live_messages.json"; }

TEST(GeminiSchema, AgreesWithEveryExample) {
  const GeminiSchema schema(dataFile());
  for (const auto& example : schema.file()["examples"]) {
    if (example.value("backend", "gemini") != "gemini") continue;
    const auto bad = example["direction"] == "client" ? schema.checkClient(example["message"])
                                                      : schema.checkServer(example["message"]);
    EXPECT_EQ(!bad, example["valid"].get<bool>()) << example["name"] << " " << (bad ? bad->detail : "");
  }
}

TEST(GeminiSchema, KnowsWhichModelTakesWhat) {
  const GeminiSchema schema(dataFile());
  const auto refused = [&](const char* model, const json& generation, const json& more = json::object(),
                           bool alpha = false) {
    json setup = {{"model", model}, {"generationConfig", generation}};
    setup.update(more);
    return schema.checkSetup(setup, alpha).has_value();
  };
  const json low = {{"thinkingConfig", {{"thinkingLevel", "LOW"}}}},
             minimal = {{"thinkingConfig", {{"thinkingLevel", "MINIMAL"}}}};
  const json none = json::object(), affective = {{"enableAffectiveDialog", true}};
  EXPECT_FALSE(refused("models/gemini-3.8-live", none));
  EXPECT_TRUE(refused("models/gemini-3.8-live", low));
  EXPECT_TRUE(refused("models/gemini-3.8-live-extended-thinking", none));
  EXPECT_FALSE(refused("models/gemini-3.8-live-extended-thinking", low));
  EXPECT_TRUE(refused("models/gemini-3.8-live-extended-thinking", minimal));
  EXPECT_FALSE(refused("models/gemini-3.1-flash-live-preview", minimal));
  EXPECT_TRUE(refused("models/gemini-3.8-live", none, {{"proactivity", {{"proactiveAudio", false}}}}));
  EXPECT_TRUE(refused("models/gemini-3.8-live", affective));
  const char* const old = "models/gemini-2.5-flash-native-audio-latest";
  EXPECT_TRUE(refused(old, affective));
  EXPECT_FALSE(refused(old, affective, none, true));
  EXPECT_TRUE(refused("models/gemini-9", none));
  EXPECT_TRUE(refused("models/gemini-live-2.5-flash-native-audio", none));
  EXPECT_TRUE(refused("models/gemini-3.8-live",
                      {{"speechConfig", {{"voiceConfig", {{"prebuiltVoiceConfig", {{"voiceName", "zephyr"}}}}}}}}));
  EXPECT_TRUE(refused("models/gemini-3.8-live", {{"responseModalities", {"AUDIO", "TEXT"}}}));
  const json tool = {{"tools", {{{"functionDeclarations", {{{"name", "end_call"}, {"behavior", "BLOCKING"}}}}}}}};
  EXPECT_FALSE(refused("models/gemini-3.8-live", none, tool));
  EXPECT_TRUE(refused("models/gemini-3.8-live-extended-thinking", low, tool));
  const json scheduled = {
      {"functionResponses", {{{"id", "1"}, {"name", "x"}, {"response", none}, {"scheduling", "WHEN_IDLE"}}}}};
  EXPECT_FALSE(schema.checkToolResponse("models/gemini-3.8-live", scheduled));
  EXPECT_TRUE(schema.checkToolResponse("models/gemini-3.8-live-extended-thinking", scheduled));
}

}  // namespace
}  // namespace fakes
