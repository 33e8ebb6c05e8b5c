// HANGUP: the leg is completed by REST, within the deadline of the hook.
#include "tests/plugins/twilio/openapi.hpp"
#include "tests/plugins/twilio/twilio_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookswitch::twilio::test {
namespace {

class TwilioHangUp : public testing::Test {
 protected:
  TwilioHangUp() { control.step(In::start(settings())); }
  Outputs phase(Record record = sampleRecord(), std::uint32_t attempt = 1, std::uint32_t deadline_ms = 10'000) {
    return control.step(In::phase(hostId(5), HKS_PHASE_HANGUP, std::move(record), attempt, deadline_ms));
  }
  Message done(const Message& request, std::uint32_t status, const std::string& body) {
    return control.step(In::httpResponse(request.id, status, body)).only(HKS_HOOK_DONE);
  }
  Player control{hks_plugin_entry, HKS_ROLE_CONTROL};
};

TEST_F(TwilioHangUp, TheLegIsCompletedByRest) {
  const auto out = phase();
  const Message& request = out.only(HKS_HTTP_CALL);
  EXPECT_THAT(complaints(request), testing::IsEmpty());
  EXPECT_EQ(request.url, kCallsUrl + "/" + kLeg + ".json");
  EXPECT_EQ(request.body, "Status=completed");
  EXPECT_FALSE(out.has(HKS_HOOK_DONE)) << "not before Twilio answered";
  const Message answer = done(request, 200, callJson(kLeg, "completed"));
  EXPECT_EQ(answer.id, hostId(5));
  EXPECT_EQ(answer.state, std::uint32_t(HKS_HOOK_OK));
}

TEST_F(TwilioHangUp, ALastSentenceIsSpokenAndTheAnswerWaitsForIt) {
  Message hook = In::phase(hostId(5), HKS_PHASE_HANGUP, sampleRecord(), 1, 10'000);
  hook.say = "Sorry & good-bye.";
  const Message request = control.step(hook).only(HKS_HTTP_CALL);
  EXPECT_THAT(complaints(request), testing::IsEmpty());
  EXPECT_THAT(request.body, testing::HasSubstr("Twiml="));
  EXPECT_THAT(request.body, testing::HasSubstr("Sorry%20%26amp%3B%20good-bye."));
  EXPECT_THAT(request.body, testing::HasSubstr("Hangup"));
  const auto out = control.step(In::httpResponse(request.id, 200, callJson(kLeg, "in-progress")));
  EXPECT_FALSE(out.has(HKS_HOOK_DONE)) << out;
  const Message confirm = In::phase(hostId(6), HKS_PHASE_CONFIRM, sampleRecord(), 1, 3'000);
  EXPECT_EQ(control.step(confirm).only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_RETRY)) << "nobody cuts it";
  std::uint64_t longest = 0;
  Outputs done;
  for (const auto& [timer, after_ms] : std::map<std::uint64_t, std::uint64_t>(control.timers())) {
    longest = std::max(longest, after_ms);
    const auto fired = control.step(In::timer(timer));
    if (fired.has(HKS_HOOK_DONE)) done = fired;
  }
  EXPECT_EQ(done.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_OK));
  EXPECT_LT(longest, 10'000u);
  EXPECT_TRUE(control.step(confirm).has(HKS_HTTP_CALL)) << "it is over";
}

TEST_F(TwilioHangUp, WhatCannotBeSpokenIsAPlainHangUp) {
  Message hook = In::phase(hostId(5), HKS_PHASE_HANGUP, sampleRecord(), 1, 10'000);
  hook.say = "Sorry.";
  const Message request = control.step(hook).only(HKS_HTTP_CALL);
  const auto out = control.step(In::httpResponse(request.id, 400, errorJson(21220, "not in progress", 400)));
  EXPECT_EQ(out.only(HKS_HTTP_CALL).body, "Status=completed");
}

TEST_F(TwilioHangUp, TheRequestEndsBeforeTheHooksDeadline) {
  for (std::uint32_t deadline : {1u, 500u, 2'000u, 5'000u, 10'000u, 15'000u}) {
    const auto timeout = phase(sampleRecord(), 1, deadline).only(HKS_HTTP_CALL).timeout_ms;
    EXPECT_GE(timeout, 1u);
    EXPECT_LE(timeout, deadline);
  }
}

TEST_F(TwilioHangUp, ALegThatIsOverIsDoneAndItsTimesAreTold) {
  const auto look = [this] {
    return control.step(In::httpResponse(phase().only(HKS_HTTP_CALL).id, 400, errorJson(21220, "not in progress", 400)))
        .only(HKS_HTTP_CALL);
  };
  EXPECT_EQ(look().method, "GET");
  const auto out = control.step(In::httpResponse(
      look().id, 200,
      nlohmann::json{
          {"sid", kLeg}, {"status", "completed"}, {"duration", "17"}, {"end_time", "Sat, 31 Jan 2026 10:00:42 +0000"}}
          .dump()));
  EXPECT_EQ(out.only(HKS_CALL_STATE).state, std::uint32_t(HKS_OVER));
  EXPECT_EQ(out.only(HKS_CALL_STATE).duration_ms, 17'000u);
  EXPECT_EQ(out.only(HKS_CALL_STATE).ended_unix_ms, 1'769'853'642'000u);
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_OK));
  for (const auto& [status, body] : {std::pair<std::uint32_t, std::string>{200, callJson(kLeg, "in-progress")},
                                     {404, errorJson(20404, "not found", 404)},
                                     {500, ""},
                                     {200, "<html>"}})
    EXPECT_EQ(done(look(), status, body).state, std::uint32_t(HKS_HOOK_OK))
        << "a success whatever becomes of the look: " << status;
}

TEST_F(TwilioHangUp, ALegThatTheAccountDoesNotKnowIsLookedForOnceAndIsNoSuccess) {
  const std::string unknown = errorJson(20404, "The requested resource /2010-04-01/... was not found", 404);
  auto out = control.step(In::httpResponse(phase().only(HKS_HTTP_CALL).id, 404, unknown));
  EXPECT_FALSE(out.has(HKS_HOOK_DONE)) << out;
  const Message look = out.only(HKS_HTTP_CALL);
  EXPECT_THAT(complaints(look), testing::IsEmpty());
  EXPECT_EQ(look.method, "GET");
  EXPECT_EQ(look.url, kCallsUrl + "/" + kLeg + ".json");
  out = control.step(In::httpResponse(look.id, 404, unknown));
  EXPECT_EQ(out.only(HKS_CALL_STATE).state, std::uint32_t(HKS_UNKNOWN_LEG)) << "the host may know a second witness";
  EXPECT_EQ(out.only(HKS_CALL_STATE).remote_id, kLeg);
  EXPECT_EQ(out.front().type, std::uint32_t(HKS_CALL_STATE)) << "the news comes before the receipt";
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_GIVE_UP));
  EXPECT_EQ(out.only(HKS_HOOK_DONE).reason, "Twilio API error: Unable to fetch record");
}

TEST_F(TwilioHangUp, ALookThatFindsTheUnknownLegOverIsASecondWitness) {
  const std::string unknown = errorJson(20404, "not found", 404);
  const auto look = [&] {
    return control.step(In::httpResponse(phase().only(HKS_HTTP_CALL).id, 404, unknown)).only(HKS_HTTP_CALL);
  };
  auto out = control.step(In::httpResponse(look().id, 200, callJson(kLeg, "completed")));
  EXPECT_EQ(out.only(HKS_CALL_STATE).state, std::uint32_t(HKS_OVER));
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_OK));
  out = control.step(In::httpResponse(look().id, 200, callJson(kLeg, "in-progress")));
  EXPECT_EQ(out.only(HKS_CALL_STATE).state, std::uint32_t(HKS_IN_PROGRESS));
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_RETRY)) << "it lives after all";
  EXPECT_EQ(out.only(HKS_HOOK_DONE).reason, "Twilio API error: Unable to fetch record");
  out = control.step(In::noAnswer(look().id, "the deadline passed"));
  EXPECT_EQ(out.only(HKS_CALL_STATE).state, std::uint32_t(HKS_UNKNOWN_LEG));
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_GIVE_UP));
}

TEST_F(TwilioHangUp, BothRequestsAboutAnUnknownLegEndBeforeTheHooksDeadline) {
  for (std::uint32_t deadline : {4u, 500u, 2'000u, 3'000u, 10'000u, 15'000u}) {
    const Message hang_up = phase(sampleRecord(), 1, deadline).only(HKS_HTTP_CALL);
    const Message look =
        control.step(In::httpResponse(hang_up.id, 404, errorJson(20404, "not found", 404))).only(HKS_HTTP_CALL);
    EXPECT_GE(look.timeout_ms, 1u);
    EXPECT_LE(hang_up.timeout_ms + look.timeout_ms, deadline);
  }
}

TEST_F(TwilioHangUp, APassingFailureIsRetriedAsSoonAsTheHostLikes) {
  for (std::uint32_t attempt : {1u, 3u, 6u, 40u}) {
    const Message answer =
        done(phase(sampleRecord(), attempt).only(HKS_HTTP_CALL), 503, errorJson(20503, "Service unavailable", 503));
    EXPECT_EQ(answer.state, std::uint32_t(HKS_HOOK_RETRY));
    EXPECT_EQ(answer.reason, "Twilio API error: Service unavailable");
    EXPECT_EQ(answer.after_ms, 0u) << "attempt " << attempt
                                   << ": a wait of ours would be obeyed, and the leg costs money";
  }
  const Message request = phase().only(HKS_HTTP_CALL);
  const auto out = control.step(In::noAnswer(request.id, "the deadline passed"));
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_RETRY));
  EXPECT_EQ(out.only(HKS_HOOK_DONE).reason, "Twilio API error: no answer (the deadline passed)");
}

TEST_F(TwilioHangUp, RetryAfterIsObeyed) {
  const Message request = phase().only(HKS_HTTP_CALL);
  const auto out = control.step(In::httpResponse(request.id, 429, "", {{"Retry-After", "7"}}));
  EXPECT_EQ(out.only(HKS_HOOK_DONE).after_ms, 7'000u);
}

TEST_F(TwilioHangUp, AFinalRefusalIsGivenUpWithTwiliosWords) {
  const Message answer = done(phase().only(HKS_HTTP_CALL), 401, errorJson(20003, "Authenticate", 401));
  EXPECT_EQ(answer.state, std::uint32_t(HKS_HOOK_GIVE_UP));
  EXPECT_EQ(answer.reason, "Twilio API error: Authenticate");
}

TEST_F(TwilioHangUp, OtherCarriersUnnamedLegsAndOtherPhasesAreSkipped) {
  Record other = sampleRecord();
  other.call.carrier = "sip";
  EXPECT_EQ(phase(other).only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_SKIP));
  Record unnamed = sampleRecord();
  unnamed.call.remote_id.clear();
  EXPECT_EQ(phase(unnamed).only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_SKIP));
  EXPECT_EQ(control.step(In::phase(hostId(6), HKS_PHASE_NOTIFY)).only(HKS_HOOK_DONE).state,
            std::uint32_t(HKS_HOOK_SKIP));
  Record hostile = sampleRecord();
  hostile.call.remote_id = "CA1/../../Accounts";
  const auto out = phase(hostile);
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_GIVE_UP));
  EXPECT_FALSE(out.has(HKS_HTTP_CALL));
}

TEST_F(TwilioHangUp, AHostThatTakesNoRequestGetsItsAnswerAllTheSame) {
  Player busy(hks_plugin_entry, HKS_ROLE_CONTROL);
  busy.step(In::start(settings()));
  busy.fullAfter(0);
  EXPECT_NO_THROW(busy.step(In::phase(hostId(5), HKS_PHASE_HANGUP)));
  EXPECT_EQ(busy.status(), HKS_OK);
}

}  // namespace
}  // namespace hookswitch::twilio::test
