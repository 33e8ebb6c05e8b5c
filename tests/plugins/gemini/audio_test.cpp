// The fast path of the model's audio: all that it recognises is what the parser reads, too.
#include "plugins/gemini/audio.hpp"

#include <gtest/gtest.h>
#include <hookswitch/base64.hpp>
#include <hookswitch/read_json.hpp>

#include <string>
#include <vector>

#include "tests/plugins/mutations.hpp"

namespace hookswitch::gemini {
namespace {

const char* const kSent[] = {
    R"({"serverContent":{"modelTurn":{"role":"model","parts":[{"inlineData":{"mimeType":"audio/pcm;rate=24000","data":"//7+/v8="}}]}}})",
    "{\n  \"serverContent\": {\n    \"modelTurn\": {\n      \"parts\": [\n        {\n          \"inlineData\": {\n"
    "            \"mimeType\": \"audio/pcm;rate=24000\",\n            \"data\": \"//7+/v8=\"\n          }\n        }\n"
    "      ]\n    }\n  }\n}\n"};

TEST(GeminiAudio, IsRecognisedWithAndWithoutWhiteSpace) {
  for (const char* json : kSent) {
    AudioPart part;
    ASSERT_TRUE(readAudioPart(json, part)) << json;
    EXPECT_EQ(part.mime, "audio/pcm;rate=24000");
    EXPECT_EQ(part.data, "//7+/v8=");
  }
}

TEST(GeminiAudio, LeavesEverythingElseToTheParser) {
  const std::string blob = R"({"inlineData":{"mimeType":"audio/pcm","data":"AA=="}})";
  const std::vector<std::string> others{
      std::string(),
      std::string("{}"),
      std::string(R"({"setupComplete":{}})"),
      R"({"serverContent":{"modelTurn":{"parts":[)" + blob + "," + blob + "]}}}",
      R"({"serverContent":{"interrupted":true,"modelTurn":{"parts":[)" + blob + "]}}}",
      R"({"serverContent":{"modelTurn":{"parts":[)" + blob + R"(]}},"usageMetadata":{"promptTokenCount":3}})",
      R"({"serverContent":{"modelTurn":{"parts":[{"thought":true,"inlineData":{"mimeType":"a","data":"AA=="}}]}}})",
      R"({"serverContent":{"modelTurn":{"parts":[{"inlineData":{"data":"AA=="}}]}}})"};
  for (const std::string& json : others) {
    AudioPart part;
    EXPECT_FALSE(readAudioPart(json, part)) << json;
  }
}

TEST(GeminiAudio, NeverSaysAnythingElseThanTheParser) {
  std::size_t recognised = 0, all = 0;
  for (const char* sent : kSent)
    for (const std::string& json : plugins_test::mutations(
             sent, {R"("interrupted":true)", R"("mimeType":"audio/wav")", R"("data":"AA==")", R"("thought":true)",
                    R"("role":"user")", R"("x":"y")", R"({"text":"words"})"})) {
      ++all;
      AudioPart fast;
      std::string audio;
      if (!readAudioPart(json, fast) || !hks::decodeBase64(audio, fast.data)) continue;
      ++recognised;
      hks::json::Reader reader;
      hks::json::Value root;
      hks::json::Values parts;
      ASSERT_TRUE(reader.read(json, root)) << json;
      ASSERT_FALSE(hks::json::has(root["serverContent"], "interrupted")) << json;
      ASSERT_TRUE(hks::json::arrayAt(root["serverContent"]["modelTurn"], "parts", parts)) << json;
      ASSERT_EQ(parts.size(), 1u) << json;
      const auto blob = parts.at(0)["inlineData"];
      ASSERT_FALSE(hks::json::has(parts.at(0), "thought")) << json;
      ASSERT_EQ(hks::json::textAt(blob, "mimeType"), fast.mime) << json;
      ASSERT_EQ(hks::json::textAt(blob, "data"), fast.data) << json;
    }
  EXPECT_GT(recognised, 100u);
  EXPECT_LT(recognised, all / 2);
}

}  // namespace
}  // namespace hookswitch::gemini
