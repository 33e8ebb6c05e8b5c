// What an endpoint is asked, how that is signed, and what its answer means to a model.
#include "host/tools/endpoint_request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tools_test {
namespace {

using namespace hookswitch;
using testing::HasSubstr;

std::string headerOf(const net::HttpCall& call, const std::string& name) {
  for (auto& [key, value] : call.headers)
    if (key == name) return value;
  return "none";
}

control::EndpointQuestion question() {
  control::EndpointQuestion q;
  q.tool.url = "https://shop.example.com/hours?branch=7";
  q.tool.deadline_s = 7;
  q.name = "opening_hours";
  q.arguments_json = R"({"day":"monday"})";
  q.call = "c1";
  q.from = "+15550100001";
  q.to = "+15550100002";
  return q;
}

net::HttpResult answered(int status, std::string body = {}) {
  net::HttpResult result;
  result.status = status;
  result.body = std::move(body);
  return result;
}

TEST(EndpointRequest, SaysWhoAsksWhatInWhichCall) {
  const auto call = tools::endpointRequest(question(), "tool_1", 1700000000);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->method, "POST");
  EXPECT_EQ(call->url, "https://shop.example.com/hours?branch=7");
  EXPECT_EQ(call->timeout_ms, 7000u);
  EXPECT_EQ(call->body, R"({"call_id":"c1","tool":"opening_hours","arguments":{"day":"monday"},"from":"+15550100001",)"
                        R"("to":"+15550100002","direction":"outbound"})");
  EXPECT_EQ(headerOf(*call, "Content-Type"), "application/json");
  EXPECT_EQ(headerOf(*call, "webhook-id"), "tool_1");
  EXPECT_EQ(headerOf(*call, "webhook-timestamp"), "1700000000");
  EXPECT_EQ(headerOf(*call, "webhook-signature"), "none") << "there is no secret";
}

TEST(EndpointRequest, IsSignedAsTheExampleOfStandardWebhooks) {
  const auto key = tools::signingKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(key);
  EXPECT_EQ(tools::webhookSignature(*key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(EndpointRequest, CarriesTheSignatureOfItsOwnBody) {
  auto asked = question();
  asked.tool.secret = "any text";
  const auto call = tools::endpointRequest(asked, "tool_1", 1700000000);
  ASSERT_TRUE(call);
  EXPECT_EQ(headerOf(*call, "webhook-signature"),
            tools::webhookSignature("any text", "tool_1", 1700000000, call->body));
}

TEST(EndpointRequest, IsNotMadeOfArgumentsThatAreNoObject) {
  for (const std::string bad : {"7", "[1]", "{", "\"x\"", "null", "{} {}"}) {
    auto asked = question();
    asked.arguments_json = bad;
    EXPECT_FALSE(tools::endpointRequest(asked, "tool_1", 1)) << bad;
  }
  auto asked = question();
  asked.arguments_json = "";
  EXPECT_TRUE(tools::endpointRequest(asked, "tool_1", 1)) << "a model that has nothing to say of it";
}

TEST(EndpointAnswer, IsWhatTheEndpointSays) {
  EXPECT_EQ(tools::endpointAnswer(answered(200, R"({"open":true})")).json, R"({"open":true})");
  EXPECT_EQ(tools::endpointAnswer(answered(200, "We open at nine.")).json, "We open at nine.");
  EXPECT_EQ(tools::endpointAnswer(answered(204)).json, R"({"status":"ok"})");
  EXPECT_FALSE(tools::endpointAnswer(answered(204)).failed);
  EXPECT_EQ(tools::endpointAnswer(answered(200, "bad \xff byte")).json, "bad \xef\xbf\xbd byte");
}

TEST(EndpointAnswer, OfARefusalSaysWhyAndOfAFaultOnlyThat) {
  const auto refused = tools::endpointAnswer(answered(404, R"({"message":"no such customer"})"));
  EXPECT_TRUE(refused.failed);
  EXPECT_EQ(refused.json, R"({"status":404,"answer":{"message":"no such customer"}})");
  EXPECT_EQ(tools::endpointAnswer(answered(404, "nobody")).json, R"({"status":404,"answer":"nobody"})");
  EXPECT_EQ(tools::endpointAnswer(answered(500, "stack trace")).json, R"("the service answered 500")");
  EXPECT_EQ(tools::endpointAnswer(answered(302, "elsewhere")).json, R"("the service answered 302")");
  EXPECT_EQ(tools::endpointAnswer(answered(400, std::string(3000, 'x'))).json, R"("the service answered 400")");
}

TEST(EndpointAnswer, ThatDidNotComeIsAFailure) {
  net::HttpResult late;
  late.timed_out = true;
  late.error = "http://10.0.0.1: no answer within 7000 ms";
  EXPECT_EQ(tools::endpointAnswer(late).json, R"("the service did not answer in time")");
  EXPECT_EQ(tools::endpointAnswer(answered(0)).json, R"("the service could not be reached")");
}

TEST(SigningKey, IsTheTextOrWhatBase64StandsFor) {
  EXPECT_EQ(*tools::signingKey("plain"), "plain");
  EXPECT_EQ(*tools::signingKey("whsec_cGxhaW4="), "plain");
  EXPECT_FALSE(tools::signingKey("whsec_"));
  EXPECT_FALSE(tools::signingKey("whsec_not base64"));
}

}  // namespace
}  // namespace tools_test
