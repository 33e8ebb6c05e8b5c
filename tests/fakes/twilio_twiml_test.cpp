#include "tests/fakes/twilio_twiml.hpp"

#include <gtest/gtest.h>

namespace fakes {
namespace {

std::string connectTo(const std::string& url, const std::string& inside = "") {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Connect action=\"/after\"><Stream url=\"" + url + "\">" +
         inside + "</Stream></Connect><Hangup/></Response>";
}

unsigned codeOf(const std::string& document, const std::string& type = "text/xml") {
  return parseTwiml(document, type).code;
}

TEST(Twiml, ReadsAStreamWithItsParameters) {
  const auto twiml =
      parseTwiml(connectTo("wss://gw/m", "<Parameter name=\"a\" value=\"&lt;1&gt; &amp; &quot;2&quot;\"/>"),
                 "application/xml; charset=utf-8");
  ASSERT_EQ(twiml.code, 0u) << twiml.error;
  EXPECT_EQ(twiml.stream_code, 0u);
  ASSERT_EQ(twiml.verbs.size(), 2u);
  EXPECT_EQ(twiml.verbs[0].attribute("action"), "/after");
  const Verb& stream = twiml.verbs[0].children.at(0);
  EXPECT_EQ(stream.attribute("url"), "wss://gw/m");
  EXPECT_EQ(stream.children.at(0).attribute("value"), "<1> & \"2\"");
  EXPECT_EQ(twiml.verbs[1].name, "Hangup");
}

TEST(Twiml, TakesTheTextOfSayWithoutTheBlanksAround) {
  const auto twiml = parseTwiml("<Response><Say voice=\"x\">\n  Good day \n</Say></Response>", "");
  ASSERT_EQ(twiml.code, 0u) << twiml.error;
  EXPECT_EQ(twiml.verbs.at(0).text, "Good day");
}

TEST(Twiml, RefusesWhatIsNotWellFormed) {
  EXPECT_EQ(codeOf("<Response><Hangup></Response>"), 12100u);
  EXPECT_EQ(codeOf("<Response><Say>a & b</Say></Response>"), 12100u);
  EXPECT_EQ(codeOf("<Response/>trailing"), 12100u);
  EXPECT_EQ(codeOf(""), 12100u);
  EXPECT_EQ(codeOf("<!DOCTYPE r [<!ENTITY a \"b\">]><Response/>"), 12100u);
}

TEST(Twiml, RefusesWhatTheSchemaDoesNotKnow) {
  EXPECT_EQ(codeOf("<Answer/>"), 12200u);
  EXPECT_EQ(codeOf("<Response><Dance/></Response>"), 12200u);
  EXPECT_EQ(codeOf("<Response><Stream url=\"wss://a/b\"/></Response>"), 12200u);
  EXPECT_EQ(codeOf("<Response><Hangup now=\"1\"/></Response>"), 12200u);
  EXPECT_EQ(codeOf("<Response><Connect></Connect></Response>"), 12200u);
  EXPECT_EQ(codeOf("<Response>words</Response>"), 12200u);
  EXPECT_EQ(codeOf("<Response><Reject reason=\"bored\"/></Response>"), 12200u);
  EXPECT_EQ(codeOf(connectTo("wss://a/b", "<Parameter value=\"1\"/>")), 12200u);
}

TEST(Twiml, LimitsParametersToFiveHundredCharacters) {
  const auto with = [](std::size_t size) {
    return connectTo("wss://a/b", "<Parameter name=\"n\" value=\"" + std::string(size, 'v') + "\"/>");
  };
  EXPECT_EQ(codeOf(with(498)), 0u);
  EXPECT_EQ(codeOf(with(499)), 12200u);
}

TEST(Twiml, RefusesLongDocumentsDeepOnesAndOtherContentTypes) {
  EXPECT_EQ(codeOf("<Response><Say>" + std::string(65536, 'x') + "</Say></Response>"), 11750u);
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "<Response>";
  EXPECT_EQ(codeOf(deep), 12200u);
  EXPECT_EQ(codeOf("<Response/>", "text/plain"), 12300u);
  EXPECT_EQ(codeOf("<Response/>", "text/xmlish"), 12300u);
}

TEST(Twiml, KeepsTheDocumentButNotTheStreamWhenItsUrlIsBad) {
  EXPECT_EQ(parseTwiml(connectTo("https://gw/m"), "").stream_code, 31922u);
  EXPECT_EQ(parseTwiml(connectTo("/m"), "").stream_code, 31923u);
  const auto query = parseTwiml(connectTo("wss://gw/m?token=1"), "");
  EXPECT_EQ(query.code, 0u);
  EXPECT_EQ(query.stream_code, 31920u);
}

}  // namespace
}  // namespace fakes
