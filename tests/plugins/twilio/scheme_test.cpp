#include "plugins/twilio/scheme.hpp"

#include "tests/plugins/twilio/twilio_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookswitch::twilio::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kShared = "sharedkey-secret-0123456789abcdefghij",
                  kKeyId = "webhooks_sharedkey_00000000000000000000000000";
const std::string kSettings = "key=" + kKeyId + ",algorithm=HMAC_SHA256";
constexpr const char* kHeader = "X-Twilio-Webhooks-Signature-Settings";

class TwilioScheme : public testing::Test {
 protected:
  /// A status callback of an incoming call with these signature headers.
  static Message request(Pairs headers, const std::string& target = "/twilio/status",
                         const std::string& body = encode(incomingFields()),
                         const std::string& type = "application/x-www-form-urlencoded") {
    headers.insert(headers.begin(), {"Content-Type", type});
    return In::httpRequest(hostId(1), "POST", target, headers, body);
  }
  static std::string signedBy(const std::string& key, Algorithm algorithm) {
    Form form;
    form.parse(encode(incomingFields()));
    return sign(key, kBase + "/twilio/status" + canonicalFields(form), algorithm);
  }
  static Pairs both(const std::string& settings_value, const std::string& signature) {
    return {{"X-Twilio-Signature", signature}, {kHeader, settings_value}};
  }
  Outputs ask(const Message& message, Pairs more = {{"shared_key", kShared}}) {
    Player control(hks_plugin_entry, HKS_ROLE_CONTROL);
    control.step(In::start(settings(std::move(more))));
    return control.step(message);
  }
  std::uint32_t status(const Message& message, Pairs more = {{"shared_key", kShared}}) {
    return ask(message, std::move(more)).only(HKS_HTTP_REPLY).status;
  }
};

TEST_F(TwilioScheme, EveryVectorOfTheOfficialHelperIsJudgedAsTheHelperDoes) {
  const auto data = readData("twilio_sharedkey_vectors.json");
  ASSERT_GE(data["vectors"].size(), 13u);
  for (const auto& v : data["vectors"]) {
    Pairs headers{{"X-Twilio-Signature", v["signature"]}};
    if (!v["settings"].get<std::string>().empty()) headers.emplace_back(kHeader, v["settings"]);
    Message message = request(headers, v["target"], v["body"], v["content_type"]);
    Player control(hks_plugin_entry, HKS_ROLE_CONTROL);
    Message start = In::start(settings({{"auth_token", data["auth_token"]},
                                        {"shared_key", data["shared_key"]},
                                        {"shared_key_id", data["shared_key_id"]}}));
    start.public_url = v["base"];
    control.step(start);
    const std::uint32_t got = control.step(message).only(HKS_HTTP_REPLY).status;
    const std::uint32_t good = v["content_type"] == "application/json" ? 415u : 204u;  // let in, and then no form
    EXPECT_EQ(got, v["accepts"].get<bool>() ? good : 403u) << v["id"];
  }
}

TEST_F(TwilioScheme, ASharedKeyOfEitherGenerationSigns) {
  const Message message = request(both(kSettings, signedBy(kShared, Algorithm::sha256)));
  EXPECT_EQ(status(message), 204u);
  EXPECT_EQ(status(message, {{"shared_key", "new"}, {"shared_key_secondary", kShared}}), 204u);
  EXPECT_EQ(status(message, {{"shared_key", kShared}, {"shared_key_id", "webhooks_sharedkey_1, " + kKeyId}}), 204u);
  EXPECT_EQ(status(message, {{"shared_key", "other"}}), 403u);
}

TEST_F(TwilioScheme, TheAuthTokensGoOnSigningWithoutTheHeader) {
  const Pairs headers{{"X-Twilio-Signature", signedBy("second", Algorithm::sha1)}};
  EXPECT_EQ(status(request(headers), {{"shared_key", kShared}, {"auth_token_secondary", "second"}}), 204u);
  EXPECT_EQ(status(request(headers)), 403u);
  EXPECT_EQ(status(request(both("", signedBy(kToken, Algorithm::sha1)))), 204u) << "an empty header says nothing";
}

TEST_F(TwilioScheme, WhoeverHoldsNothingGainsNothingByChoosingTheScheme) {
  const auto none = [this](const Pairs& headers, Pairs more = {{"shared_key", kShared}}) {
    EXPECT_EQ(status(request(headers), std::move(more)), 403u);
  };
  for (Algorithm algorithm : {Algorithm::sha1, Algorithm::sha256}) {
    none(both(kSettings, signedBy("", algorithm)),
         {});  // no SharedKey is configured: an empty one must not count as one
    none(both(kSettings, signedBy("", algorithm)), {{"shared_key", ""}, {"shared_key_secondary", ""}});
    none({{"X-Twilio-Signature", signedBy("", algorithm)}});
  }
  none(both(kSettings, signedBy(kToken, Algorithm::sha256)));  // another scheme's key
  none(both(kSettings, signedBy(kShared, Algorithm::sha1)));   // a weaker algorithm than it names
  none(both("key=" + kKeyId + ",algorithm=HMAC_SHA1", signedBy(kToken, Algorithm::sha1)));
  none({{"X-Twilio-Signature", signedBy(kShared, Algorithm::sha256)}});  // the header was taken away
  none({{"X-Twilio-Signature", signedBy(kShared, Algorithm::sha1)}});
  none(both("", signedBy(kShared, Algorithm::sha256)));
}

TEST_F(TwilioScheme, AHeaderThatIsHalfThereIsRefusedWhateverTheSignature) {
  const std::string good = signedBy(kShared, Algorithm::sha256), token = signedBy(kToken, Algorithm::sha1);
  for (const std::string& said : std::vector<std::string>{
           "key=" + kKeyId, std::string("algorithm=HMAC_SHA256"), "key=,algorithm=HMAC_SHA256",
           "key=" + kKeyId + ",algorithm=", kSettings + ",algorithm=HMAC_SHA1", kSettings + ",key=another",
           kSettings + ",HMAC_SHA1", std::string("HMAC_SHA256"), "key=" + kKeyId + ",algorithm=HMAC_MD5",
           "key=" + kKeyId + ",algorithm=none", "key=" + kKeyId + ";algorithm=HMAC_SHA256",
           "key=" + kKeyId + ",algorithm=HMAC_SHA256 HMAC_SHA1", kSettings + "," + std::string(2000, 'x') + "=y"})
    for (const std::string& signature : {good, token}) EXPECT_EQ(status(request(both(said, signature))), 403u) << said;
  EXPECT_EQ(status(request({{kHeader, kSettings}})), 403u) << "settings without a signature";
  EXPECT_EQ(status(request(both(kSettings, ""))), 403u) << "an empty signature";
  EXPECT_EQ(status(request(both(kSettings, good + "," + good))), 403u) << "several values in one";
  Pairs twice = both(kSettings, good);
  twice.emplace_back("x-twilio-webhooks-signature-settings", kSettings);
  EXPECT_EQ(status(request(twice)), 403u) << "two settings headers";
  twice.back() = {"x-twilio-signature", good};
  EXPECT_EQ(status(request(twice)), 403u) << "two signatures";
  EXPECT_EQ(
      status(request(both(kSettings, good)), {{"shared_key", kShared}, {"shared_key_id", "webhooks_sharedkey_1"}}),
      403u)
      << "an unknown key id";
}

TEST_F(TwilioScheme, ARefusalSaysWhatToSetAndNoSecret) {
  const auto said = [this](const Message& message, Pairs more) {
    return ask(message, std::move(more)).only(HKS_LOG).text;
  };
  const std::string good = signedBy(kShared, Algorithm::sha256);
  EXPECT_THAT(said(request(both(kSettings, good)), {}), HasSubstr("twilio.shared_key is empty"));
  EXPECT_THAT(said(request(both(kSettings, good)), {{"shared_key", "wrong"}}), HasSubstr("check twilio.shared_key"));
  EXPECT_THAT(said(request(both("key=" + kKeyId, good)), {{"shared_key", kShared}}),
              HasSubstr("one key and one algorithm"));
  EXPECT_THAT(said(request({{"X-Twilio-Signature", good}}), {{"shared_key", kShared}}),
              testing::AllOf(HasSubstr("twilio.auth_token"), Not(HasSubstr(kShared))));
}

TEST_F(TwilioScheme, AMediaStreamsUpgradeMayBeSignedInEitherWay) {
  const std::string url = "wss://gateway.example.com/twilio/media-stream/a-one-use-token";
  const auto upgrade = [&](Pairs headers) {
    headers.insert(headers.begin(), {"Upgrade", "websocket"});
    Player control(hks_plugin_entry, HKS_ROLE_CONTROL);
    control.step(In::start(settings({{"shared_key", kShared}, {"stream_signature", "enforce"}})));
    return control.step(In::upgrade(hostId(1), "/twilio/media-stream/a-one-use-token", headers, sampleCall()))
        .only(HKS_HTTP_REPLY)
        .status;
  };
  EXPECT_EQ(upgrade(both(kSettings, sign(kShared, url, Algorithm::sha256))), 101u);
  EXPECT_EQ(upgrade({{"x-twilio-signature", sign(kToken, url)}}), 101u);
  EXPECT_EQ(upgrade(both(kSettings, sign(kToken, url))), 403u);
  EXPECT_EQ(upgrade({{kHeader, kSettings}}), 403u);
}

}  // namespace
}  // namespace hookswitch::twilio::test
