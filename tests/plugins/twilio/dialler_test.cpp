#include "tests/plugins/twilio/openapi.hpp"
#include "tests/plugins/twilio/twilio_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookswitch::twilio::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::uint64_t kPlace = 7;
const std::string kFrom = "+15550100001", kTo = "+15550100002";
const std::string kNow = "Sat, 31 Jan 2026 10:01:00 GMT";        // Twilio's clock in the answers
const std::string kJustNow = "Sat, 31 Jan 2026 10:00:40 +0000";  // inside the window of the search
const std::string kLongAgo = "Sat, 31 Jan 2026 09:00:00 +0000";

Call callTo(const std::string& to = kTo) {
  Call call = sampleCall();
  call.remote_id.clear();
  call.to_number = to;
  call.from_number.clear();
  return call;
}

nlohmann::json listed(const std::string& sid, const std::string& created, const std::string& status = "ringing") {
  nlohmann::json call{{"sid", sid}, {"to", kTo}, {"from", kFrom}, {"status", status}, {"direction", "outbound-api"}};
  call["date_created"] = created.empty() ? nlohmann::json() : nlohmann::json(created);
  return call;
}
std::string page(nlohmann::json calls) { return nlohmann::json{{"calls", std::move(calls)}, {"page", 0}}.dump(); }

class TwilioDial : public testing::Test {
 protected:
  /// By numbers and time alone; the logs are the look-up's own tests' business.
  TwilioDial() { control.step(In::start(settings({{"look_up", "numbers"}}))); }
  Message place(const Call& call = callTo(), std::uint64_t id = kPlace) {
    return control.step(In::place(hostId(id), call)).only(HKS_HTTP_CALL);
  }
  Outputs answer(const Message& request, std::uint32_t status, const std::string& body) {
    return control.step(In::httpResponse(request.id, status, body, {{"Date", kNow}}));
  }
  /// Fires the only timer that is set.
  Outputs wait() {
    if (control.timers().size() != 1) throw std::runtime_error("expected one timer");
    return control.step(In::timer(control.timers().begin()->first));
  }
  /// A create request whose fate is unknown; what the host was told about it.
  Outputs lose(const Message& request) { return control.step(In::noAnswer(request.id, "the deadline passed")); }

  Player control{hks_plugin_entry, HKS_ROLE_CONTROL};
};

TEST_F(TwilioDial, TheCreateRequestSaysEverythingThatTheCallNeeds) {
  const Message request = place();
  EXPECT_THAT(complaints(request), IsEmpty());
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, kCallsUrl + ".json");
  EXPECT_EQ(header(request, "Authorization"),
            "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDowMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==");
  EXPECT_EQ(request.timeout_ms, 30'000u);
  Form form;
  ASSERT_TRUE(form.parse(request.body));
  const std::string id = sampleCall().call;
  const Form::Fields expected{{"To", kTo},
                              {"From", kFrom},
                              {"Url", kBase + "/twilio/voice?gw_call=" + id},
                              {"Method", "POST"},
                              {"StatusCallback", kBase + "/twilio/status?gw_call=" + id},
                              {"StatusCallbackMethod", "POST"},
                              {"StatusCallbackEvent", "initiated"},
                              {"StatusCallbackEvent", "ringing"},
                              {"StatusCallbackEvent", "answered"},
                              {"StatusCallbackEvent", "completed"},
                              {"Timeout", "30"},
                              {"TimeLimit", "3600"}};
  EXPECT_EQ(form.fields(), expected);
}

TEST_F(TwilioDial, ThePlacedCallIsReportedOnce) {
  const auto out = answer(place(), 201, callJson(kLeg));
  EXPECT_EQ(out.only(HKS_CALL_PLACED).id, hostId(kPlace));
  EXPECT_EQ(out.only(HKS_CALL_PLACED).remote_id, kLeg);
  EXPECT_EQ(out.size(), 1u);
}

TEST_F(TwilioDial, TheCallsOwnCallerIdGoesBeforeTheConfiguredOne) {
  Call call = callTo();
  call.from_number = "+15550109999";
  call.ring_timeout_s = 700;
  Form form;
  ASSERT_TRUE(form.parse(place(call).body));
  EXPECT_EQ(form["From"], "+15550109999");
  EXPECT_EQ(form["Timeout"], "600");
}

TEST_F(TwilioDial, BothLimitsAreSentWhateverTheCallSays) {
  Call call = callTo();
  call.ring_timeout_s = call.max_duration_s = 0;
  Form form;
  ASSERT_TRUE(form.parse(place(call).body));
  EXPECT_EQ(form["Timeout"], "60");
  EXPECT_EQ(form["TimeLimit"], "14400");
}

TEST_F(TwilioDial, AnAmbiguousCreateIsLookedUpByTheLogsOfTheLegs) {
  Player events(hks_plugin_entry, HKS_ROLE_CONTROL);
  events.step(In::start(settings()));
  const Message create = events.step(In::place(hostId(kPlace), callTo())).only(HKS_HTTP_CALL);
  events.step(In::noAnswer(create.id, "the deadline passed"));
  const Message list = events.step(In::timer(events.timers().begin()->first)).only(HKS_HTTP_CALL);
  auto out = events.step(
      In::httpResponse(list.id, 200, page({listed("CA1", kJustNow), listed(kLeg, kJustNow)}), {{"Date", kNow}}));
  std::map<std::string, Message> logs;
  for (const Message& m : out.ofType(HKS_HTTP_CALL)) logs[m.url] = m;
  const std::string mine = kCallsUrl + "/" + kLeg + "/Events.json";
  ASSERT_EQ(logs.size(), 2u);
  ASSERT_TRUE(logs.count(mine));
  out = events.step(In::httpResponse(logs[mine].id, 200, logJson(kBase + "/twilio/status?gw_call=" + callTo().call)));
  EXPECT_EQ(out.only(HKS_CALL_PLACED).remote_id, kLeg);
  EXPECT_TRUE(events.timers().empty());
}

TEST_F(TwilioDial, WhatIsMissingIsNamedWithoutAskingTwilio) {
  Player bare(hks_plugin_entry, HKS_ROLE_CONTROL);
  bare.step(In::start({{"account_sid", kAccount}, {"auth_token", kToken}}));
  auto out = bare.step(In::place(hostId(1), callTo()));
  EXPECT_EQ(out.only(HKS_CALL_FAILED).http_status, 400u);
  EXPECT_THAT(out.only(HKS_CALL_FAILED).reason, HasSubstr("twilio.from_number"));
  EXPECT_FALSE(out.has(HKS_HTTP_CALL));
  Call nowhere = callTo();
  nowhere.base_url.clear();
  out = control.step(In::place(hostId(2), nowhere));
  EXPECT_THAT(out.only(HKS_CALL_FAILED).reason, HasSubstr("server.public_url"));
  EXPECT_EQ(control.step(In::place(hostId(3), callTo(""))).only(HKS_CALL_FAILED).http_status, 400u);
}

TEST_F(TwilioDial, ARefusalCarriesTwiliosMessage) {
  const auto out = answer(place(), 400, errorJson(21211, "The 'To' number +1 is not a valid phone number.", 400));
  EXPECT_EQ(out.only(HKS_CALL_FAILED).reason, "Twilio API error: The 'To' number +1 is not a valid phone number.");
  EXPECT_EQ(out.only(HKS_CALL_FAILED).http_status, 502u);
  EXPECT_TRUE(control.timers().empty());
}

TEST_F(TwilioDial, WhatWasNotExecutedIsRepeatedWithTheSameBodyAndThenGivenUp) {
  Message request = place();
  const std::string body = request.body;
  for (int attempt = 1; attempt < 4; ++attempt) {
    auto out = attempt % 2 ? control.step(In::noAnswer(request.id, "connection refused", HKS_HTTP_UNSENT))
                           : answer(request, 429, errorJson(20429, "Too many requests", 429));
    EXPECT_EQ(out.size(), 1u) << out;
    EXPECT_LE(out.only(HKS_TIMER).after_ms, 3000u);
    request = wait().only(HKS_HTTP_CALL);
    EXPECT_EQ(request.body, body);
    EXPECT_EQ(request.timeout_ms, 6'000u);
  }
  const auto out = answer(request, 429, errorJson(20429, "Too many requests", 429));
  EXPECT_EQ(out.only(HKS_CALL_FAILED).reason, "Twilio API error: Too many requests");
  EXPECT_TRUE(control.timers().empty());
}

TEST_F(TwilioDial, ALongRetryAfterIsAFailureNotAWait) {
  const Message request = place();
  const auto out = control.step(In::httpResponse(request.id, 429, "", {{"Retry-After", "60"}}));
  EXPECT_EQ(out.only(HKS_CALL_FAILED).reason, "Twilio API error: HTTP 429");
  EXPECT_FALSE(out.has(HKS_TIMER));
}

TEST_F(TwilioDial, AnUnknownFateIsNeverRedialledButLookedUpAndReportedLate) {
  auto out = lose(place());
  EXPECT_EQ(out.only(HKS_CALL_FAILED).reason, "Twilio API error: no answer (the deadline passed)");
  EXPECT_EQ(out.only(HKS_CALL_FAILED).http_status, 502u);
  EXPECT_FALSE(out.has(HKS_HTTP_CALL));

  out = wait();
  const Message& list = out.only(HKS_HTTP_CALL);
  EXPECT_THAT(complaints(list), IsEmpty());
  EXPECT_EQ(list.method, "GET");
  EXPECT_EQ(list.url, kCallsUrl + ".json?To=%2B15550100002&From=%2B15550100001&StartTime%3E=2023-11-13&PageSize=200");

  out = answer(list, 200,
               page({listed("CAinbound00", kJustNow)
                         .patch(nlohmann::json::parse(R"([{"op":"replace","path":"/direction","value":"inbound"}])")),
                     listed("CAold", kLongAgo), listed(kLeg, kJustNow)}));
  EXPECT_EQ(out.only(HKS_CALL_PLACED).id, hostId(kPlace));
  EXPECT_EQ(out.only(HKS_CALL_PLACED).remote_id, kLeg);
  EXPECT_FALSE(out.has(HKS_HTTP_CALL)) << "the host hangs up what it no longer wants";
  EXPECT_TRUE(control.timers().empty());
}

TEST_F(TwilioDial, ALegThatIsAlreadyOverIsOnlyReported) {
  lose(place());
  const auto out = answer(wait().only(HKS_HTTP_CALL), 200, page({listed(kLeg, kJustNow, "no-answer")}));
  EXPECT_FALSE(out.has(HKS_CALL_PLACED)) << "there is nothing to hang up";
  EXPECT_EQ(out.only(HKS_CALL_STATE).remote_id, kLeg);
  EXPECT_EQ(out.only(HKS_CALL_STATE).outcome, std::uint32_t(HKS_NO_ANSWER));
  EXPECT_FALSE(out.has(HKS_HTTP_CALL));
}

TEST_F(TwilioDial, TheSearchEndsAfterThreeLists) {
  lose(place());
  std::vector<std::uint64_t> waits;
  Outputs out;
  for (int i = 0; i < 3; ++i) {
    waits.push_back(control.timers().begin()->second);
    const auto list = wait().only(HKS_HTTP_CALL);
    out = i == 1 ? answer(list, 500, "") : answer(list, 200, page(nlohmann::json::array()));
  }
  EXPECT_THAT(waits, ElementsAre(2'000u, 8'000u, 20'000u));
  EXPECT_TRUE(control.timers().empty());
  EXPECT_THAT(out.only(HKS_LOG).text, HasSubstr("no leg was found"));
}

TEST_F(TwilioDial, NobodyElsesCallIsTakenForOurs) {
  lose(place());
  // Two candidates for one search: it cannot be told which is ours.
  auto out = answer(wait().only(HKS_HTTP_CALL), 200, page({listed("CA1", kJustNow), listed("CA2", kJustNow)}));
  EXPECT_FALSE(out.has(HKS_CALL_PLACED)) << out;
  // One of them turns out to be another call's leg.
  control.step(webhook(1, "/twilio/status?gw_call=another",
                       {{"CallSid", "CA1"}, {"AccountSid", kAccount}, {"CallStatus", "ringing"}}));
  out = answer(wait().only(HKS_HTTP_CALL), 200, page({listed("CA1", kJustNow), listed("CA2", kJustNow)}));
  EXPECT_EQ(out.only(HKS_CALL_PLACED).remote_id, "CA2");
}

TEST_F(TwilioDial, WithoutTwiliosClockOnlyOlderCallsThanOurRequestAreRuledOut) {
  lose(place());  // the session began on 14 November 2023, 22:13:20
  auto list = wait().only(HKS_HTTP_CALL);
  auto out = control.step(In::httpResponse(list.id, 200, page({listed("CAold", "Tue, 14 Nov 2023 22:13:00 +0000")})));
  EXPECT_FALSE(out.has(HKS_CALL_PLACED));
  list = wait().only(HKS_HTTP_CALL);
  out = control.step(In::httpResponse(list.id, 200, page({listed(kLeg, "Tue, 14 Nov 2023 22:14:00 +0000")})));
  EXPECT_EQ(out.only(HKS_CALL_PLACED).remote_id, kLeg);
}

TEST_F(TwilioDial, AWebhookNamesTheLegBeforeTheAnswerDoes) {
  const Message request = place();
  Call call = callTo();
  auto out = control.step(webhook(1, "/twilio/status?gw_call=" + call.call,
                                  {{"CallSid", kLeg}, {"AccountSid", kAccount}, {"CallStatus", "initiated"}}, call));
  EXPECT_EQ(out.only(HKS_CALL_PLACED).id, hostId(kPlace));
  EXPECT_EQ(out.only(HKS_CALL_PLACED).remote_id, kLeg);
  EXPECT_EQ(out.only(HKS_HTTP_REPLY).status, 204u);
  out = control.step(webhook(2, "/twilio/status?gw_call=" + call.call,
                             {{"CallSid", kLeg}, {"AccountSid", kAccount}, {"CallStatus", "ringing"}}, call));
  EXPECT_FALSE(out.has(HKS_CALL_PLACED)) << "once";
  out = lose(request);  // the answer got lost; the call goes on
  EXPECT_FALSE(out.has(HKS_CALL_FAILED));
  EXPECT_TRUE(control.timers().empty());
}

TEST_F(TwilioDial, AWebhookEndsTheSearch) {
  lose(place());
  const Call call = callTo();
  auto out = control.step(webhook(1, "/twilio/voice?gw_call=" + call.call, answeredFields(), call));
  EXPECT_EQ(out.only(HKS_CALL_PLACED).remote_id, kLeg);
  EXPECT_THAT(out.only(HKS_HTTP_REPLY).body, HasSubstr("<Response><Hangup/></Response>")) << "the call was given up";
  EXPECT_TRUE(wait().empty());
}

TEST_F(TwilioDial, TheSameCallIsNotDialledTwice) {
  place();
  const auto out = control.step(In::place(hostId(8), callTo()));
  EXPECT_EQ(out.only(HKS_CALL_FAILED).http_status, 503u);
  EXPECT_FALSE(out.has(HKS_HTTP_CALL));
}

TEST_F(TwilioDial, AHostThatTakesNoMoreHearsOfIt) {
  control.fullAfter(0);
  control.step(In::place(hostId(1), callTo()));
  control.fullAfter(100);
  // Nothing is left behind: the same call may be dialled again.
  EXPECT_TRUE(control.step(In::place(hostId(2), callTo())).has(HKS_HTTP_CALL));
}

TEST_F(TwilioDial, SecretsStayInTheAuthorization) {
  answer(place(), 401, errorJson(20003, "Authenticate", 401));
  lose(place(callTo(), 9));
  for (const auto& m : control.all()) {
    EXPECT_EQ((m.text + m.reason + m.url + m.body).find(kToken), std::string::npos);
    EXPECT_EQ((m.text + m.reason).find("one-use-token"), std::string::npos);
  }
}

}  // namespace
}  // namespace hookswitch::twilio::test
