// SETTLE of a call whose leg was never named: found by mark, else by numbers and time.
#include "tests/plugins/twilio/openapi.hpp"
#include "tests/plugins/twilio/twilio_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace hookswitch::twilio::test {
namespace {

using testing::HasSubstr;

// The call began at 22:13:20, and so did the session that settles it.
const std::string kBegan = "Tue, 14 Nov 2023 22:13:21 +0000", kMuchLater = "Tue, 14 Nov 2023 22:20:00 +0000";
const std::string kDate = "Tue, 14 Nov 2023 22:13:40 GMT", kOneHour = "Tue, 14 Nov 2023 23:13:40 GMT";

class TwilioSearch : public testing::Test {
 protected:
  TwilioSearch() { begin({}); }
  void begin(Pairs more) { control.step(In::start(settings(std::move(more)))); }
  static Record unnamed() {
    Record record = sampleRecord();
    record.call.remote_id.clear();
    return record;
  }
  Outputs settle(std::uint32_t attempt = 1, std::uint64_t hook = 5, Record record = unnamed()) {
    return control.step(In::phase(hostId(hook), HKS_PHASE_SETTLE, std::move(record), attempt, 10'000));
  }
  static nlohmann::json leg(const std::string& sid, const std::string& created = kBegan,
                            const std::string& status = "ringing") {
    return {{"sid", sid},
            {"to", sampleCall().to_number},
            {"from", sampleCall().from_number},
            {"status", status},
            {"direction", "outbound-api"},
            {"date_created", created.empty() ? nlohmann::json() : nlohmann::json(created)}};
  }
  static std::string page(const nlohmann::json& legs, const std::string& next = "") {
    return nlohmann::json{{"calls", legs.is_array() ? legs : nlohmann::json::array({legs})},
                          {"next_page_uri", next.empty() ? nlohmann::json() : nlohmann::json(next)}}
        .dump();
  }
  Outputs answer(const Message& request, std::uint32_t status, const std::string& body,
                 const std::string& date = kDate) {
    return control.step(In::httpResponse(request.id, status, body, {{"Date", date}}));
  }
  /// The list is answered with these legs; the requests for logs that follow, by SID.
  std::map<std::string, Message> logsOf(const nlohmann::json& legs) {
    std::map<std::string, Message> logs;
    const std::string before = kCallsUrl + "/", after = "/Events.json";
    for (const Message& m : answer(settle().only(HKS_HTTP_CALL), 200, page(legs)).ofType(HKS_HTTP_CALL)) {
      EXPECT_EQ(m.url.compare(0, before.size(), before), 0) << m.url;
      EXPECT_EQ(m.url.compare(m.url.size() - after.size(), after.size(), after), 0) << m.url;
      logs[m.url.substr(before.size(), m.url.size() - before.size() - after.size())] = m;
    }
    return logs;
  }
  static std::string mark(const std::string& call) { return kBase + "/twilio/status?gw_call=" + call; }
  void expectFound(const Outputs& out, const std::string& sid) {
    EXPECT_EQ(out.only(HKS_CALL_STATE).call, sampleCall().call);
    EXPECT_EQ(out.only(HKS_CALL_STATE).remote_id, sid);
    EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_OK));
  }
  void expectRetry(const Outputs& out, const std::string& reason, std::uint64_t after_ms) {
    EXPECT_FALSE(out.has(HKS_CALL_STATE)) << out;
    EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_RETRY));
    EXPECT_THAT(out.only(HKS_HOOK_DONE).reason, HasSubstr(reason));
    EXPECT_EQ(out.only(HKS_HOOK_DONE).after_ms, after_ms);
  }
  Player control{hks_plugin_entry, HKS_ROLE_CONTROL};
};

TEST_F(TwilioSearch, TheListGoesBackADayBeforeTheCall) {
  const Message list = settle().only(HKS_HTTP_CALL);
  EXPECT_THAT(complaints(list), testing::IsEmpty());
  EXPECT_EQ(list.url, kCallsUrl + ".json?To=%2B15550001111&From=%2B15550002222&StartTime%3E=2023-11-13&PageSize=200");
}

TEST_F(TwilioSearch, TheCallersDefaultIdIsTheConfiguredOne) {
  Record record = unnamed();
  record.call.from_number.clear();
  EXPECT_THAT(settle(1, 5, record).only(HKS_HTTP_CALL).url, HasSubstr("From=%2B15550100001"));
}

TEST_F(TwilioSearch, AMarkInTheListIsBelieved) {
  auto marked = leg(kLeg, kBegan, "in-progress");
  marked["status_callback"] = mark(sampleCall().call);
  const auto out = answer(settle().only(HKS_HTTP_CALL), 200, page({leg("CA1"), marked}));
  expectFound(out, kLeg);
  EXPECT_EQ(out.only(HKS_CALL_STATE).state, std::uint32_t(HKS_IN_PROGRESS));
  EXPECT_FALSE(out.has(HKS_HTTP_CALL)) << "nothing is left to ask";
}

TEST_F(TwilioSearch, TheLogThatNamesOurCallDecides) {
  auto logs = logsOf({leg("CA1"), leg(kLeg, kBegan, "completed")});
  ASSERT_EQ(logs.size(), 2u);
  EXPECT_TRUE(answer(logs["CA1"], 200, logJson(mark("another"))).empty());
  const auto out = answer(logs[kLeg], 200, logJson(mark(sampleCall().call)));
  expectFound(out, kLeg);
  EXPECT_EQ(out.only(HKS_CALL_STATE).state, std::uint32_t(HKS_OVER));
  EXPECT_EQ(out.only(HKS_CALL_STATE).outcome, std::uint32_t(HKS_COMPLETED));
}

TEST_F(TwilioSearch, NeitherAnotherCallsLegNorAForeignOneIsTaken) {
  auto logs = logsOf({leg("CA1"), leg("CA2")});
  answer(logs["CA1"], 200, logJson(mark("another")));
  expectRetry(answer(logs["CA2"], 200, logJson("https://crm.example.com/answer")), "does not know the call", 2'000);
  // What was learned is not asked again.
  const auto out = answer(settle(2).only(HKS_HTTP_CALL), 200, page({leg("CA1"), leg("CA2")}));
  EXPECT_FALSE(out.has(HKS_HTTP_CALL)) << out;
  expectRetry(out, "does not know the call", 4'000);
}

TEST_F(TwilioSearch, WithoutLogsNumbersAndTimeDecideWhenOneIsLeft) {
  auto logs = logsOf({leg(kLeg), leg("CAlate", kMuchLater), leg("CAold", "Tue, 14 Nov 2023 22:00:00 +0000")});
  ASSERT_EQ(logs.size(), 1u) << "the others are outside the window";
  expectFound(answer(logs[kLeg], 404, errorJson(20404, "not found", 404)), kLeg);
}

TEST_F(TwilioSearch, AnEmptyLogTellsNothing) {
  auto logs = logsOf({leg(kLeg, "")});
  expectFound(answer(logs[kLeg], 200, R"({"events":[]})"), kLeg);
}

TEST_F(TwilioSearch, TwoThatCouldBeItAreNobodys) {
  auto logs = logsOf({leg("CA1"), leg("CA2")});
  answer(logs["CA1"], 200, R"({"events":[]})");
  expectRetry(answer(logs["CA2"], 404, ""), "2 calls that could be it", 2'000);
}

TEST_F(TwilioSearch, ByNumbersAloneNoLogIsAsked) {
  Player numbers(hks_plugin_entry, HKS_ROLE_CONTROL);
  numbers.step(In::start(settings({{"look_up", "numbers"}})));
  const Message list = numbers.step(In::phase(hostId(5), HKS_PHASE_SETTLE, unnamed(), 1, 10'000)).only(HKS_HTTP_CALL);
  expectFound(numbers.step(In::httpResponse(list.id, 200, page({leg(kLeg)}))), kLeg);
}

TEST_F(TwilioSearch, WhatCannotBeAskedIsNoAnswer) {
  expectRetry(answer(settle().only(HKS_HTTP_CALL), 503, ""), "HTTP 503", 0);
  expectRetry(control.step(In::httpResponse(settle().only(HKS_HTTP_CALL).id, 429, "", {{"Retry-After", "9"}})),
              "HTTP 429", 9'000);
  auto logs = logsOf({leg("CA1"), leg("CA2")});
  answer(logs["CA1"], 500, "");
  expectRetry(answer(logs["CA2"], 404, ""), "HTTP 500", 0);
}

TEST_F(TwilioSearch, PagesAreFollowedAsFarAsTheCallCanBe) {
  const std::string next = "/2010-04-01/Accounts/" + kAccount + "/Calls.json?PageSize=200&Page=1&PageToken=PACA9";
  const Message second =
      answer(settle().only(HKS_HTTP_CALL), 200, page({leg("CA9", kMuchLater)}, next)).only(HKS_HTTP_CALL);
  EXPECT_EQ(second.url, "https://api.twilio.com" + next);
  auto out = answer(second, 200, page({leg("CA8", "Tue, 14 Nov 2023 20:00:00 +0000")}, next));
  EXPECT_FALSE(out.has(HKS_HTTP_CALL)) << "what follows is older still";
  expectRetry(out, "does not know the call", 2'000);
  Message request = settle().only(HKS_HTTP_CALL);
  int pages = 0;
  for (; pages < 50; ++pages) {
    out = answer(request, 200, page({leg("CA9", kMuchLater)}, next));
    if (!out.has(HKS_HTTP_CALL)) break;
    request = out.only(HKS_HTTP_CALL);
  }
  EXPECT_EQ(pages, 4);
  expectRetry(out, "more calls", 0);
  expectRetry(answer(settle().only(HKS_HTTP_CALL), 200, page(nlohmann::json::array(), "@evil.example.com/")),
              "more calls", 0);
}

TEST_F(TwilioSearch, AYoungCallIsLookedForAgainAnOldOneIsNot) {
  std::vector<std::uint64_t> waits;
  for (std::uint32_t attempt : {1u, 2u, 3u, 4u})
    waits.push_back(
        answer(settle(attempt).only(HKS_HTTP_CALL), 200, page(nlohmann::json::array())).only(HKS_HOOK_DONE).after_ms);
  EXPECT_THAT(waits, testing::ElementsAre(2'000u, 4'000u, 8'000u, 8'000u));
  // Without any news of the time the waits themselves add up.
  EXPECT_EQ(answer(settle(10).only(HKS_HTTP_CALL), 200, page(nlohmann::json::array())).only(HKS_HOOK_DONE).state,
            std::uint32_t(HKS_HOOK_SKIP));
  const auto out = answer(settle(1).only(HKS_HTTP_CALL), 200, page(nlohmann::json::array()), kOneHour);
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_SKIP));
  EXPECT_FALSE(out.has(HKS_CALL_STATE));
}

TEST_F(TwilioSearch, ASlowSearchIsAnsweredInTimeAndItsFindReportedAllTheSame) {
  const Message list = settle().only(HKS_HTTP_CALL);
  ASSERT_EQ(control.timers().size(), 1u);
  EXPECT_LT(control.timers().begin()->second, 10'000u);
  auto out = control.step(In::timer(control.timers().begin()->first));
  expectRetry(out, "still being asked", 1'000);
  // The next attempt waits for the same search.
  out = settle(2, 6);
  EXPECT_FALSE(out.has(HKS_HTTP_CALL));
  const Message log = answer(list, 200, page({leg(kLeg)})).only(HKS_HTTP_CALL);
  out = answer(log, 200, logJson(mark(sampleCall().call)));
  expectFound(out, kLeg);
  EXPECT_EQ(out.only(HKS_HOOK_DONE).id, hostId(6));
  EXPECT_TRUE(control.step(In::timer(control.timers().begin()->first)).empty()) << "it was answered";
}

TEST_F(TwilioSearch, LogsAreAskedForAFewAtATime) {
  nlohmann::json legs = nlohmann::json::array();
  for (int i = 0; i < 100; ++i) legs.push_back(leg("CA" + std::to_string(i)));
  Outputs out = answer(settle().only(HKS_HTTP_CALL), 200, page(legs));
  EXPECT_EQ(out.count(HKS_HTTP_CALL), 4u);
  std::vector<Message> waiting = out.ofType(HKS_HTTP_CALL);
  std::size_t asked = 0;
  while (!waiting.empty()) {
    const Message log = waiting.back();
    waiting.pop_back();
    ++asked;
    out = answer(log, 200, logJson(mark("another")));
    for (const Message& more : out.ofType(HKS_HTTP_CALL)) waiting.push_back(more);
    ASSERT_LE(waiting.size(), 4u);
  }
  EXPECT_EQ(asked, 64u);
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_RETRY))
      << "the rest is looked at by the next attempt";
}

}  // namespace
}  // namespace hookswitch::twilio::test
