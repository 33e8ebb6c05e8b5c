#include "match.hpp"

#include <hookswitch/testing/inputs.hpp>

#include <gmock/gmock.h>

namespace {

using namespace hks::transcript;
using hks::testing::In;

std::string differs(const hks::testing::Message& m, const char* pattern, Variables& variables) {
  return mismatch(m.type, json::parse(pattern), m, variables);
}
std::string differs(const hks::testing::Message& m, const char* pattern) {
  Variables variables;
  return differs(m, pattern, variables);
}

TEST(Text, AStarIsAnyRunOfCharacters) {
  EXPECT_TRUE(matchesText("a*c", "abbbc"));
  EXPECT_TRUE(matchesText("*", ""));
  EXPECT_TRUE(matchesText("*b*b*", "abcabc"));
  EXPECT_FALSE(matchesText("a*c", "abcd"));
  EXPECT_FALSE(matchesText("", "x"));
  EXPECT_TRUE(matchesText("a\\*", "a*"));
  EXPECT_FALSE(matchesText("a\\*", "ab"));
}

TEST(Match, OnlyNamedFieldsCount) {
  const auto m = In::httpResponse(3, 200, "text", {{"Content-Type", "text/plain"}});
  EXPECT_EQ(differs(m, "{}"), "");
  EXPECT_EQ(differs(m, R"({"id":3,"status":200,"headers":{"content-type":"text/*"}})"), "");
  EXPECT_EQ(differs(m, R"({"status":201})"), "status: expected 201, got 200");
  EXPECT_EQ(differs(m, R"({"headers":{"x":"1"}})"), "headers.x: expected 1, got nothing");
  EXPECT_EQ(differs(m, R"({"headers":{"x":null}})"), "");
  EXPECT_NE(differs(m, R"({"headers":{"Content-Type":null}})"), "");
}

TEST(Match, AnUnknownFieldOrWordIsAMistakeOfTheTranscript) {
  EXPECT_THROW(differs(In::timer(1), R"({"after":1})"), BadScript);
  EXPECT_THROW(differs(In::phase(1, HKS_PHASE_NOTIFY), R"({"phase":"NOTFY"})"), BadScript);
  EXPECT_THROW(differs(In::phase(1, HKS_PHASE_NOTIFY), R"({"record":{"call":{"too":"1"}}})"), BadScript);
}

TEST(Match, WordsOfTheHeaderStandForNumbers) {
  const auto m = In::phase(1, HKS_PHASE_NOTIFY);
  EXPECT_EQ(differs(m, R"({"phase":"NOTIFY","record":{"ended_by":"API","lines":[{"speaker":"ASSISTANT"},{},{}]}})"),
            "");
  EXPECT_EQ(differs(m, R"({"phase":4})"), "");
  EXPECT_EQ(differs(m, R"({"phase":"RECORD"})"), "phase: expected RECORD, got NOTIFY");
  EXPECT_EQ(differs(m, R"({"record":{"lines":[]}})"), "record.lines length: expected 0, got 3");
  EXPECT_EQ(differs(m, R"({"record":{"call":{"to_number":"+1"}}})"),
            "record.call.to_number: expected +1, got \"+15550001111\"");
}

TEST(Match, JsonInsideOfTextIsComparedAsJson) {
  const auto m = In::data(1, R"({"type":"x","n":[1,2,{"a":"b"}]})");
  EXPECT_EQ(differs(m, R"({"bytes":{"n":[1,2,{"a":"*"}]}})"), "");
  EXPECT_EQ(differs(m, R"({"bytes":{"n":[1,"..."]}})"), "");
  EXPECT_EQ(differs(m, R"({"bytes":{"n":[1]}})"), "bytes.n length: expected 1, got 3 in [1,2,{\"a\":\"b\"}]");
  EXPECT_EQ(differs(m, R"({"bytes":{"m":1}})"), "bytes.m: expected 1, got nothing");
  EXPECT_THAT(differs(In::data(1, "no json"), R"({"bytes":{}})"), testing::HasSubstr("no JSON"));
}

TEST(Match, BytesByHexAndSize) {
  const auto m = In::binary(1, std::string(160, '\xff'));
  EXPECT_EQ(differs(m, R"({"bytes":{"$size":160},"is_text":false})"), "");
  EXPECT_EQ(differs(m, R"({"bytes":{"$repeat":["ff",160]}})"), "");
  EXPECT_EQ(differs(m, R"({"bytes":{"$size":80}})"), "bytes size: expected 80, got 160");
  EXPECT_NE(differs(m, R"({"bytes":{"$hex":"ff"}})"), "");
}

TEST(Match, ACapturedValueIsComparedFromThenOn) {
  Variables v;
  EXPECT_EQ(differs(In::data(5, R"({"id":"a*b"})"), R"({"id":"$conn","bytes":{"id":"$item"}})", v), "");
  EXPECT_EQ(v["conn"], 5);
  EXPECT_EQ(v["item"], "a*b");
  EXPECT_EQ(differs(In::data(6, ""), R"({"id":"$conn"})", v), "id: expected $conn = 5, got 6");
  EXPECT_EQ(differs(In::data(5, "say a*b!"), R"({"bytes":"say ${item}!"})", v), "");
  EXPECT_NE(differs(In::data(5, "say axb!"), R"({"bytes":"say ${item}!"})", v), "");  // no pattern inside a capture
}

TEST(Match, AMismatchCapturesNothing) {
  Variables v;
  EXPECT_NE(differs(In::httpResponse(5, 200), R"({"id":"$x","status":500})", v), "");
  EXPECT_TRUE(v.empty());
}

TEST(Match, AWholeRecordMayBeAbsent) {
  EXPECT_EQ(differs(In::start(), R"({"call":null})"), "");
  EXPECT_NE(differs(In::start(), R"({"call":{}})"), "");
  EXPECT_NE(differs(In::start({}, hks::testing::sampleCall()), R"({"call":null})"), "");
}

TEST(Expand, ReplacesCapturedNames) {
  const Variables v = {{"id", 7}, {"word", "hi"}};
  EXPECT_EQ(expand(json::parse(R"({"a":["$id","${word} ${id}","$$id","$"]})"), v),
            json::parse(R"({"a":[7,"hi 7","$id","$"]})"));
  EXPECT_THROW(expand(json("$nobody"), v), BadScript);
  EXPECT_THROW(expand(json("${nobody}"), v), BadScript);
}

TEST(Message, IsBuiltFromJsonOverASample) {
  const auto m = messageOf(HKS_CALL_PLACE, json::parse(R"({"id":1,"to_number":"+1","direction":"INCOMING"})"));
  EXPECT_EQ(m.to_number, "+1");
  EXPECT_EQ(m.direction, uint32_t(HKS_INCOMING));
  EXPECT_EQ(m.base_url, hks::testing::sampleCall().base_url);
  EXPECT_EQ(messageOf(HKS_AUDIO, json::parse(R"({"format":"PCMU_8K","bytes":{"$repeat":["7f00",2]}})")).bytes,
            std::string("\x7f\0\x7f\0", 4));
  EXPECT_EQ(messageOf(HKS_DATA, json::parse(R"({"bytes":{"a":[1]}})")).bytes, R"({"a":[1]})");
}

TEST(Message, RefusesWhatDoesNotFit) {
  EXPECT_THROW(messageOf(HKS_DATA, json::parse(R"({"byte":""})")), BadScript);
  EXPECT_THROW(messageOf(HKS_HTTP_RESPONSE, json::parse(R"({"status":"OK"})")), BadScript);
  EXPECT_THROW(messageOf(HKS_HTTP_RESPONSE, json::parse(R"({"status":-1})")), BadScript);
  EXPECT_THROW(messageOf(HKS_HTTP_RESPONSE, json::parse(R"({"status":4294967296})")), BadScript);
  EXPECT_THROW(messageOf(HKS_DATA, json::parse(R"({"bytes":{"$hex":"f"}})")), BadScript);
}

}  // namespace
