// Calls that Twilio calls completed, though nobody could talk.
#include "plugins/twilio/progress.hpp"

#include "tests/plugins/twilio/twilio_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookswitch::twilio::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class TwilioProgress : public testing::Test {
 protected:
  TwilioProgress() {
    control.step(In::start(settings()));
    call.remote_id.clear();
    control.step(In::place(hostId(7), call));
    call.remote_id = kLeg;
  }
  Outputs voice() { return control.step(webhook(1, "/twilio/voice?gw_call=" + call.call, answeredFields(), call)); }
  Message status(const std::string& status, const std::string& duration = "2") {
    return control
        .step(webhook(2, "/twilio/status?gw_call=" + call.call,
                      {{"CallSid", kLeg},
                       {"AccountSid", kAccount},
                       {"CallStatus", status},
                       {"CallDuration", duration},
                       {"Timestamp", "Sat, 31 Jan 2026 10:00:42 +0000"}},
                      call))
        .only(HKS_CALL_STATE);
  }
  void streamError(const std::string& error) {
    control.step(webhook(
        3, "/twilio/stream-status?gw_call=" + call.call,
        {{"AccountSid", kAccount}, {"CallSid", kLeg}, {"StreamEvent", "stream-error"}, {"StreamError", error}}, call));
  }
  void upgrade() { control.step(In::upgrade(hostId(4), "/twilio/media-stream/token", {}, call)); }
  /// As a look-up sees the leg: every callback was lost.
  Message lookUp(const std::string& leg_status) {
    Record record = sampleRecord();
    record.call = call;
    const auto fetch = control.step(In::phase(hostId(5), HKS_PHASE_SETTLE, record, 1, 10'000)).only(HKS_HTTP_CALL);
    return control.step(In::httpResponse(fetch.id, 200, callJson(kLeg, leg_status))).only(HKS_CALL_STATE);
  }
  Player control{hks_plugin_entry, HKS_ROLE_CONTROL};
  Call call = sampleCall();
};

TEST_F(TwilioProgress, ACompletedCallWhoseVoiceWebhookNeverCameHasFailedAndSaysWhatToCheck) {
  const Message over = lookUp("completed");
  EXPECT_EQ(over.state, std::uint32_t(HKS_OVER));
  EXPECT_EQ(over.outcome, std::uint32_t(HKS_FAILED));
  EXPECT_THAT(
      over.reason,
      AllOf(HasSubstr("the carrier never asked for the voice webhook at https://gateway.example.com/twilio/voice"),
            HasSubstr("no status callback came"), HasSubstr("webhook_url"), HasSubstr("11200")));
}

TEST_F(TwilioProgress, StatusCallbacksThatComeAllTheSameLeadElsewhere) {
  const Message answered = status("in-progress");
  EXPECT_EQ(answered.state, std::uint32_t(HKS_IN_PROGRESS));
  EXPECT_THAT(answered.reason, HasSubstr("never asked for the voice webhook")) << "what is missing so far";
  const Message over = status("completed");
  EXPECT_EQ(over.outcome, std::uint32_t(HKS_FAILED));
  EXPECT_THAT(over.reason, AllOf(HasSubstr("never asked for the voice webhook"), HasSubstr("status callbacks arrive")));
}

TEST_F(TwilioProgress, AVoiceWebhookThatWasRefusedIsNamed) {
  Message forged =
      webhook(1, "/twilio/voice?gw_call=" + call.call, answeredFields(), call, "http://gateway.example.com");
  EXPECT_EQ(control.step(forged).only(HKS_HTTP_REPLY).status, 403u);
  EXPECT_THAT(lookUp("completed").reason, AllOf(HasSubstr("was refused with 403"), HasSubstr("server.public_url")));
}

TEST_F(TwilioProgress, AnEndBeforeTheAnswerNeedsNoWebhook) {
  for (const char* word : {"busy", "no-answer", "failed", "canceled"}) {
    const Message over = lookUp(word);
    EXPECT_NE(over.outcome, std::uint32_t(HKS_COMPLETED));
    EXPECT_THAT(over.reason, Not(HasSubstr("voice webhook"))) << word;
  }
}

TEST_F(TwilioProgress, AStreamThatTwilioCouldNotOpenIsAnotherFailure) {
  voice();
  streamError("31920 handshake");
  const Message over = status("completed");
  EXPECT_EQ(over.outcome, std::uint32_t(HKS_FAILED));
  EXPECT_THAT(over.reason, AllOf(HasSubstr("asked for the voice webhook"), HasSubstr("31920 handshake"),
                                 HasSubstr("WebSocket"), Not(HasSubstr("never asked"))));
}

TEST_F(TwilioProgress, ALongCallWithoutAStreamHasFailedAndAShortOneSaysThatItHadNone) {
  voice();
  EXPECT_EQ(status("completed", "1").outcome, std::uint32_t(HKS_COMPLETED)) << "the far end may have hung up at once";
  EXPECT_THAT(status("completed", "1").reason, HasSubstr("before the media stream was opened"));
  EXPECT_EQ(status("completed", "15").outcome, std::uint32_t(HKS_FAILED));
  EXPECT_THAT(status("completed", "15").reason, HasSubstr("never opened the media stream"));
}

TEST_F(TwilioProgress, ACallThatWasConnectedIsCompletedWithoutFurtherWords) {
  voice();
  upgrade();
  const Message over = status("completed", "15");
  EXPECT_EQ(over.outcome, std::uint32_t(HKS_COMPLETED));
  EXPECT_EQ(over.reason, "the carrier reported completed");
  EXPECT_EQ(status("in-progress").reason, "");
}

TEST_F(TwilioProgress, OfACallWhoseBeginningWasNotSeenNothingIsClaimed) {
  Player reloaded(hks_plugin_entry, HKS_ROLE_CONTROL);
  reloaded.step(In::start(settings()));
  const auto out =
      reloaded.step(webhook(2, "/twilio/status?gw_call=" + call.call,
                            {{"CallSid", kLeg}, {"AccountSid", kAccount}, {"CallStatus", "completed"}}, call));
  EXPECT_EQ(out.only(HKS_CALL_STATE).outcome, std::uint32_t(HKS_COMPLETED));
  EXPECT_EQ(out.only(HKS_CALL_STATE).reason, "the carrier reported completed");
}

TEST_F(TwilioProgress, TheCarriersTimesAreReported) {
  const std::uint64_t at = 1'769'853'642'000;  // 2026-01-31T10:00:42Z
  const Message answered = status("in-progress");
  EXPECT_EQ(answered.answered_unix_ms, at);
  EXPECT_EQ(answered.resolution_ms, 1000u);
  const Message over = status("completed", "17");
  EXPECT_EQ(over.ended_unix_ms, at);
  EXPECT_EQ(over.duration_ms, 17'000u);
  EXPECT_EQ(over.answered_unix_ms, at - 17'000);
  EXPECT_EQ(status("busy", "0").answered_unix_ms, 0u);
}

TEST(TwilioProgressMemory, IsBounded) {
  Progress progress;
  for (std::size_t i = 0; i <= Progress::kRemembered; ++i)
    progress.begin("call-" + std::to_string(i), "https://x", false);
  EXPECT_THAT(progress.missing("call-0"), IsEmpty()) << "the oldest is forgotten";
  EXPECT_THAT(progress.missing("call-1"), Not(IsEmpty()));
}

}  // namespace
}  // namespace hookswitch::twilio::test
