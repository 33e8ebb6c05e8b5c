// The fast path of the model's audio: all that it recognises is what the parser reads, too.
#include "plugins/openai/delta.hpp"

#include <gtest/gtest.h>
#include <hookswitch/base64.hpp>

#include <string>

#include "tests/plugins/mutations.hpp"

namespace hookswitch::openai {
namespace {

const char* const kSent[] = {
    R"({"type":"response.output_audio.delta","event_id":"event_1","response_id":"resp_1","item_id":"item_1","output_index":0,"content_index":2,"delta":"//7+/v8="})",
    R"({"type":"response.audio.delta","response_id":"resp_1","item_id":"item_1","content_index":2,"event_id":"e","delta":"//7+/v8=","obfuscation":"aB3"})"};

TEST(OpenAiAudioDelta, IsRecognisedWithFurtherPlainMembers) {
  for (const char* json : kSent) {
    AudioDelta delta;
    ASSERT_TRUE(readAudioDelta(json, delta)) << json;
    EXPECT_EQ(delta.item, "item_1");
    EXPECT_EQ(delta.response, "resp_1");
    EXPECT_EQ(delta.audio, "//7+/v8=");
    EXPECT_EQ(delta.content_index, 2);
  }
}

TEST(OpenAiAudioDelta, LeavesEverythingElseToTheParser) {
  for (const char* json :
       {"", "{}", R"({"type":"response.output_audio.delta"})", R"({"type":"response.done","delta":"AA=="})",
        R"({"type":"response.output_audio.delta","delta":null})",
        R"({"type":"response.output_audio.delta","delta":"AA==","delta":"AA=="})",
        R"({"type":"response.output_audio.delta","delta":"AA==","x":{"y":1}})",
        R"({"type":"response.output_audio.delta","delta":"AA==","content_index":"2"})",
        R"({"type":"response.output_audio.delta","delta":"AA=="}})"}) {
    AudioDelta delta;
    EXPECT_FALSE(readAudioDelta(json, delta)) << json;
  }
}

TEST(OpenAiAudioDelta, NeverSaysAnythingElseThanTheParser) {
  std::size_t recognised = 0, all = 0;
  for (const char* sent : kSent)
    for (const std::string& json : plugins_test::mutations(
             sent, {R"("type":"response.done")", R"("item_id":"item_2")", R"("response_id":7)", R"("delta":"AA==")",
                    R"("content_index":1)", R"("x":"\n")", R"("x":null)", R"("x":"y")", R"("x":-1.5)"})) {
      ++all;
      AudioDelta fast;
      std::string audio;
      if (!readAudioDelta(json, fast) || !hks::decodeBase64(audio, fast.audio)) continue;
      ++recognised;
      hks::json::Reader reader;
      hks::json::Value root;
      ASSERT_TRUE(reader.read(json, root)) << json;
      const std::string_view type = hks::json::textAt(root, "type");
      ASSERT_TRUE(type == "response.output_audio.delta" || type == "response.audio.delta") << json;
      const AudioDelta slow = audioDelta(root);
      ASSERT_EQ(slow.item, fast.item) << json;
      ASSERT_EQ(slow.response, fast.response) << json;
      ASSERT_EQ(slow.audio, fast.audio) << json;
      ASSERT_EQ(slow.content_index, fast.content_index) << json;
    }
  EXPECT_GT(recognised, 100u);
  EXPECT_LT(recognised, all / 2);
}

}  // namespace
}  // namespace hookswitch::openai
