#include "plugins/twilio/rest.hpp"

#include "tests/plugins/twilio/twilio_test.hpp"

#include <gtest/gtest.h>

namespace hookswitch::twilio::test {
namespace {

/// A response with storage of its own.
struct Answer {
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<hks_pair> pairs;
  hks_http http{};
  Answer(std::uint32_t status, std::string text, std::uint32_t flags = 0,
         std::vector<std::pair<std::string, std::string>> named = {})
      : body(std::move(text)), headers(std::move(named)) {
    for (auto& [name, value] : headers) pairs.push_back({hks::str(name), hks::str(value)});
    http.status = status;
    http.flags = flags;
    http.body = hks::str(body);
    http.headers = pairs.data();
    http.header_count = pairs.size();
  }
};

CreateVerdict create(std::uint32_t status, const std::string& body, std::uint32_t flags = 0) {
  return judgeCreate(Answer(status, body, flags).http).verdict;
}
HangUpVerdict hangUpVerdict(std::uint32_t status, const std::string& body = {}) {
  return judgeHangUp(Answer(status, body).http);
}

TEST(TwilioRest, ACreateIsRepeatedOnlyWhenItCertainlyWasNotExecuted) {
  EXPECT_EQ(create(201, callJson(kLeg)), CreateVerdict::accepted);
  EXPECT_EQ(judgeCreate(Answer(201, callJson(kLeg)).http).sid, kLeg);
  EXPECT_EQ(create(0, "DNS", HKS_HTTP_UNSENT), CreateVerdict::repeat);
  EXPECT_EQ(create(429, errorJson(20429, "Too Many Requests", 429)), CreateVerdict::repeat);
  EXPECT_EQ(create(0, "timeout"), CreateVerdict::unknown);
  for (std::uint32_t status : {408u, 500u, 502u, 503u, 504u})
    EXPECT_EQ(create(status, "<html>"), CreateVerdict::unknown);
  EXPECT_EQ(create(201, "{\"sid\":null}"), CreateVerdict::unknown) << "accepted, but nobody knows as what";
  EXPECT_EQ(create(201, "{\"sid\":\"CA/../1\"}"), CreateVerdict::unknown);
  EXPECT_EQ(create(201, "not JSON"), CreateVerdict::unknown);
  for (std::uint32_t status : {301u, 400u, 401u, 403u, 404u}) EXPECT_EQ(create(status, ""), CreateVerdict::refused);
}

TEST(TwilioRest, AHangUpOfALegThatIsOverHasSucceeded) {
  EXPECT_EQ(hangUpVerdict(200, callJson(kLeg, "completed")), HangUpVerdict::taken);
  EXPECT_EQ(hangUpVerdict(400, errorJson(21220, "Invalid call state", 400)), HangUpVerdict::over);
  EXPECT_EQ(hangUpVerdict(404, errorJson(20404, "not found", 404)), HangUpVerdict::unknown)
      << "it may live in another account";
  for (std::uint32_t status : {0u, 408u, 429u, 500u, 503u}) EXPECT_EQ(hangUpVerdict(status), HangUpVerdict::repeat);
  EXPECT_EQ(hangUpVerdict(409, errorJson(20409, "conflict", 409)), HangUpVerdict::repeat);
  EXPECT_EQ(hangUpVerdict(401, errorJson(20003, "Authenticate", 401)), HangUpVerdict::refused);
  EXPECT_EQ(hangUpVerdict(404, "<html>nginx</html>"), HangUpVerdict::refused) << "not Twilio's 404: the leg may live";
  EXPECT_EQ(hangUpVerdict(400, "null"), HangUpVerdict::refused);
}

TEST(TwilioRest, SentencesUseTwiliosWordsAndCleanThem) {
  EXPECT_EQ(errorSentence(Answer(400, errorJson(21211, "The 'To' number is not valid", 400)).http),
            "Twilio API error: The 'To' number is not valid");
  EXPECT_EQ(errorSentence(Answer(400, R"({"message":"a\u0000\u001b[31m\r\nb","code":1})").http),
            "Twilio API error: a [31m b");
  EXPECT_EQ(errorSentence(Answer(400, errorJson(1, std::string(5000, 'x'), 400)).http).size(), 18u + 300u);
  EXPECT_EQ(errorSentence(Answer(502, "<html>").http), "Twilio API error: HTTP 502");
  EXPECT_EQ(errorSentence(Answer(400, R"({"code":"21211"})").http), "Twilio API error: HTTP 400, code 21211");
  EXPECT_EQ(errorSentence(Answer(0, "the deadline of 30 s passed").http),
            "Twilio API error: no answer (the deadline of 30 s passed)");
  EXPECT_EQ(errorSentence(Answer(0, "refused", HKS_HTTP_UNSENT).http),
            "Twilio API error: could not be reached (refused)");
  EXPECT_EQ(errorSentence(Answer(201, "?").http), "Twilio API error: its answer could not be read");
}

TEST(TwilioRest, RetryAfterIsObeyedWithinBounds) {
  EXPECT_EQ(retryAfterMs(Answer(429, "", 0, {{"retry-after", "3"}}).http), 3000u);
  EXPECT_EQ(retryAfterMs(Answer(429, "", 0, {{"Retry-After", "86400"}}).http), 300'000u);
  EXPECT_FALSE(retryAfterMs(Answer(429, "", 0, {{"Retry-After", "soon"}}).http));
  EXPECT_FALSE(retryAfterMs(Answer(429, "").http));
}

TEST(TwilioRest, ANextPageLeadsToTheAccountsOwnCallsOnly) {
  Config config;
  config.account_sid = kAccount;
  config.api_base = "https://api.twilio.com";
  const std::string own = "/2010-04-01/Accounts/" + kAccount + "/Calls.json?PageSize=200&Page=1&PageToken=PACA1";
  const auto next = nextPage(config, own);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->url, "https://api.twilio.com" + own);
  for (const std::string& elsewhere :
       {std::string("@evil.example.com/"), std::string("https://evil.example.com/"),
        std::string("/2010-04-01/Accounts.json?"), own + "\r\nHost: evil", own + std::string(3000, 'x'), std::string()})
    EXPECT_FALSE(nextPage(config, elsewhere)) << elsewhere;
}

}  // namespace
}  // namespace hookswitch::twilio::test
