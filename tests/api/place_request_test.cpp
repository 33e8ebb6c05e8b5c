// The body of POST /api/call, field by field.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/api/place_request.hpp"
#include "host/api/reply.hpp"

namespace api_test {
namespace {

using namespace hookswitch;
using control::PlaceRequest;
using testing::HasSubstr;

/// What is good is put into `out`, with status 0; else the answer.
net::HttpReply parsePlaceRequest(const std::string& body, bool has_public_url, PlaceRequest& out) {
  auto request = api::parsePlaceRequest(body, has_public_url);
  if (!request) return api::badRequest(request.error());
  out = *std::move(request);
  return api::reply(0, "");
}

TEST(PlaceRequest, EveryFieldIsTaken) {
  PlaceRequest out;
  const auto reply = parsePlaceRequest(
      R"({"to":"+15550100002","from":"+15550100001","voice":"gemini","prompt":"Be\nbrief\t.","greeting":"Hello \u00fc",)"
      R"("webhook_url":"https://gateway.example/base","metadata":{ "a" : [1, {"b": null}] },"max_duration_s":90})",
      false, out);
  EXPECT_EQ(reply.status, 0) << reply.body;
  EXPECT_EQ(out.to, "+15550100002");
  EXPECT_EQ(out.from, "+15550100001");
  EXPECT_EQ(out.voice, "gemini");
  EXPECT_EQ(out.prompt, "Be\nbrief\t.");
  EXPECT_EQ(out.greeting, "Hello \xC3\xBC");
  EXPECT_EQ(out.webhook_url, "https://gateway.example/base");
  EXPECT_EQ(out.metadata_json, R"({"a":[1,{"b":null}]})");
  EXPECT_EQ(out.max_duration_s, 90u);
}

TEST(PlaceRequest, OnlyToIsNeededWhenTheGatewayKnowsItsAddress) {
  PlaceRequest out;
  EXPECT_EQ(parsePlaceRequest(R"({"to":"+15550100002"})", true, out).status, 0);
  EXPECT_FALSE(out.prompt);
  EXPECT_FALSE(out.greeting);
  EXPECT_EQ(out.metadata_json, "{}");
  EXPECT_EQ(out.max_duration_s, 0u);
}

TEST(PlaceRequest, AnEmptyGreetingIsAGreetingNotToGive) {
  PlaceRequest out;
  EXPECT_EQ(parsePlaceRequest(R"({"to":"+15550100002","greeting":"","prompt":""})", true, out).status, 0);
  EXPECT_EQ(out.greeting, "");
  EXPECT_EQ(out.prompt, "");
}

struct Bad {
  std::string body, error;
};
void PrintTo(const Bad& b, std::ostream* out) { *out << b.body.substr(0, 60); }
class BadRequest : public testing::TestWithParam<Bad> {};

TEST_P(BadRequest, Is400AndNamesTheField) {
  PlaceRequest out;
  const auto reply = parsePlaceRequest(GetParam().body, false, out);
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("{\"success\":false,\"error\":\""));
  EXPECT_THAT(reply.body, HasSubstr(GetParam().error));
}

/// A good request with one field more, or `to` replaced.
std::string with(const std::string& field) {
  return R"({"to":"+15550100002","webhook_url":"https://g.example",)" + field + "}";
}
std::string to(const std::string& value) { return R"({"to":)" + value + R"(,"webhook_url":"https://g.example"})"; }
std::string url(const std::string& value) { return R"({"to":"+15550100002","webhook_url":)" + value + "}"; }
std::string text(std::size_t size) { return "\"" + std::string(size, 'x') + "\""; }

const char no_url[] = "'webhook_url' must be an http or https address";

INSTANTIATE_TEST_SUITE_P(
    Json, BadRequest,
    testing::Values(
        Bad{"", "The body is empty"}, Bad{"to=+15550100002", "The body is not JSON"}, Bad{"{", "The body is not JSON"},
        Bad{R"({"to":"+15550100002"} trailing)", "The body is not JSON"}, Bad{"[]", "The body must be a JSON object"},
        Bad{"\"+15550100002\"", "The body must be a JSON object"}, Bad{"null", "The body must be a JSON object"},
        Bad{to("\"\xFF\""), "The body is not JSON"}, Bad{to("\"\\ud800\""), "The body is not JSON"},
        Bad{with("\"metadata\":" + std::string(3000, '[') + std::string(3000, ']')), "The body is not JSON"},
        Bad{with("\"metadata\":{\"a\":1,}"), "The body is not JSON"}));

INSTANTIATE_TEST_SUITE_P(
    To, BadRequest,
    testing::Values(Bad{"{}", "Missing 'to' phone number"}, Bad{to("null"), "Missing 'to' phone number"},
                    Bad{to("\"\""), "Missing 'to' phone number"}, Bad{to("15550100002"), "'to' must be a string"},
                    Bad{to("[\"+15550100002\"]"), "'to' must be a string"}, Bad{to("{}"), "'to' must be a string"},
                    Bad{to("\"15550100002\""), "'to' must be a phone number in E.164"},
                    Bad{to("\"+1 555 010 0002\""), "'to' must be a phone number in E.164"},
                    Bad{to("\"+0555010000\""), "'to' must be a phone number"},
                    Bad{to("\"+1555010000222222\""), "'to' must be a phone number"},
                    Bad{to("\"client:alice\""), "'to' must be a phone number"},
                    Bad{to(text(65)), "'to' is longer than 64 bytes"},
                    Bad{to("\"+1555\\n0100002\""), "'to' contains control characters"}));

INSTANTIATE_TEST_SUITE_P(
    Texts, BadRequest,
    testing::Values(Bad{with("\"from\":7"), "'from' must be a string"},
                    Bad{with("\"from\":\"alice\""), "'from' must be a phone number"},
                    Bad{with("\"from\":null"), "'from' must be a string"},
                    Bad{with("\"from\":" + text(65)), "'from' is longer"},
                    Bad{with("\"voice\":true"), "'voice' must be a string"},
                    Bad{with("\"voice\":" + text(33)), "'voice' is longer than 32 bytes"},
                    Bad{with("\"voice\":\"a\\u0000b\""), "'voice' contains control characters"},
                    Bad{with("\"prompt\":{}"), "'prompt' must be a string"},
                    Bad{with("\"prompt\":" + text(32 * 1024 + 1)), "'prompt' is longer than 32768 bytes"},
                    Bad{with("\"prompt\":\"a\\u0007\""), "'prompt' contains control characters"},
                    Bad{with("\"prompt\":\"\\u007f\""), "'prompt' contains control"},
                    Bad{with("\"greeting\":1.5"), "'greeting' must be a string"},
                    Bad{with("\"greeting\":" + text(2049)), "'greeting' is longer than 2048 bytes"},
                    Bad{with("\"greeting\":\"\\u001b[2J\""), "'greeting' contains control characters"}));

INSTANTIATE_TEST_SUITE_P(
    WebhookUrl, BadRequest,
    testing::Values(Bad{R"({"to":"+15550100002"})", "Missing 'webhook_url'"}, Bad{url("\"\""), "Missing 'webhook_url'"},
                    Bad{url("17"), "'webhook_url' must be a string"}, Bad{url("\"gateway.example\""), no_url},
                    Bad{url("\"ftp://gateway.example\""), no_url}, Bad{url("\"wss://gateway.example\""), no_url},
                    Bad{url("\"javascript:alert(1)\""), no_url}, Bad{url("\"https://\""), no_url},
                    Bad{url("\"https:///x\""), no_url}, Bad{url("\"https://g.example/?a=b\""), no_url},
                    Bad{url("\"https://g.example/#a\""), no_url}, Bad{url("\"https://g.example/a b\""), no_url},
                    Bad{url("\"https://g.example:99999\""), no_url},
                    Bad{url("\"https://user:secret@g.example\""), no_url},
                    Bad{url("\"https://g.example/\\\"><x\""), no_url},
                    Bad{url("\"https://g.example/\\r\\nX: y\""), "'webhook_url' contains control characters"},
                    Bad{url("\"https://g.example/" + std::string(1024, 'x') + "\""),
                        "'webhook_url' is longer than 1024 bytes"}));

INSTANTIATE_TEST_SUITE_P(
    Others, BadRequest,
    testing::Values(Bad{with("\"metadata\":[]"), "'metadata' must be an object"},
                    Bad{with("\"metadata\":\"{}\""), "'metadata' must be an object"},
                    Bad{with("\"metadata\":null"), "'metadata' must be an object"},
                    Bad{with("\"metadata\":{\"a\":" + text(8 * 1024) + "}"), "'metadata' is longer than 8192 bytes"},
                    Bad{with("\"max_duration_s\":\"60\""), "'max_duration_s' must be a whole number"},
                    Bad{with("\"max_duration_s\":1.5"), "'max_duration_s' must be a whole number"},
                    Bad{with("\"max_duration_s\":0"), "'max_duration_s' must be between 1 and 86400"},
                    Bad{with("\"max_duration_s\":-1"), "must be between 1 and 86400"},
                    Bad{with("\"max_duration_s\":86401"), "must be between 1 and 86400"},
                    Bad{with("\"max_duration_s\":18446744073709551615"), "'max_duration_s' must be a whole number"},
                    Bad{with("\"max_duration_s\":null"), "'max_duration_s' must be a whole number"},
                    Bad{with("\"webhookUrl\":\"https://g.example\""),
                        "Unknown field 'webhookUrl'; known are to, from, prompt"},
                    Bad{with("\"\":1"), "Unknown field ''"}, Bad{with("\"TO\":\"+15550100002\""), "Unknown field 'TO'"},
                    Bad{with("\"call_id\":\"x\""), "Unknown field 'call_id'"}));

TEST(PlaceRequest, ALongUnknownFieldIsNotEchoedInFull) {
  PlaceRequest out;
  const auto reply = parsePlaceRequest("{\"" + std::string(60'000, 'k') + "\":1}", true, out);
  EXPECT_EQ(reply.status, 400);
  EXPECT_LT(reply.body.size(), 400u);
}

TEST(PlaceRequest, LimitsAreReachedExactly) {
  PlaceRequest out;
  const std::string metadata = "{\"a\":\"" + std::string(8 * 1024 - 8, 'x') + "\"}";
  ASSERT_EQ(metadata.size(), 8u * 1024);
  EXPECT_EQ(parsePlaceRequest(with("\"prompt\":" + text(32 * 1024) + ",\"greeting\":" + text(2048) +
                                   ",\"max_duration_s\":86400,\"metadata\":" + metadata),
                              false, out)
                .status,
            0);
}

}  // namespace
}  // namespace api_test
