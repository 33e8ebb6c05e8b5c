#include "plugins/twilio/stream.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hookswitch::twilio {
namespace {

TEST(TwilioStreamReader, ReadsStartWithNumbersAsStringsOrNumbers) {
  for (const char* rate : {"8000", "\"8000\"", "8000.0", "8e3"}) {
    StreamReader reader;
    const auto& m =
        reader.read(std::string(R"({"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"accountSid":"AC1",
      "streamSid":"MZ1","callSid":"CA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","channels":"1","sampleRate":)") +
                    rate + R"(},"customParameters":{"other":[{"a":1}],"gw_call":"7f\u00333a"}}})");
    EXPECT_EQ(m.event, StreamEvent::start) << rate;
    EXPECT_EQ(m.stream_sid, "MZ1");
    EXPECT_EQ(m.account_sid, "AC1");
    EXPECT_EQ(m.call_sid, "CA1");
    EXPECT_EQ(m.encoding, "audio/x-mulaw");
    EXPECT_EQ(m.sample_rate, 8000u);
    EXPECT_EQ(m.channels, 1u);
    EXPECT_TRUE(m.has_gw_call);
    EXPECT_EQ(m.gw_call, "7f33a");
  }
}

TEST(TwilioStreamReader, HalfACharacterCostsNoMessage) {
  const auto& m = StreamReader::read(R"({"event":"mark","streamSid":"MZ1","mark":{"name":"g1:2\ud83d"}})");
  EXPECT_EQ(m.event, StreamEvent::mark);
  EXPECT_EQ(m.name, "g1:2\xEF\xBF\xBD");
}

TEST(TwilioStreamReader, TheOrderOfMembersDoesNotMatter) {
  StreamReader reader;
  const auto& m = reader.read(
      R"( {"media":{"payload":"\/\/7+","chunk":2,"timestamp":118,"track":"inbound"},"x":null,"streamSid":"MZ1","event":"media"} )");
  EXPECT_EQ(m.event, StreamEvent::media);
  EXPECT_EQ(m.payload, "//7+");
  EXPECT_EQ(m.timestamp_ms, 118u);
  EXPECT_EQ(m.track, "inbound");
  EXPECT_EQ(m.stream_sid, "MZ1");
}

TEST(TwilioStreamReader, OneReaderServesMessagesOfEveryLength) {
  StreamReader reader;
  for (std::size_t size : {std::size_t(4), std::size_t(216), std::size_t(60'000), std::size_t(8)}) {
    const std::string payload(size, 'A');
    const auto& m = reader.read(R"({"event":"media","media":{"payload":")" + payload + R"(","timestamp":"1"}})");
    ASSERT_EQ(m.event, StreamEvent::media);
    EXPECT_EQ(m.payload, payload);
  }
  EXPECT_EQ(
      reader.read(R"({"event":"media","media":{"payload":")" + std::string(StreamReader::kMaxBytes, 'A') + R"("}})")
          .event,
      StreamEvent::invalid);
}

TEST(TwilioStreamReader, UnknownEventsAreOtherAndBrokenOnesInvalid) {
  StreamReader reader;
  EXPECT_EQ(reader.read(R"({"event":"connected","protocol":"Call","version":"1.0.0"})").event, StreamEvent::connected);
  EXPECT_EQ(reader.read(R"({"event":"stop","stop":{"callSid":"CA1"}})").event, StreamEvent::stop);
  EXPECT_EQ(reader.read(R"({"event":"stop"})").event, StreamEvent::stop);
  EXPECT_EQ(reader.read(R"({"event":"hold","hold":{"payload":7}})").event, StreamEvent::other);
  for (const char* bad :
       {"", "{", "[]", "null", "\"event\"", R"({"event":7})", R"({"event":"media"})", R"({"event":"media","media":7})",
        R"({"event":"media","media":{}})", R"({"event":"media","media":{"payload":7}})",
        R"({"event":"media","media":{"payload":"AAAA","timestamp":"-1"}})", R"({"event":"mark","mark":{}})",
        R"({"event":"dtmf","dtmf":{"digit":5}})", R"({"event":"start"})",
        R"({"event":"media","media":{"payload":"AAAA")", R"({"event":"start","start":{"mediaFormat":"pcm"}})",
        R"({"streamSid":"MZ1"})"})
    EXPECT_EQ(reader.read(bad).event, StreamEvent::invalid) << bad;
}

TEST(TwilioStreamWriter, WritesExactlyTheThreeMessages) {
  StreamWriter writer;
  writer.begin("MZ1");
  std::string room(writer.mediaSize(3), '\0');
  EXPECT_EQ(writer.media("\xFF\xFE\xFD", room.data()),
            R"({"event":"media","streamSid":"MZ1","media":{"payload":"//79"}})");
  EXPECT_EQ(writer.mark("g3:item_1:400"), R"({"event":"mark","streamSid":"MZ1","mark":{"name":"g3:item_1:400"}})");
  EXPECT_EQ(writer.clear(), R"({"event":"clear","streamSid":"MZ1"})");
}

TEST(TwilioStreamWriter, NamesAreQuoted) {
  StreamWriter writer;
  writer.begin("MZ\"\xFF");
  const auto json = nlohmann::json::parse(writer.mark("a\"},\n\xC0"));
  EXPECT_EQ(json.size(), 3u);
  EXPECT_EQ(json["streamSid"], "MZ\"\xEF\xBF\xBD");
  EXPECT_EQ(json["mark"]["name"], "a\"},\n\xEF\xBF\xBD");
}

}  // namespace
}  // namespace hookswitch::twilio
