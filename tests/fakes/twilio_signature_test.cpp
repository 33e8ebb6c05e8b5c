#include "tests/fakes/twilio_signature.hpp"
#include "tests/places.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace fakes {
namespace {

nlohmann::json vectors() {
  std::ifstream in(std::string(HOOKSWITCH_TEST_DATA) + "/twilio_signature_vectors.json");
  return nlohmann::json::parse(in).at("vectors");
}

Form paramsOf(const nlohmann::json& vector) {
  Form params;
  for (const auto& pair : vector.at("params")) params.emplace_back(pair[0], pair[1]);
  return params;
}

TEST(TwilioSignature, ASharedKeySignsAsTheOfficialHelperDoes) {
  std::ifstream in(std::string(HOOKSWITCH_TEST_DATA) + "/twilio_sharedkey_vectors.json");
  const auto data = nlohmann::json::parse(in);
  int compared = 0;
  for (const auto& vector : data.at("vectors")) {
    const std::string id = vector.at("id");
    if (id != "sha256" && id != "sha256-unicode" && id != "sha256-repeated-and-empty") continue;
    const std::string url = vector.at("base").get<std::string>() + vector.at("target").get<std::string>();
    EXPECT_EQ(sign(data.at("shared_key"), url, decodeForm(vector.at("body").get<std::string>()), true),
              vector.at("signature"))
        << id;
    ++compared;
  }
  EXPECT_EQ(compared, 3);
}

TEST(TwilioSignature, AgreesWithEveryPublishedVector) {
  const auto all = vectors();
  ASSERT_EQ(all.size(), 25u);
  for (const auto& vector : all) {
    const std::string id = vector.at("id");
    const Form params = paramsOf(vector);
    const std::string token = vector.contains("signing_token") ? vector.at("signing_token") : vector.at("auth_token");
    // A vector that must be refused was signed over something else than what arrives; its text says over what.
    if (vector.at("gateway_should_accept")) {
      EXPECT_EQ(signedString(vector.at("signed_url"), params), vector.at("signed_string")) << id;
      EXPECT_EQ(sign(token, vector.at("signed_url"), params), vector.at("signature")) << id;
    } else {
      EXPECT_EQ(sign(token, vector.at("signed_string"), {}), vector.at("signature")) << id;
      EXPECT_NE(sign(vector.at("auth_token"), vector.at("url"), params), vector.at("signature")) << id;
    }
  }
}

TEST(TwilioSignature, ReadsTheFormBodiesOfTheVectorsAsTheirParameters) {
  for (const auto& vector : vectors())
    if (vector.value("content_type", "") == "application/x-www-form-urlencoded") {
      EXPECT_EQ(decodeForm(vector.at("body").get<std::string>()), paramsOf(vector)) << vector.at("id");
    }
}

TEST(TwilioSignature, SignsTheUrlWithoutPortOverTlsAndWithPortOtherwise) {
  EXPECT_EQ(signedUrl("https://gw.example.com:8443/a?b#rc=2"), "https://gw.example.com/a?b");
  EXPECT_EQ(signedUrl("http://u:p@gw.example.com:8080/a"), "http://gw.example.com:8080/a");
  EXPECT_EQ(signedUrl("wss://gw.example.com/m", Signing::port), "wss://gw.example.com:443/m");
  EXPECT_EQ(signedUrl("ws://127.0.0.1:9/m?x=1", Signing::slash), "ws://127.0.0.1:9/m/?x=1");
}

TEST(TwilioText, KnowsAPhoneNumber) {
  EXPECT_TRUE(isE164("+15550100002"));
  for (const char* bad : {"15550100002", "+0555010000", "+1555", "+1555010000x", "+1234567890123456", "", "+"})
    EXPECT_FALSE(isE164(bad)) << bad;
}

TEST(TwilioText, ResolvesRelativeUrls) {
  EXPECT_EQ(resolveUrl("https://h:1/a/b?x=1", "/c"), "https://h:1/c");
  EXPECT_EQ(resolveUrl("https://h:1/a/b?x=1", "c?y"), "https://h:1/a/c?y");
  EXPECT_EQ(resolveUrl("https://h/a", "http://o/c"), "http://o/c");
}

TEST(TwilioText, MatchesPatternsWithStars) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("+1555*02", "+15550100002"));
  EXPECT_FALSE(matches("+1555*03", "+15550100002"));
}

}  // namespace
}  // namespace fakes
