// A transfer: the document, the callbacks of the leg that is rung, what comes next, and who is hung up with the call.
#include "plugins/twilio/transfers.hpp"
#include "tests/plugins/twilio/openapi.hpp"
#include "tests/plugins/twilio/twilio_test.hpp"

#include <hookswitch/draft.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookswitch::twilio::test {
namespace {

using testing::HasSubstr;

const std::string kChild = "CAfedcba9876543210fedcba9876543210", kOther = "CA00000000000000000000000000000002";

class TwilioTransfer : public testing::Test {
 protected:
  TwilioTransfer() { control.step(In::start(settings())); }
  static Call call() {
    Call c = sampleCall();
    c.remote_id = kLeg;
    c.base_url = kBase;
    c.media_url = "wss://gateway.example.com/twilio/media-stream/another";
    return c;
  }
  static std::string target(const std::string& route) { return "/twilio/" + route + "?gw_call=" + call().call; }
  Outputs ask(const std::string& announce = "One moment, \"please\".") {
    Message act = In::of(HKS_DRAFT_TRANSFER, hostId(7));
    act.about = call();
    act.to = "+15550100777";
    act.announce = announce;
    act.timeout_s = 20;
    return control.step(act);
  }
  void rings() { control.step(In::httpResponse(ask().only(HKS_HTTP_CALL).id, 200, callJson(kLeg, "in-progress"))); }
  Outputs afterDial(const std::string& status, const std::string& call_status = "in-progress", Call about = call(),
                    const std::string& leg = kChild) {
    return control.step(webhook(20, target("after-dial"),
                                {{"CallSid", kLeg},
                                 {"AccountSid", kAccount},
                                 {"CallStatus", call_status},
                                 {"DialCallStatus", status},
                                 {"DialCallSid", leg}},
                                about));
  }
  Outputs dialStatus(const std::string& status, const std::string& sip = "", Call about = call(),
                     const std::string& leg = kChild) {
    return control.step(webhook(21, target("dial-status"),
                                {{"CallSid", leg},
                                 {"ParentCallSid", kLeg},
                                 {"AccountSid", kAccount},
                                 {"CallStatus", status},
                                 {"SipResponseCode", sip}},
                                about));
  }
  static std::string list(const std::string& status) {
    return nlohmann::json{{"calls", {{{"sid", kChild}, {"status", status}, {"direction", "outbound-dial"}}}},
                          {"next_page_uri", nullptr}}
        .dump();
  }
  Record record() {
    Record r = sampleRecord();
    r.call = call();
    return r;
  }
  Player control{hks_plugin_entry, HKS_ROLE_CONTROL};
};

TEST_F(TwilioTransfer, IsADocumentThatSaysTheWordsAndRingsTheNumber) {
  const Message request = ask().only(HKS_HTTP_CALL);
  EXPECT_THAT(complaints(request), testing::IsEmpty());
  EXPECT_EQ(request.url, kCallsUrl + "/" + kLeg + ".json");
  Form form;
  form.parse(request.body);
  const std::string document(form["Twiml"]);
  EXPECT_THAT(document,
              HasSubstr("<Say>One moment, &quot;please&quot;.</Say><Dial answerOnBridge=\"true\" timeout=\"20\""));
  EXPECT_THAT(document, HasSubstr("action=\"" + kBase + target("after-dial") + "\""));
  EXPECT_THAT(document, HasSubstr("statusCallback=\"" + kBase + target("dial-status") + "\""));
  EXPECT_THAT(document, HasSubstr(">+15550100777</Number></Dial></Response>"));
  EXPECT_LE(document.size(), 4000u);
}

TEST_F(TwilioTransfer, OfWordsThatDoNotFitIsRefused) {
  const Outputs out = ask(std::string(500, '"') + std::string(500, '"'));
  EXPECT_FALSE(out.has(HKS_HTTP_CALL));
  EXPECT_EQ(out.only(HKS_DRAFT_ACT_DONE).state, std::uint32_t(HKS_DRAFT_REFUSED));
}

TEST_F(TwilioTransfer, ThatNobodyAnswersIsConnectedWithTheStreamAgain) {
  const std::pair<const char*, std::uint32_t> ends[] = {{"busy", HKS_DRAFT_T_BUSY},
                                                        {"no-answer", HKS_DRAFT_T_NO_ANSWER},
                                                        {"failed", HKS_DRAFT_T_FAILED},
                                                        {"canceled", HKS_DRAFT_T_FAILED}};
  for (auto& [status, state] : ends) {
    rings();
    const Outputs out = afterDial(status);
    EXPECT_THAT(out.only(HKS_HTTP_REPLY).body,
                HasSubstr("<Connect><Stream url=\"wss://gateway.example.com/twilio/media-stream/another\""));
    EXPECT_EQ(out.only(HKS_DRAFT_TRANSFERRED).state, state) << status;
    EXPECT_FALSE(out.has(HKS_CALL_END));
  }
}

TEST_F(TwilioTransfer, ThatIsDeclinedSaysSoInWhicheverOrderItIsTold) {
  rings();
  EXPECT_EQ(dialStatus("busy", "603").only(HKS_DRAFT_TRANSFERRED).state, std::uint32_t(HKS_DRAFT_T_DECLINED));
  EXPECT_EQ(afterDial("busy").only(HKS_DRAFT_TRANSFERRED).state, std::uint32_t(HKS_DRAFT_T_DECLINED));
  rings();
  EXPECT_EQ(afterDial("busy").only(HKS_DRAFT_TRANSFERRED).state, std::uint32_t(HKS_DRAFT_T_BUSY)) << "another one";
  EXPECT_EQ(dialStatus("busy", "603").only(HKS_DRAFT_TRANSFERRED).state, std::uint32_t(HKS_DRAFT_T_DECLINED));
}

TEST_F(TwilioTransfer, IsNotSpoiltByALateWordOfTheLegThatTheOneBeforeHasRung) {
  rings();
  EXPECT_EQ(afterDial("busy").only(HKS_DRAFT_TRANSFERRED).state, std::uint32_t(HKS_DRAFT_T_BUSY));
  rings();
  EXPECT_FALSE(dialStatus("busy", "603").has(HKS_DRAFT_TRANSFERRED)) << "it is about the one before";
  EXPECT_FALSE(dialStatus("in-progress").has(HKS_DRAFT_TRANSFERRED));
  EXPECT_EQ(dialStatus("in-progress", "", call(), kOther).only(HKS_DRAFT_TRANSFERRED).state,
            std::uint32_t(HKS_DRAFT_T_COMPLETED));
  const Outputs out = afterDial("completed", "in-progress", call(), kOther);
  EXPECT_EQ(out.only(HKS_DRAFT_TRANSFERRED).state, std::uint32_t(HKS_DRAFT_T_COMPLETED));
  EXPECT_THAT(out.only(HKS_HTTP_REPLY).body, HasSubstr("<Hangup/>"));
}

TEST_F(TwilioTransfer, ThatWasDeclinedLastTimeAndIsAskedForAgainStartsAnew) {
  rings();
  EXPECT_EQ(afterDial("busy").only(HKS_DRAFT_TRANSFERRED).state, std::uint32_t(HKS_DRAFT_T_BUSY));
  EXPECT_EQ(dialStatus("busy", "603").only(HKS_DRAFT_TRANSFERRED).state, std::uint32_t(HKS_DRAFT_T_DECLINED)) << "late";
  rings();
  EXPECT_EQ(afterDial("no-answer", "in-progress", call(), kOther).only(HKS_DRAFT_TRANSFERRED).state,
            std::uint32_t(HKS_DRAFT_T_NO_ANSWER));
}

TEST_F(TwilioTransfer, ThatIsAnsweredIsNotDeclinedWhateverIsSaidOfIt) {
  rings();
  dialStatus("busy", "603");
  EXPECT_EQ(afterDial("completed").only(HKS_DRAFT_TRANSFERRED).state, std::uint32_t(HKS_DRAFT_T_COMPLETED));
  EXPECT_FALSE(dialStatus("busy", "603").has(HKS_DRAFT_TRANSFERRED));
}

TEST_F(TwilioTransfer, IsNotForgottenForTheSakeOfAYoungerOneWhileThereAreOlderOnes) {
  const auto declined = [&](const Call& about) {
    control.step(webhook(
        21, "/twilio/dial-status?gw_call=" + about.call,
        {{"CallSid", kChild}, {"AccountSid", kAccount}, {"CallStatus", "busy"}, {"SipResponseCode", "603"}}, about));
  };
  for (std::size_t i = 0; i < Transfers::kRemembered + 10; ++i) {
    Call other = call();
    other.call = "other-" + std::to_string(i);
    declined(i == 100 ? call() : other);
  }
  EXPECT_EQ(afterDial("busy").only(HKS_DRAFT_TRANSFERRED).state, std::uint32_t(HKS_DRAFT_T_DECLINED));
}

TEST_F(TwilioTransfer, IsForgottenWithItsCall) {
  for (const bool hangs_up : {true, false}) {
    rings();
    dialStatus("busy", "603");
    if (hangs_up)
      control.step(In::phase(hostId(5), HKS_PHASE_HANGUP, record(), 1, 10'000));
    else
      control.step(webhook(30, target("status"),
                           {{"CallSid", kLeg}, {"AccountSid", kAccount}, {"CallStatus", "completed"}}, call()));
    EXPECT_EQ(afterDial("busy").only(HKS_DRAFT_TRANSFERRED).state, std::uint32_t(HKS_DRAFT_T_BUSY)) << hangs_up;
  }
}

TEST_F(TwilioTransfer, OfACallerWhoLeavesEndsACallThatCameInToo) {
  Call incoming = call();
  incoming.direction = HKS_INCOMING;
  rings();
  const Outputs out = afterDial("canceled", "completed", incoming);
  EXPECT_EQ(out.only(HKS_DRAFT_TRANSFERRED).state, std::uint32_t(HKS_DRAFT_T_CALLER_LEFT));
  EXPECT_EQ(out.only(HKS_CALL_END).by, std::uint32_t(HKS_BY_CARRIER));
  EXPECT_FALSE(afterDial("canceled", "completed").has(HKS_CALL_END)) << "its callback says so, and what became of it";
}

TEST_F(TwilioTransfer, ThatIsAnsweredIsToldAtOnceAndEndsTheCallWhenTheTwoHaveTalked) {
  rings();
  EXPECT_FALSE(dialStatus("ringing").has(HKS_DRAFT_TRANSFERRED));
  EXPECT_EQ(dialStatus("in-progress").only(HKS_DRAFT_TRANSFERRED).state, std::uint32_t(HKS_DRAFT_T_COMPLETED));
  const Outputs out = afterDial("completed");
  EXPECT_THAT(out.only(HKS_HTTP_REPLY).body, HasSubstr("<Response><Hangup/></Response>"));
  EXPECT_EQ(out.only(HKS_CALL_END).by, std::uint32_t(HKS_BY_CARRIER));
}

TEST_F(TwilioTransfer, TheLegThatIsRungIsNotTheCallsOwn) {
  rings();
  EXPECT_FALSE(dialStatus("completed", "200").has(HKS_CALL_STATE)) << "its end is not that of the call";
  EXPECT_FALSE(dialStatus("in-progress").has(HKS_CALL_STATE));
}

TEST_F(TwilioTransfer, OfACallerWhoLeavesLeavesNobodyRinging) {
  rings();
  const auto fields = Fields{{"CallSid", kLeg}, {"AccountSid", kAccount}, {"CallStatus", "completed"}};
  Outputs out = control.step(webhook(30, target("status"), fields, call()));
  EXPECT_EQ(out.only(HKS_CALL_STATE).state, std::uint32_t(HKS_OVER));
  const Message listed = out.only(HKS_HTTP_CALL);
  EXPECT_THAT(listed.url, HasSubstr("ParentCallSid=" + kLeg));
  out = control.step(In::httpResponse(listed.id, 200, list("ringing")));
  const Message hang_up = out.only(HKS_HTTP_CALL);
  EXPECT_EQ(hang_up.url, kCallsUrl + "/" + kChild + ".json");
  EXPECT_EQ(hang_up.body, "Status=completed");
  out = control.step(In::httpResponse(hang_up.id, 200, callJson(kChild, "completed")));
  out = control.step(In::timer(out.only(HKS_TIMER).id));
  out = control.step(In::httpResponse(out.only(HKS_HTTP_CALL).id, 200, list("canceled")));
  EXPECT_FALSE(out.has(HKS_TIMER)) << "it is seen to be over";
}

TEST_F(TwilioTransfer, ALegThatStillRingsForACallThatIsOverIsHungUp) {
  Call over = call();
  over.media_url.clear();
  const Message listed = dialStatus("ringing", "", over).only(HKS_HTTP_CALL);
  EXPECT_THAT(listed.url, HasSubstr("ParentCallSid=" + kLeg));
}

TEST_F(TwilioTransfer, TheHangUpEndsWhoIsRungAsWell) {
  rings();
  Outputs out = control.step(In::phase(hostId(5), HKS_PHASE_HANGUP, record(), 1, 10'000));
  out = control.step(In::httpResponse(out.only(HKS_HTTP_CALL).id, 200, callJson(kLeg, "completed")));
  EXPECT_FALSE(out.has(HKS_HOOK_DONE));
  out = control.step(In::httpResponse(out.only(HKS_HTTP_CALL).id, 200, list("ringing")));
  out = control.step(In::httpResponse(out.only(HKS_HTTP_CALL).id, 200, callJson(kChild, "completed")));
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_OK));
  // Until it is seen that nobody is rung any more, nothing is confirmed.
  out = control.step(In::phase(hostId(6), HKS_PHASE_CONFIRM, record(), 1, 10'000));
  out = control.step(In::httpResponse(out.only(HKS_HTTP_CALL).id, 200, callJson(kLeg, "completed")));
  out = control.step(In::httpResponse(out.only(HKS_HTTP_CALL).id, 200, list("ringing")));
  out = control.step(In::httpResponse(out.only(HKS_HTTP_CALL).id, 200, callJson(kChild, "completed")));
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_RETRY));
  out = control.step(In::phase(hostId(8), HKS_PHASE_CONFIRM, record(), 2, 10'000));
  out = control.step(In::httpResponse(out.only(HKS_HTTP_CALL).id, 200, callJson(kLeg, "completed")));
  out = control.step(In::httpResponse(out.only(HKS_HTTP_CALL).id, 200, list("canceled")));
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_OK));
}

TEST_F(TwilioTransfer, ThatAnotherSessionHasAskedForIsKnownByTheHostsWord) {
  Message told = In::of(HKS_DRAFT_TRANSFERRED);
  told.call = call().call;
  control.step(told);
  Outputs out = control.step(In::phase(hostId(5), HKS_PHASE_HANGUP, record(), 1, 10'000));
  out = control.step(In::httpResponse(out.only(HKS_HTTP_CALL).id, 200, callJson(kLeg, "completed")));
  EXPECT_THAT(out.only(HKS_HTTP_CALL).url, HasSubstr("ParentCallSid=" + kLeg));
}

}  // namespace
}  // namespace hookswitch::twilio::test
