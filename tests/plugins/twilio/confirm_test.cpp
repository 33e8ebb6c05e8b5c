// CONFIRM: Twilio is asked until it says that the leg is over.
#include "tests/plugins/twilio/openapi.hpp"
#include "tests/plugins/twilio/twilio_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookswitch::twilio::test {
namespace {

class TwilioConfirm : public testing::Test {
 protected:
  TwilioConfirm() { control.step(In::start(settings())); }
  Outputs confirm(Record record = sampleRecord(), std::uint32_t deadline_ms = 10'000) {
    return control.step(In::phase(hostId(5), HKS_PHASE_CONFIRM, std::move(record), 1, deadline_ms));
  }
  Outputs answer(const Message& request, std::uint32_t status, const std::string& body, Pairs headers = {}) {
    return control.step(In::httpResponse(request.id, status, body, std::move(headers)));
  }
  static std::string legJson(const std::string& status, const std::string& duration = "") {
    nlohmann::json leg{{"sid", kLeg}, {"status", status}, {"direction", "outbound-api"}};
    if (!duration.empty()) leg["duration"] = duration;
    return leg.dump();
  }
  Player control{hks_plugin_entry, HKS_ROLE_CONTROL};
};

TEST_F(TwilioConfirm, ALegThatIsOverIsReportedWithOutcomeAndDuration) {
  const Message fetch = confirm().only(HKS_HTTP_CALL);
  EXPECT_THAT(complaints(fetch), testing::IsEmpty());
  EXPECT_EQ(fetch.method, "GET");
  EXPECT_EQ(fetch.url, kCallsUrl + "/" + kLeg + ".json");
  const auto out = answer(fetch, 200, legJson("completed", "42"));
  EXPECT_EQ(out.only(HKS_CALL_STATE).call, sampleCall().call);
  EXPECT_EQ(out.only(HKS_CALL_STATE).remote_id, kLeg);
  EXPECT_EQ(out.only(HKS_CALL_STATE).state, std::uint32_t(HKS_OVER));
  EXPECT_EQ(out.only(HKS_CALL_STATE).outcome, std::uint32_t(HKS_COMPLETED));
  EXPECT_EQ(out.only(HKS_CALL_STATE).duration_ms, 42'000u);
  EXPECT_EQ(out.only(HKS_HOOK_DONE).id, hostId(5));
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_OK));
  EXPECT_EQ(out.front().type, std::uint32_t(HKS_CALL_STATE)) << "the news comes before the receipt";
}

TEST_F(TwilioConfirm, ALegThatTwilioDoesNotKnowIsReportedSoAndAskedForAgain) {
  for (const std::uint64_t answered : {std::uint64_t(0), sampleRecord().answered_unix_ms}) {
    Record record = sampleRecord();
    record.answered_unix_ms = answered;
    const auto out = answer(confirm(record).only(HKS_HTTP_CALL), 404, errorJson(20404, "not found", 404));
    EXPECT_EQ(out.only(HKS_CALL_STATE).state, std::uint32_t(HKS_UNKNOWN_LEG)) << "it may live in another account";
    EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_RETRY));
    EXPECT_EQ(out.only(HKS_HOOK_DONE).reason, "Twilio API error: Unable to fetch record");
    EXPECT_FALSE(out.has(HKS_HTTP_CALL));
  }
}

TEST_F(TwilioConfirm, ALegThatStillRunsIsHungUpAgainAndLookedAtAgain) {
  for (const char* status : {"queued", "ringing", "in-progress", "something-new"}) {
    auto out = answer(confirm().only(HKS_HTTP_CALL), 200, legJson(status));
    EXPECT_FALSE(out.has(HKS_HOOK_DONE)) << status;
    const Message hang_up = out.only(HKS_HTTP_CALL);
    EXPECT_THAT(complaints(hang_up), testing::IsEmpty());
    EXPECT_EQ(hang_up.url, kCallsUrl + "/" + kLeg + ".json");
    EXPECT_EQ(hang_up.body, "Status=completed");
    out = answer(hang_up, 200, legJson("completed"));
    EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_RETRY));
    EXPECT_EQ(out.only(HKS_HOOK_DONE).after_ms, 1'000u);
    EXPECT_FALSE(out.has(HKS_CALL_STATE)) << "not before Twilio says so when asked";
  }
}

TEST_F(TwilioConfirm, WhatCouldNotBeAskedIsAskedAgainWhateverTheReason) {
  const auto retried = [](const Outputs& out, const std::string& reason, std::uint64_t after_ms) {
    EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_RETRY)) << out;
    EXPECT_EQ(out.only(HKS_HOOK_DONE).reason, reason);
    EXPECT_EQ(out.only(HKS_HOOK_DONE).after_ms, after_ms);
    EXPECT_FALSE(out.has(HKS_CALL_STATE)) << out;
  };
  retried(answer(confirm().only(HKS_HTTP_CALL), 429, errorJson(20429, "Too many", 429), {{"Retry-After", "7"}}),
          "Twilio API error: Too many", 7'000);
  retried(answer(confirm().only(HKS_HTTP_CALL), 503, ""), "Twilio API error: HTTP 503", 0);
  retried(answer(confirm().only(HKS_HTTP_CALL), 401, errorJson(20003, "Authenticate", 401)),
          "Twilio API error: Authenticate", 0);
  retried(answer(confirm().only(HKS_HTTP_CALL), 404, "<html>nginx</html>"), "Twilio API error: HTTP 404", 0);
  retried(answer(confirm().only(HKS_HTTP_CALL), 200, "<html>captive portal</html>"),
          "Twilio API error: its answer could not be read", 0);
  retried(control.step(In::noAnswer(confirm().only(HKS_HTTP_CALL).id, "the deadline passed")),
          "Twilio API error: no answer (the deadline passed)", 0);
}

TEST_F(TwilioConfirm, ASecondHangUpThatIsRefusedIsNoEnd) {
  auto again = answer(confirm().only(HKS_HTTP_CALL), 200, legJson("in-progress")).only(HKS_HTTP_CALL);
  auto out = answer(again, 401, errorJson(20003, "Authenticate", 401));
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_RETRY));
  EXPECT_EQ(out.only(HKS_HOOK_DONE).reason, "Twilio API error: Authenticate");
  again = answer(confirm().only(HKS_HTTP_CALL), 200, legJson("in-progress")).only(HKS_HTTP_CALL);
  out = answer(again, 429, "", {{"Retry-After", "3"}});
  EXPECT_EQ(out.only(HKS_HOOK_DONE).after_ms, 3'000u);
}

TEST_F(TwilioConfirm, BothRequestsTogetherEndBeforeTheHooksDeadline) {
  for (std::uint32_t deadline : {2u, 500u, 2'000u, 5'000u, 10'000u, 15'000u}) {
    const Message fetch = confirm(sampleRecord(), deadline).only(HKS_HTTP_CALL);
    const Message hang_up = answer(fetch, 200, legJson("ringing")).only(HKS_HTTP_CALL);
    EXPECT_GE(fetch.timeout_ms, 1u);
    EXPECT_GE(hang_up.timeout_ms, 1u);
    EXPECT_LE(fetch.timeout_ms + hang_up.timeout_ms, deadline);
  }
}

TEST_F(TwilioConfirm, WhatIsNotOursOrHasNoLegIsSkipped) {
  Record other = sampleRecord();
  other.call.carrier = "sip";
  EXPECT_EQ(confirm(other).only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_SKIP));
  Record unnamed = sampleRecord();
  unnamed.call.remote_id.clear();
  EXPECT_EQ(confirm(unnamed).only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_SKIP));
  Record hostile = sampleRecord();
  hostile.call.remote_id = "CA1/../../Accounts";
  const auto out = confirm(hostile);
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_GIVE_UP));
  EXPECT_FALSE(out.has(HKS_HTTP_CALL));
}

}  // namespace
}  // namespace hookswitch::twilio::test
