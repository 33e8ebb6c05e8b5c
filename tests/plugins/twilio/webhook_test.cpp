#include "tests/plugins/twilio/twilio_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookswitch::twilio::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kHangUpDocument = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Hangup/></Response>";

class TwilioWebhook : public testing::Test {
 protected:
  TwilioWebhook() { started = control.step(In::start(settings())); }
  static std::string voice(const Call& call) { return "/twilio/voice?gw_call=" + call.call; }
  static std::string status(const Call& call) { return "/twilio/status?gw_call=" + call.call; }
  Outputs report(const Fields& fields, std::optional<Call> call = sampleCall()) {
    Fields all{{"CallSid", kLeg}, {"AccountSid", kAccount}, {"CallbackSource", "call-progress-events"}};
    all.insert(all.end(), fields.begin(), fields.end());
    return control.step(webhook(3, call ? status(*call) : "/twilio/status", all, call));
  }
  Player control{hks_plugin_entry, HKS_ROLE_CONTROL};
  Outputs started;
};

TEST_F(TwilioWebhook, TheRoutesTheEndpointAndTheHooksAreClaimed) {
  std::vector<std::string> routes;
  for (const auto& route : started.ofType(HKS_ROUTE)) {
    routes.push_back(route.method + " " + route.path);
    EXPECT_EQ(route.flags, std::uint32_t(HKS_ROUTE_OPEN));
    EXPECT_EQ(route.call_query, "gw_call");
  }
  EXPECT_THAT(routes, testing::ElementsAre("POST /twilio/voice", "POST /twilio/status", "POST /twilio/stream-status",
                                           "POST /twilio/after-dial", "POST /twilio/dial-status"));
  EXPECT_EQ(started.only(HKS_ENDPOINT).path, "/twilio/media-stream/{token}");
  EXPECT_EQ(started.only(HKS_ENDPOINT).flags, std::uint32_t(HKS_ROUTE_ASK));
  std::vector<std::uint32_t> phases;
  for (const auto& hook : started.ofType(HKS_HOOK)) {
    phases.push_back(hook.phase);
    EXPECT_EQ(hook.deadline_ms, 10'000u);
  }
  EXPECT_THAT(phases, testing::UnorderedElementsAre(std::uint32_t(HKS_PHASE_HANGUP), std::uint32_t(HKS_PHASE_CONFIRM),
                                                    std::uint32_t(HKS_PHASE_SETTLE)));
  EXPECT_FALSE(started.has(HKS_LOG)) << started;
}

TEST_F(TwilioWebhook, AnAnsweredCallIsConnectedToItsStreamAndReported) {
  const Call call = sampleCall();
  const auto out = control.step(webhook(1, voice(call), answeredFields(), call));
  const Message& reply = out.only(HKS_HTTP_REPLY);
  EXPECT_EQ(reply.id, hostId(1));
  EXPECT_EQ(reply.status, 200u);
  EXPECT_THAT(header(reply, "Content-Type"), testing::StartsWith("text/xml"));
  EXPECT_EQ(reply.body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Connect><Stream url=\"" + call.media_url +
                            "\" statusCallback=\"" + kBase + "/twilio/stream-status?gw_call=" + call.call +
                            "\" statusCallbackMethod=\"POST\"><Parameter name=\"gw_call\" value=\"" + call.call +
                            "\"/></Stream></Connect><Hangup/></Response>");
  EXPECT_EQ(out.only(HKS_CALL_STATE).call, call.call);
  EXPECT_EQ(out.only(HKS_CALL_STATE).remote_id, kLeg);
  EXPECT_EQ(out.only(HKS_CALL_STATE).state, std::uint32_t(HKS_IN_PROGRESS));
  const auto again = control.step(webhook(2, voice(call), answeredFields(), call));
  EXPECT_EQ(again.only(HKS_HTTP_REPLY).body, reply.body) << "a repeated webhook gets the same answer";
}

TEST_F(TwilioWebhook, ACallThatIsUnknownOrOverIsHungUpAndTheHostHearsOfItsLeg) {
  auto out = control.step(webhook(1, "/twilio/voice?gw_call=unknown", answeredFields()));
  EXPECT_EQ(out.only(HKS_HTTP_REPLY).body, kHangUpDocument);
  EXPECT_EQ(out.only(HKS_CALL_STATE).call, "unknown");
  EXPECT_EQ(out.only(HKS_CALL_STATE).remote_id, kLeg);
  EXPECT_EQ(out.only(HKS_CALL_STATE).state, std::uint32_t(HKS_IN_PROGRESS));
  EXPECT_FALSE(out.has(HKS_CALL_OFFER));
  Call over = sampleCall();
  over.media_url.clear();
  out = control.step(webhook(2, voice(over), answeredFields(), over));
  EXPECT_EQ(out.only(HKS_HTTP_REPLY).body, kHangUpDocument);
}

TEST_F(TwilioWebhook, ASecondLegOfACallIsHungUpAndSaysNothingAboutIt) {
  const Call call = sampleCall();
  Fields fields = answeredFields();
  fields[0].second = "CAffffffffffffffffffffffffffffffff";
  auto out = control.step(webhook(1, voice(call), fields, call));
  EXPECT_EQ(out.only(HKS_HTTP_REPLY).body, kHangUpDocument);
  EXPECT_FALSE(out.has(HKS_CALL_STATE));
  fields[4].second = "completed";
  out = control.step(webhook(2, status(call), fields, call));
  EXPECT_EQ(out.only(HKS_HTTP_REPLY).status, 204u);
  EXPECT_FALSE(out.has(HKS_CALL_STATE));
}

TEST_F(TwilioWebhook, SomebodyElsesOutgoingCallIsNotTakenForAnIncomingOne) {
  const auto out = control.step(webhook(1, "/twilio/voice", answeredFields()));
  EXPECT_EQ(out.only(HKS_HTTP_REPLY).body, kHangUpDocument);
  EXPECT_FALSE(out.has(HKS_CALL_OFFER));
}

TEST_F(TwilioWebhook, AnIncomingCallIsOfferedAndItsAnswerWaits) {
  auto out = control.step(webhook(1, "/twilio/voice", incomingFields()));
  const Message offer = out.only(HKS_CALL_OFFER);
  EXPECT_EQ(offer.from_number, "+15550100002") << "the caller";
  EXPECT_EQ(offer.to_number, "+15550100001");
  EXPECT_EQ(offer.remote_id, kLeg);
  EXPECT_EQ(offer.direction, std::uint32_t(HKS_INCOMING));
  EXPECT_FALSE(out.has(HKS_HTTP_REPLY));
  const auto second = control.step(webhook(2, "/twilio/voice", incomingFields())).only(HKS_CALL_OFFER);
  EXPECT_NE(second.id, offer.id);

  out = control.step(In::accepted(offer.id, sampleCall()));
  EXPECT_EQ(out.only(HKS_HTTP_REPLY).id, hostId(1));
  const std::string document = out.only(HKS_HTTP_REPLY).body;
  EXPECT_THAT(document, HasSubstr("<Stream url=\"" + sampleCall().media_url + "\""));
  EXPECT_TRUE(control.step(In::accepted(offer.id, sampleCall())).empty()) << "answered once";
  out = control.step(In::accepted(second.id, sampleCall()));
  EXPECT_EQ(out.only(HKS_HTTP_REPLY).id, hostId(2));
  EXPECT_EQ(out.only(HKS_HTTP_REPLY).body, document);
}

TEST_F(TwilioWebhook, ARefusedCallIsRejectedAsBusy) {
  const auto offer = control.step(webhook(1, "/twilio/voice", incomingFields())).only(HKS_CALL_OFFER);
  const auto out = control.step(In::refused(offer.id, 503, "the gateway is draining"));
  EXPECT_EQ(out.only(HKS_HTTP_REPLY).status, 200u);
  EXPECT_THAT(out.only(HKS_HTTP_REPLY).body, HasSubstr("<Response><Reject reason=\"busy\"/></Response>"));
}

TEST_F(TwilioWebhook, AnIncomingCallThatNobodyWantsIsRejectedAndNotCalledBusy) {
  const auto offer = control.step(webhook(1, "/twilio/voice", incomingFields())).only(HKS_CALL_OFFER);
  const auto out = control.step(In::refused(offer.id, 403, "calls to +15550100001 are not answered"));
  EXPECT_EQ(out.only(HKS_HTTP_REPLY).status, 200u);
  EXPECT_THAT(out.only(HKS_HTTP_REPLY).body, HasSubstr("<Response><Reject reason=\"rejected\"/></Response>"));
}

TEST_F(TwilioWebhook, ALegThatIsOverForTheHostIsHungUp) {
  const auto offer = control.step(webhook(1, "/twilio/voice", incomingFields())).only(HKS_CALL_OFFER);
  const auto out = control.step(In::refused(offer.id, 410, "the call is over"));
  EXPECT_EQ(out.only(HKS_HTTP_REPLY).body, kHangUpDocument);
}

TEST_F(TwilioWebhook, ASlashAtTheEndOfItsPathIsTheSameRoute) {
  EXPECT_TRUE(control.step(webhook(1, "/twilio/voice/", incomingFields())).has(HKS_CALL_OFFER));
}

TEST_F(TwilioWebhook, OffersThatNobodyAnswersDoNotPileUp) {
  std::size_t rejected = 0;
  for (std::uint64_t i = 1; i <= 1100; ++i)
    rejected += control.step(webhook(i, "/twilio/voice", incomingFields())).count(HKS_HTTP_REPLY);
  EXPECT_EQ(rejected, 1100u - 1024u);
}

TEST_F(TwilioWebhook, TheCallersNameIsCleaned) {
  Fields fields = incomingFields();
  fields[2].second = std::string("anony\0mous\x1b[31m\xFF", 16) + std::string(500, 'x');
  const auto offer = control.step(webhook(1, "/twilio/voice", fields)).only(HKS_CALL_OFFER);
  EXPECT_THAT(offer.from_number, testing::StartsWith("anony mous [31m\xEF\xBF\xBDxxx"));
  EXPECT_LE(offer.from_number.size(), 128u);
}

TEST_F(TwilioWebhook, AForgedWebhookIsRefusedAndChangesNothing) {
  const Call call = sampleCall();
  auto expectForbidden = [this](const Message& request, const char* why) {
    const auto out = control.step(request);
    EXPECT_EQ(out.only(HKS_HTTP_REPLY).status, 403u) << why;
    EXPECT_EQ(out.only(HKS_HTTP_REPLY).body, "") << why;
    EXPECT_FALSE(out.has(HKS_CALL_STATE) || out.has(HKS_CALL_OFFER)) << why;
  };
  Message tampered = webhook(1, voice(call), answeredFields(), call);
  tampered.body += "&x=y";
  expectForbidden(tampered, "a field was added");
  Message moved = webhook(1, voice(call), answeredFields(), call);
  moved.url += "&y=1";
  expectForbidden(moved, "the query was changed");
  Message unsigned_one = webhook(1, voice(call), answeredFields(), call);
  unsigned_one.headers.pop_back();
  expectForbidden(unsigned_one, "no signature");
  Message doubled = webhook(1, voice(call), answeredFields(), call);
  doubled.headers.push_back(doubled.headers.back());
  expectForbidden(doubled, "two signatures");
  expectForbidden(webhook(1, voice(call), answeredFields(), call, "https://evil.example.com"), "another host");
  Fields foreign = answeredFields();
  foreign[1].second = "AC11111111111111111111111111111111";
  expectForbidden(webhook(1, voice(call), foreign, call), "another account");
}

TEST_F(TwilioWebhook, TheHostHeaderIsNotBelieved) {
  const Call call = sampleCall();
  Message forged = webhook(1, voice(call), answeredFields(), call, "https://evil.example.com");
  forged.headers.emplace_back("Host", "evil.example.com");
  forged.headers.emplace_back("X-Forwarded-Host", "evil.example.com");
  EXPECT_EQ(control.step(forged).only(HKS_HTTP_REPLY).status, 403u);
}

TEST_F(TwilioWebhook, TheSignatureCoversTheAddressThatThisCallWasGiven) {
  Call call = sampleCall();
  call.base_url = "https://tunnel.example.net:8443/prefix";
  auto out = control.step(webhook(1, voice(call), answeredFields(), call, call.base_url));
  EXPECT_EQ(out.only(HKS_HTTP_REPLY).status, 200u);
  EXPECT_THAT(out.only(HKS_HTTP_REPLY).body, HasSubstr("https://tunnel.example.net:8443/prefix/twilio/stream-status"));
  out = control.step(webhook(2, voice(call), answeredFields(), call, "https://tunnel.example.net/prefix"));
  EXPECT_EQ(out.only(HKS_HTTP_REPLY).status, 200u) << "Twilio signs https without the port";
  EXPECT_EQ(control.step(webhook(3, voice(call), answeredFields(), call)).only(HKS_HTTP_REPLY).status, 403u);
}

TEST_F(TwilioWebhook, RefusalsAreLoggedAtAFallingRate) {
  Message request = webhook(1, "/twilio/voice", incomingFields());
  request.headers.pop_back();
  for (int i = 0; i < 100; ++i) control.step(request);
  EXPECT_EQ(control.all().count(HKS_LOG), 7u);  // 1, 2, 4, 8, 16, 32, 64
}

TEST_F(TwilioWebhook, VerificationCanBeSwitchedOffAndSaysSo) {
  Player open(hks_plugin_entry, HKS_ROLE_CONTROL);
  const auto start = open.step(In::start(settings({{"verify_signature", "false"}})));
  EXPECT_THAT(start.only(HKS_LOG).text, HasSubstr("verify_signature"));
  Message request = webhook(1, "/twilio/voice", incomingFields());
  request.headers.pop_back();
  EXPECT_TRUE(open.step(request).has(HKS_CALL_OFFER));
}

TEST_F(TwilioWebhook, WithoutAnAddressOfOursNothingCanBeVerified) {
  Player lost(hks_plugin_entry, HKS_ROLE_CONTROL);
  Message start = In::start(settings());
  start.public_url.clear();
  lost.step(start);
  const auto out = lost.step(webhook(1, "/twilio/voice", incomingFields()));
  EXPECT_EQ(out.only(HKS_HTTP_REPLY).status, 403u);
  EXPECT_THAT(out.only(HKS_LOG).text, HasSubstr("server.public_url"));
}

TEST_F(TwilioWebhook, MalformedRequestsGetAStatusOfTheirOwn) {
  Message json = webhook(1, "/twilio/status", {});
  json.headers[0].second = "application/json";
  EXPECT_EQ(control.step(json).only(HKS_HTTP_REPLY).status, 415u);
  Fields nameless = incomingFields();
  nameless[0].second = "CA/../x";
  EXPECT_EQ(control.step(webhook(1, "/twilio/voice", nameless)).only(HKS_HTTP_REPLY).status, 400u);
  Message huge = webhook(1, "/twilio/voice", incomingFields());
  huge.body.assign(Form::kMaxBytes + 1, 'x');
  EXPECT_EQ(control.step(huge).only(HKS_HTTP_REPLY).status, 413u);
  EXPECT_EQ(control.step(webhook(1, "/twilio/other", {})).only(HKS_HTTP_REPLY).status, 404u);
}

TEST_F(TwilioWebhook, EveryStatusIsReportedInTheHostsWords) {
  const auto is = [this](const char* status, std::uint32_t state, std::uint32_t outcome) {
    const auto out =
        report({{"CallStatus", status}, {"CallDuration", "42"}, {"Duration", "1"}, {"SequenceNumber", "3"}});
    EXPECT_EQ(out.only(HKS_HTTP_REPLY).status, 204u) << status;
    EXPECT_EQ(out.only(HKS_CALL_STATE).state, state) << status;
    EXPECT_EQ(out.only(HKS_CALL_STATE).outcome, outcome) << status;
    EXPECT_EQ(out.only(HKS_CALL_STATE).call, sampleCall().call);
    EXPECT_EQ(out.only(HKS_CALL_STATE).remote_id, kLeg);
    EXPECT_EQ(out.only(HKS_CALL_STATE).duration_ms, state == HKS_OVER ? 42'000u : 0u);
  };
  is("ringing", HKS_RINGING, 0), is("in-progress", HKS_IN_PROGRESS, 0);
  is("completed", HKS_OVER, HKS_COMPLETED), is("busy", HKS_OVER, HKS_BUSY), is("no-answer", HKS_OVER, HKS_NO_ANSWER);
  is("failed", HKS_OVER, HKS_FAILED), is("canceled", HKS_OVER, HKS_CANCELED);
}

TEST_F(TwilioWebhook, StatesWithoutNewsAreOnlyAcknowledged) {
  for (const char* status : {"queued", "initiated", "", "something-new"}) {
    const auto out = report({{"CallStatus", status}});
    EXPECT_EQ(out.only(HKS_HTTP_REPLY).status, 204u);
    EXPECT_EQ(out.size(), 1u) << out;
  }
}

TEST_F(TwilioWebhook, EveryLivingLegOfACallThatIsUnknownIsReported) {
  const auto is = [this](const char* status, std::uint32_t state) {
    const auto out = control.step(webhook(1, "/twilio/status?gw_call=forgotten",
                                          {{"CallSid", kLeg}, {"AccountSid", kAccount}, {"CallStatus", status}}));
    EXPECT_EQ(out.only(HKS_HTTP_REPLY).status, 204u) << status;
    EXPECT_EQ(out.only(HKS_CALL_STATE).call, "forgotten") << status;
    EXPECT_EQ(out.only(HKS_CALL_STATE).remote_id, kLeg) << status;
    EXPECT_EQ(out.only(HKS_CALL_STATE).state, state) << status;
  };
  is("queued", HKS_RINGING), is("initiated", HKS_RINGING), is("ringing", HKS_RINGING),
      is("in-progress", HKS_IN_PROGRESS);
}

TEST_F(TwilioWebhook, AFailedCallSaysWhy) {
  const auto out = report(
      {{"CallStatus", "failed"}, {"SipResponseCode", "404"}, {"ErrorCode", "13225"}, {"ErrorMessage", "blocked\n"}});
  EXPECT_EQ(out.only(HKS_CALL_STATE).reason, "the carrier reported failed (SIP 404, error 13225, blocked)");
  EXPECT_EQ(report({{"CallStatus", "completed"}, {"SipResponseCode", "200"}}).only(HKS_CALL_STATE).reason,
            "the carrier reported completed");
}

TEST_F(TwilioWebhook, AnIncomingCallsStatusIsKnownByItsLeg) {
  const auto out = report({{"CallStatus", "completed"}, {"CallDuration", "5"}}, std::nullopt);
  EXPECT_EQ(out.only(HKS_CALL_STATE).call, "");
  EXPECT_EQ(out.only(HKS_CALL_STATE).remote_id, kLeg);
}

TEST_F(TwilioWebhook, AFailedStreamIsLogged) {
  const Call call = sampleCall();
  const auto out = control.step(webhook(1, "/twilio/stream-status?gw_call=" + call.call,
                                        {{"AccountSid", kAccount},
                                         {"CallSid", kLeg},
                                         {"StreamEvent", "stream-error"},
                                         {"StreamError", "31920 handshake"}},
                                        call));
  EXPECT_EQ(out.only(HKS_HTTP_REPLY).status, 204u);
  EXPECT_EQ(out.only(HKS_LOG).level, std::uint32_t(HKS_WARN));
  EXPECT_THAT(out.only(HKS_LOG).text, HasSubstr("31920 handshake"));
}

class TwilioUpgrade : public testing::TestWithParam<const char*> {
 protected:
  static Message upgrade(const std::string& signed_url, std::optional<Call> call = sampleCall()) {
    Pairs headers{{"Upgrade", "websocket"}};
    if (!signed_url.empty()) headers.emplace_back("x-twilio-signature", sign(kToken, signed_url));
    return In::upgrade(hostId(1), "/twilio/media-stream/a-one-use-token", headers, std::move(call));
  }
  static std::uint32_t status(const char* policy, const Message& request, Pairs more = {}) {
    Player control(hks_plugin_entry, HKS_ROLE_CONTROL);
    more.emplace_back("stream_signature", policy);
    control.step(In::start(settings(more)));
    const auto out = control.step(request);
    for (const auto& m : out) EXPECT_EQ(m.text.find("a-one-use-token"), std::string::npos) << "the token is secret";
    return out.only(HKS_HTTP_REPLY).status;
  }
};

TEST_P(TwilioUpgrade, ASignatureOverAnyFormOfTheUrlIsEnough) {
  EXPECT_EQ(status("enforce", upgrade(GetParam())), 101u);
}
INSTANTIATE_TEST_SUITE_P(Forms, TwilioUpgrade,
                         testing::Values("wss://gateway.example.com/twilio/media-stream/a-one-use-token",
                                         "wss://gateway.example.com/twilio/media-stream/a-one-use-token/",
                                         "https://gateway.example.com/twilio/media-stream/a-one-use-token",
                                         "https://gateway.example.com/twilio/media-stream/a-one-use-token/",
                                         "wss://gateway.example.com:443/twilio/media-stream/a-one-use-token"));

TEST_F(TwilioUpgrade, ThePolicyDecidesOverABadSignature) {
  const Message bad = upgrade("wss://evil.example.com/"), none = upgrade("");
  EXPECT_EQ(status("enforce", bad), 403u);
  EXPECT_EQ(status("enforce", none), 403u);
  EXPECT_EQ(status("log", bad), 101u);
  EXPECT_EQ(status("off", none), 101u);
  EXPECT_EQ(status("enforce", none, {{"verify_signature", "false"}}), 101u);
  EXPECT_EQ(status("log", upgrade("wss://x/", std::nullopt)), 403u) << "no call, no stream";
}

TEST_F(TwilioUpgrade, ALoggedSignatureIsLoggedOnce) {
  Player control(hks_plugin_entry, HKS_ROLE_CONTROL);
  control.step(In::start(settings()));
  for (int i = 0; i < 3; ++i) control.step(upgrade(""));
  EXPECT_EQ(control.all().count(HKS_LOG), 1u);
  EXPECT_THAT(control.all().only(HKS_LOG).text, Not(HasSubstr("a-one-use-token")));
}

}  // namespace
}  // namespace hookswitch::twilio::test
