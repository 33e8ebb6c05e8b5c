// The keys that say whom a plugin's TLS connections trust.
#include "host/plugin/trust.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace {

using namespace hookswitch::plugin;
using testing::HasSubstr;
using testing::StartsWith;

std::string wrong(const std::map<std::string, std::string>& settings) {
  std::string all;
  for (auto& problem : trustProblems(settings)) all += problem.key + ": " + problem.sentence;
  return all;
}

const std::string kHex = "56431B7F8AC21428057BFF069A2D6F6190F20BB2290795 29ED7145F0CD3DB8A1";

TEST(Trust, ThreeKeysAreAppendedOnce) {
  std::vector<Key> keys = {{"enabled", "true", "", HKS_BOOLEAN, false, false, {}},
                           {"tls_ca_file", "", "its own text", HKS_TEXT, false, false, {}}};
  addTrustKeys(keys);
  addTrustKeys(keys);
  ASSERT_EQ(keys.size(), 4u);
  EXPECT_EQ(keys[1].text, "its own text");
  EXPECT_EQ(keys[2].name, "tls_pin_sha256");
  EXPECT_EQ(keys[3].name, "tls_server_name");
}

TEST(Trust, WhoSaysNothingGetsTheProcessWideContext) {
  EXPECT_EQ(tlsOf({{"tls_ca_file", ""}, {"token", "x"}})->context, nullptr);
  EXPECT_TRUE(sameTrust({}, {}));
}

TEST(Trust, AFingerprintIsSixtyFourHexDigitsWithOrWithoutColons) {
  const std::string plain = "56431b7f8ac21428057bff069a2d6f6190f20bb229079529ed7145f0cd3db8a1";
  const std::string colons =
      "56:43:1B:7F:8A:C2:14:28:05:7B:FF:06:9A:2D:6F:61:90:F2:0B:B2:29:07:95:29:ED:71:45:F0:CD:3D:B8:A1";
  EXPECT_EQ(trustOf({{"tls_pin_sha256", plain}})->pin, trustOf({{"tls_pin_sha256", colons}})->pin);
  EXPECT_EQ(trustOf({{"tls_pin_sha256", plain}})->pin.size(), 32u);
  EXPECT_TRUE(sameTrust(*tlsOf({{"tls_pin_sha256", plain}}), *tlsOf({{"tls_pin_sha256", colons}})));
  EXPECT_FALSE(sameTrust(*tlsOf({{"tls_pin_sha256", plain}}), {}));
  for (const std::string& bad :
       std::vector<std::string>{plain.substr(1), plain + "0", plain.substr(2), "sha256/abc", kHex,
                                "5:6" + plain.substr(2), plain.substr(0, 63) + "g", std::string(40, 'a')})
    EXPECT_THAT(wrong({{"tls_pin_sha256", bad}}), StartsWith("tls_pin_sha256: expected the SHA-256 fingerprint"))
        << bad;
}

TEST(Trust, ANameIsNoAddressOfAPage) {
  for (const char* good : {"openclaw-gateway", "gate.example.com", "192.0.2.1", "2001:db8::1"})
    EXPECT_EQ(wrong({{"tls_server_name", good}}), "") << good;
  for (const char* bad : {"https://gate.example", "gate.example:443", "two names", "*.example", "[::1]"})
    EXPECT_THAT(wrong({{"tls_server_name", bad}}), StartsWith("tls_server_name: expected the name")) << bad;
}

TEST(Trust, AFileOfAuthoritiesIsReadableAndHoldsCertificates) {
  EXPECT_THAT(wrong({{"tls_ca_file", "/nowhere/ca.pem"}}),
              StartsWith("tls_ca_file: the file '/nowhere/ca.pem' cannot be read"));
  const std::string file = testing::TempDir() + "hookswitch-trust-test.pem";
  std::ofstream(file) << "no certificate";
  EXPECT_THAT(wrong({{"tls_ca_file", file}}), HasSubstr("holds no PEM certificates"));
  std::ofstream(file, std::ios::trunc) << "";
  EXPECT_THAT(wrong({{"tls_ca_file", file}}), HasSubstr("is empty"));
  std::filesystem::remove(file);
}

}  // namespace
