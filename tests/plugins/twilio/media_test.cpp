// The fast path of a stream's media: all that it recognises is what the parser reads, too.
#include "plugins/twilio/media.hpp"

#include <gtest/gtest.h>
#include <hookswitch/base64.hpp>

#include <string>

#include "tests/plugins/mutations.hpp"

namespace hookswitch::twilio {
namespace {

const char* const kSent[] = {
    R"({"event":"media","sequenceNumber":"7","media":{"track":"inbound","chunk":"6","timestamp":"118","payload":"//7+/v8="},"streamSid":"MZ1"})",
    R"({"event":"media","sequenceNumber":"7","streamSid":"MZ1","media":{"track":"inbound","chunk":"6","timestamp":"118","payload":"//7+/v8="}})",
    R"( { "media" : {"payload":"//7+/v8="}, "event" : "media" } )"};

TEST(TwilioMedia, IsRecognisedInWhateverOrderItsMembersAre) {
  for (const char* json : kSent) {
    StreamMessage m;
    ASSERT_TRUE(readMedia(json, m)) << json;
    EXPECT_EQ(m.event, StreamEvent::media);
    EXPECT_EQ(m.payload, "//7+/v8=");
  }
  StreamMessage m;
  ASSERT_TRUE(readMedia(kSent[0], m));
  EXPECT_EQ(m.stream_sid, "MZ1");
  EXPECT_EQ(m.track, "inbound");
  EXPECT_EQ(m.timestamp_ms, 118u);
}

TEST(TwilioMedia, LeavesEverythingElseToTheParser) {
  for (const char* json :
       {"", "{}", "[]", R"({"event":"media"})", R"({"event":"mark","mark":{"name":"x"}})",
        R"({"event":"media","media":{}})", R"({"event":"media","media":{"payload":"AA==","timestamp":118}})",
        R"({"event":"media","media":{"payload":"AA==","timestamp":"-1"}})",
        R"({"event":"media","event":"media","media":{"payload":"AA=="}})",
        R"({"event":"media","media":{"payload":"AA==","payload":"BB=="}})",
        R"({"event":"media","media":{"payload":"AA=="}}x)", R"({"event":"m\u0065dia","media":{"payload":"AA=="}})",
        R"({"event":"media","media":{"payload":"AA=="},"other":"1"})"}) {
    StreamMessage m;
    EXPECT_FALSE(readMedia(json, m)) << json;
  }
}

TEST(TwilioMedia, NeverSaysAnythingElseThanTheParser) {
  std::size_t recognised = 0, all = 0;
  for (const char* sent : kSent)
    for (const std::string& json : plugins_test::mutations(
             sent, {R"("event":"media")", R"("event":"mark")", R"("payload":"AA==")", R"("streamSid":"MZ2")",
                    R"("timestamp":"9")", R"("x":"\n")", R"("media":{"payload":"AA=="})", R"("track":7)"})) {
      ++all;
      StreamMessage fast;
      std::string audio;
      if (!readMedia(json, fast) || !hks::decodeBase64(audio, fast.payload)) continue;
      ++recognised;
      const StreamMessage& slow = StreamReader::read(json);
      ASSERT_EQ(slow.event, StreamEvent::media) << json;
      ASSERT_EQ(slow.payload, fast.payload) << json;
      ASSERT_EQ(slow.stream_sid, fast.stream_sid) << json;
      ASSERT_EQ(slow.track, fast.track) << json;
      ASSERT_EQ(slow.timestamp_ms, fast.timestamp_ms) << json;
    }
  EXPECT_GT(recognised, 100u);
  EXPECT_LT(recognised, all / 2);
}

}  // namespace
}  // namespace hookswitch::twilio
