#include "plugins/twilio/signature.hpp"

#include "tests/plugins/twilio/twilio_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookswitch::twilio::test {
namespace {

TEST(TwilioSignature, EveryVectorIsJudgedAsTheGatewayShould) {
  const auto vectors = readData("twilio_signature_vectors.json")["vectors"];
  ASSERT_EQ(vectors.size(), 25u);
  for (const auto& v : vectors) {
    const std::string body = v.value("body", ""), url = v["url"], type = v.value("content_type", "");
    Form form;
    ASSERT_TRUE(form.parse(body));
    SignedRequest request{url};
    if (type == "application/x-www-form-urlencoded")
      request.form = &form;
    else
      request.raw_body = body;
    EXPECT_EQ(verify(request, v["signature"].get<std::string>(), {v["auth_token"].get<std::string>()}),
              v["gateway_should_accept"].get<bool>())
        << v["id"];
  }
}

TEST(TwilioSignature, TheSignedTextOfEveryVectorIsRebuiltByteByByte) {
  const auto vectors = readData("twilio_signature_vectors.json")["vectors"];
  for (const auto& v : vectors) {
    if (!v["gateway_should_accept"].get<bool>()) continue;
    Form form;
    if (v.value("content_type", "") == "application/x-www-form-urlencoded") form.parse(v["body"].get<std::string>());
    const std::string text = v["signed_url"].get<std::string>() + canonicalFields(form);
    EXPECT_EQ(text, v["signed_string"].get<std::string>()) << v["id"];
    EXPECT_EQ(sign(v["auth_token"].get<std::string>(), text), v["signature"].get<std::string>()) << v["id"];
  }
}

TEST(TwilioSignature, AJsonBodyThatWasChangedIsRefusedAlthoughTheUrlIsSigned) {
  const std::string url =
      "https://gw.example.com/x?bodySHA256=19b0719c535837d6ac3612cc1da570bd10c279da6c91fbc61a24e9c48844185d";
  EXPECT_FALSE(verify({url, nullptr, "{}"}, sign(kToken, url), {kToken}));
  const std::string unhashed = "https://gw.example.com/x";
  EXPECT_FALSE(verify({unhashed, nullptr, "{}"}, sign(kToken, unhashed), {kToken}));
}

TEST(TwilioSignature, ASecondTokenIsAcceptedWhileTokensAreRotated) {
  const std::string url = "https://gw.example.com/x";
  EXPECT_TRUE(verify({url}, sign("new", url), {"old", "new"}));
  EXPECT_FALSE(verify({url}, sign("newer", url), {"old", "new"}));
  EXPECT_FALSE(verify({url}, sign("", url), {""}));
  EXPECT_FALSE(verify({url}, "", {"old"}));
}

TEST(TwilioSignature, CandidatesKeepTheTextAndVaryPortSchemeAndSlashOnly) {
  using testing::UnorderedElementsAre;
  EXPECT_THAT(urlCandidates("https://user:pw@gw.example.com:8443/a%7e/b?x=O'Neil%20&y#rc=2"),
              UnorderedElementsAre("https://gw.example.com:8443/a%7e/b?x=O'Neil%20&y",
                                   "https://gw.example.com/a%7e/b?x=O'Neil%20&y"));
  EXPECT_THAT(
      urlCandidates("wss://gw.example.com/m"),
      UnorderedElementsAre("wss://gw.example.com/m", "wss://gw.example.com:443/m", "wss://gw.example.com/m/",
                           "wss://gw.example.com:443/m/", "https://gw.example.com/m", "https://gw.example.com:443/m",
                           "https://gw.example.com/m/", "https://gw.example.com:443/m/"));
  EXPECT_THAT(urlCandidates("http://[::1]/a"), UnorderedElementsAre("http://[::1]/a", "http://[::1]:80/a"));
  EXPECT_TRUE(urlCandidates("gw.example.com/a").empty());
}

}  // namespace
}  // namespace hookswitch::twilio::test
