#include "plugins/twilio/leg.hpp"

#include "tests/plugins/twilio/twilio_test.hpp"

#include <gtest/gtest.h>

namespace hookswitch::twilio::test {
namespace {

Fetched fetched(std::uint32_t status, const std::string& body) {
  hks_http http{};
  http.status = status;
  http.body = hks::str(body);
  return judgeFetch(http);
}

TEST(TwilioLeg, AMarkIsTheCallOfAnUrlOfOurs) {
  const auto mark = markOf("https://gw.example.com/base/twilio/status?x=1&gw_call=a%2Db#rc=2");
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->call, "a-b");
  EXPECT_EQ(mark->base_url, "https://gw.example.com/base");
  for (const std::string& other :
       {std::string("https://gw.example.com/twilio/voice"), std::string("https://gw.example.com/voice?gw_call=a"),
        std::string("ftp://gw.example.com/twilio/voice?gw_call=a"),
        std::string("https://gw.example.com/twilio/voice?gw_call="),
        std::string("see https://gw.example.com/twilio/voice?gw_call=a"),
        "https://gw.example.com/twilio/voice?gw_call=" + std::string(129, 'a'),
        "https://" + std::string(3000, 'h') + "/twilio/voice?gw_call=a"})
    EXPECT_FALSE(markOf(other)) << other;
}

TEST(TwilioLeg, PagesTolerateMissingAndForeignElements) {
  const auto page =
      parseLegs(R"({"calls":[null,7,{},{"sid":"CA/1"},{"sid":"CA1","to":"+1","from":null,"status":"queued",
    "direction":"outbound-api","date_created":"Sat, 31 Jan 2026 10:00:00 +0000"},{"sid":"CA2","date_created":null}],
    "next_page_uri":"/next"})");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->legs.size(), 2u);
  EXPECT_EQ(page->legs[0].to, "+1");
  EXPECT_EQ(page->legs[0].from, "");
  EXPECT_EQ(page->legs[0].created_s, 1769853600);
  EXPECT_FALSE(page->legs[1].created_s);
  EXPECT_EQ(page->next_uri, "/next");
  EXPECT_EQ(parseLegs(R"({"calls":[],"next_page_uri":null})")->next_uri, "");
  EXPECT_FALSE(parseLegs("{}"));
  EXPECT_FALSE(parseLegs("[1"));
}

TEST(TwilioLeg, AMarkThatAPeerShowsInTheCallIsFoundHoweverDeep) {
  const auto page = parseLegs(
      R"({"calls":[{"sid":"CA1","callbacks":[{"url":"https:\/\/gw.example.com\/twilio\/voice?gw_call=7"}]}]})");
  ASSERT_TRUE(page);
  ASSERT_TRUE(page->legs.at(0).mark);
  EXPECT_EQ(page->legs[0].mark->call, "7");
  EXPECT_EQ(page->legs[0].mark->base_url, "https://gw.example.com");
  std::string deep = "\"https://gw.example.com/twilio/voice?gw_call=7\"";
  for (int i = 0; i < 100; ++i) deep = "[" + deep + "]";
  EXPECT_FALSE(parseLegs(R"({"calls":[{"sid":"CA1","x":)" + deep + "}]}")->legs.at(0).mark) << "there is an end to it";
}

TEST(TwilioLeg, TheDurationIsTwiliosElseTheTimeBetweenStartAndEnd) {
  const std::string dates =
      R"("start_time":"Sat, 31 Jan 2026 10:00:00 +0000","end_time":"Sat, 31 Jan 2026 10:00:42 +0000")";
  EXPECT_EQ(fetched(200, R"({"sid":"CA1","status":"completed","duration":"17",)" + dates + "}").leg.times.duration_ms,
            17'000u);
  EXPECT_EQ(fetched(200, R"({"sid":"CA1","status":"completed","duration":null,)" + dates + "}").leg.times.duration_ms,
            42'000u);
  EXPECT_EQ(
      fetched(200, R"({"sid":"CA1","status":"in-progress","duration":null,"end_time":null})").leg.times.duration_ms,
      0u);
}

TEST(TwilioLeg, OnlyTwiliosOwnWordEndsALeg) {
  EXPECT_EQ(fetched(200, R"({"sid":"CA1","status":"ringing"})").verdict, FetchVerdict::leg);
  EXPECT_EQ(fetched(404, errorJson(20404, "not found", 404)).verdict, FetchVerdict::gone);
  EXPECT_EQ(fetched(404, "<html>nginx</html>").verdict, FetchVerdict::unasked);
  for (const char* body : {"", "null", "{}", "[]", R"({"sid":"CA1"})", R"({"status":"completed"})", "{\"sid\":"})
    EXPECT_EQ(fetched(200, body).verdict, FetchVerdict::unasked) << body;
  for (std::uint32_t status : {0u, 302u, 401u, 429u, 500u, 503u})
    EXPECT_EQ(fetched(status, R"({"sid":"CA1","status":"completed"})").verdict, FetchVerdict::unasked) << status;
}

TEST(TwilioLeg, ALogTellsWhoseTheLegIs) {
  const auto ours = parseLog(logJson("https://gw.example.com/twilio/voice?gw_call=7"));
  ASSERT_TRUE(ours && ours->mark);
  EXPECT_EQ(ours->mark->call, "7");
  const auto made =
      parseLog(R"({"events":[{"request":{"url":"https://api.twilio.com/2010-04-01/Accounts/AC1/Calls.json",
    "parameters":{"status_callback":"https://gw.example.com/twilio/status?gw_call=8"}},"response":{}}]})");
  ASSERT_TRUE(made && made->mark) << "the request that made the call names the URLs, too";
  EXPECT_EQ(made->mark->call, "8");
  const auto foreign = parseLog(logJson("https://crm.example.com/answer"));
  ASSERT_TRUE(foreign);
  EXPECT_FALSE(foreign->mark);
  EXPECT_TRUE(foreign->telling);
  for (const std::string& silent :
       {logJson(), std::string(R"({"events":[]})"), std::string(R"({"events":[null,7,{"request":null}]})")}) {
    const auto log = parseLog(silent);
    ASSERT_TRUE(log) << silent;
    EXPECT_FALSE(log->telling || log->mark) << silent;
  }
  EXPECT_FALSE(parseLog("{}"));
  EXPECT_FALSE(parseLog("<html>"));
}

TEST(TwilioLeg, WhatWasAnsweredIsNoCallback) {
  const auto log = parseLog(R"({"events":[{"request":{"url":"https://crm.example.com/answer"},"response":
    {"response_body":"https://gw.example.com/twilio/voice?gw_call=7"}}]})");
  ASSERT_TRUE(log);
  EXPECT_FALSE(log->mark);
}

}  // namespace
}  // namespace hookswitch::twilio::test
