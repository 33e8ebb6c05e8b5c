#include "plugins/twilio/twiml.hpp"

#include <gtest/gtest.h>

namespace hookswitch::twilio {
namespace {

TEST(TwilioTwiml, AStreamIsFollowedByAHangUp) {
  EXPECT_EQ(connectStream("wss://gw.example.com/twilio/media-stream/t0k", "7f3a",
                          "https://gw.example.com/twilio/stream-status?gw_call=7f3a&x=1"),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Connect>"
            "<Stream url=\"wss://gw.example.com/twilio/media-stream/t0k\""
            " statusCallback=\"https://gw.example.com/twilio/stream-status?gw_call=7f3a&amp;x=1\" "
            "statusCallbackMethod=\"POST\">"
            "<Parameter name=\"gw_call\" value=\"7f3a\"/></Stream></Connect><Hangup/></Response>");
  EXPECT_EQ(connectStream("wss://a/b", "c", "").find("statusCallback"), std::string::npos);
  EXPECT_EQ(hangUp(), "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Hangup/></Response>");
  EXPECT_EQ(reject(), "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Reject reason=\"rejected\"/></Response>");
  EXPECT_EQ(rejectBusy(), "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Reject reason=\"busy\"/></Response>");
}

TEST(TwilioTwiml, AttributesCannotBeLeft) {
  EXPECT_EQ(xmlAttribute("\"/><Dial>+1</Dial>&'"), "&quot;/&gt;&lt;Dial&gt;+1&lt;/Dial&gt;&amp;'");
  EXPECT_EQ(xmlAttribute("a\tb\nc\rd"), "a&#9;b&#10;c&#13;d");
}

TEST(TwilioTwiml, CodePointsThatXmlForbidsAreDropped) {
  EXPECT_EQ(xmlAttribute(std::string_view("a\0\x01\x08\x0B\x1F"
                                          "b",
                                          7)),
            "ab");
  EXPECT_EQ(xmlAttribute("\xEF\xBF\xBE|\xEF\xBF\xBF|\xEF\xBF\xBD"), "||\xEF\xBF\xBD");
  EXPECT_EQ(xmlAttribute("Zo\xC3\xAB \xF0\x9F\x93\x9E"), "Zo\xC3\xAB \xF0\x9F\x93\x9E");
}

TEST(TwilioTwiml, InvalidUtf8IsReplaced) {
  EXPECT_EQ(xmlAttribute("a\xFF<"), "a\xEF\xBF\xBD&lt;");
  EXPECT_EQ(xmlAttribute("\xC3"), "\xEF\xBF\xBD");
  // An overlong "<" and a surrogate must not come out as themselves.
  EXPECT_EQ(xmlAttribute("\xC0\xBC").find('<'), std::string::npos);
  EXPECT_EQ(xmlAttribute("\xED\xA0\x80").find("\xED"), std::string::npos);
}

}  // namespace
}  // namespace hookswitch::twilio
