// Keys: a document for a leg that runs, sent once.
#include "tests/plugins/twilio/openapi.hpp"
#include "tests/plugins/twilio/twilio_test.hpp"

#include <hookswitch/draft.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookswitch::twilio::test {
namespace {

using testing::HasSubstr;

class TwilioKeys : public testing::Test {
 protected:
  explicit TwilioKeys(Pairs more = {}) { control.step(In::start(settings(std::move(more)))); }
  Outputs press(const std::string& digits = "12w#", Call call = sampleCall()) {
    Message act = In::of(HKS_DRAFT_KEYS, hostId(7));
    call.remote_id = kLeg;
    call.base_url = kBase;
    call.media_url = "wss://gateway.example.com/twilio/media-stream/another";
    act.about = std::move(call);
    act.digits = digits;
    return control.step(act);
  }
  Outputs answer(const Message& request, std::uint32_t status, const std::string& body) {
    return control.step(In::httpResponse(request.id, status, body));
  }
  std::uint32_t state(std::uint32_t status, const std::string& body) {
    return answer(press().only(HKS_HTTP_CALL), status, body).only(HKS_DRAFT_ACT_DONE).state;
  }
  Player control{hks_plugin_entry, HKS_ROLE_CONTROL};
};

TEST_F(TwilioKeys, AreADocumentWithTheStreamBehindThem) {
  const Message request = press().only(HKS_HTTP_CALL);
  EXPECT_THAT(complaints(request), testing::IsEmpty());
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, kCallsUrl + "/" + kLeg + ".json");
  Form form;
  form.parse(request.body);
  const std::string document(form["Twiml"]);
  EXPECT_LE(document.size(), 4000u);
  EXPECT_THAT(document, HasSubstr(R"(<Play digits="12w#"/><Connect><Stream url="wss://gateway.example.com/twilio/)"
                                  R"(media-stream/another")"));
  EXPECT_THAT(document, HasSubstr("</Connect><Hangup/>"));
  const Message done = answer(request, 200, callJson(kLeg, "in-progress")).only(HKS_DRAFT_ACT_DONE);
  EXPECT_EQ(done.id, hostId(7));
  EXPECT_EQ(done.state, std::uint32_t(HKS_DRAFT_TAKEN));
}

TEST_F(TwilioKeys, AreNeverSentAgainWhereTheyMayHaveBeenPressed) {
  EXPECT_EQ(state(0, "no answer"), std::uint32_t(HKS_DRAFT_UNSURE));
  EXPECT_EQ(state(500, ""), std::uint32_t(HKS_DRAFT_UNSURE));
  EXPECT_EQ(state(503, errorJson(20503, "unavailable", 503)), std::uint32_t(HKS_DRAFT_UNSURE));
}

TEST_F(TwilioKeys, AreSentAgainWhereTheyCertainlyWereNot) {
  Message request = press().only(HKS_HTTP_CALL);
  for (int i = 0; i < 2; ++i) {
    const Outputs out = answer(request, 429, errorJson(20429, "too many requests", 429));
    EXPECT_FALSE(out.has(HKS_DRAFT_ACT_DONE));
    request = control.step(In::timer(out.only(HKS_TIMER).id)).only(HKS_HTTP_CALL);
  }
  const Message done = answer(request, 429, errorJson(20429, "too many requests", 429)).only(HKS_DRAFT_ACT_DONE);
  EXPECT_EQ(done.state, std::uint32_t(HKS_DRAFT_REFUSED));
  EXPECT_EQ(done.reason, "Twilio API error: too many requests");
}

TEST_F(TwilioKeys, OfALegThatIsOverSaySo) {
  EXPECT_EQ(state(400, errorJson(21220, "Call is not in-progress. Cannot redirect.", 400)),
            std::uint32_t(HKS_DRAFT_LEFT));
  EXPECT_EQ(state(404, errorJson(20404, "not found", 404)), std::uint32_t(HKS_DRAFT_REFUSED));
  EXPECT_EQ(state(400, errorJson(20001, "bad", 400)), std::uint32_t(HKS_DRAFT_REFUSED));
}

class TwilioTones : public TwilioKeys {
 protected:
  TwilioTones() : TwilioKeys({{"dtmf", "inband"}}) {}
};

TEST_F(TwilioTones, AreTheHostsWhenTheConfigurationSaysSo) {
  const Outputs out = press();
  EXPECT_FALSE(out.has(HKS_HTTP_CALL));
  EXPECT_EQ(out.only(HKS_DRAFT_ACT_DONE).state, std::uint32_t(HKS_DRAFT_INBAND));
}

}  // namespace
}  // namespace hookswitch::twilio::test
