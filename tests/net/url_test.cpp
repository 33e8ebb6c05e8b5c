#include "host/net/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace hookswitch::net;

namespace {

Url good(std::string_view text) {
  const auto url = parseUrl(text);
  EXPECT_TRUE(url) << text << ": " << url.error();
  return url ? *url : Url();
}

std::string refusal(std::string_view text) {
  const auto url = parseUrl(text);
  EXPECT_FALSE(url) << text;
  return url.error();
}

}  // namespace

TEST(Url, TakesAnAddressApart) {
  const Url url = good("HTTPS://API.Example.com:8443/v1/x?y=%20z#part");
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.host, "api.example.com");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.target, "/v1/x?y=%20z");
  EXPECT_TRUE(url.tls());
  EXPECT_EQ(url.origin(), "https://api.example.com:8443");
  EXPECT_EQ(url.hostHeader(), "api.example.com:8443");
}

TEST(Url, FillsInThePortOfTheScheme) {
  EXPECT_EQ(good("http://h").port, 80);
  EXPECT_EQ(good("ws://h").port, 80);
  EXPECT_EQ(good("https://h").port, 443);
  EXPECT_EQ(good("wss://h").port, 443);
  EXPECT_EQ(good("wss://h:443/").hostHeader(), "h");
}

TEST(Url, AnEmptyPathIsTheRoot) {
  EXPECT_EQ(good("http://h").target, "/");
  EXPECT_EQ(good("http://h?q=1").target, "/?q=1");
  EXPECT_EQ(good("http://h:80#f").target, "/");
}

TEST(Url, ReadsIPv6Addresses) {
  const Url url = good("ws://[::1]:9000/x");
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 9000);
  EXPECT_EQ(url.hostHeader(), "[::1]:9000");
  EXPECT_EQ(url.str(), "ws://[::1]:9000/x");
}

TEST(Url, RefusesWithASentenceThatQuotesNothing) {
  for (const char* bad :
       {"", "secret", "ftp://secret/", "http:/secret", "http://", "http:///secret", "http://secret:0/",
        "http://secret:65536/", "http://secret:1x/", "http://secret:/", "http://user:secret@h/", "http://h/sec ret",
        "http://h/secret\n", "http://[::1/secret", "http://[::1]secret/", "http://se$cret/", "://secret"}) {
    const std::string error = refusal(bad);
    EXPECT_FALSE(error.empty());
    EXPECT_THAT(error, testing::Not(testing::HasSubstr("secret")));
  }
}

TEST(LoopbackName, IsThisMachineInItsPlainSpellingsAndNothingElse) {
  for (const char* name : {"localhost", "LocalHost", "127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "[::1]",
                           "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1"})
    EXPECT_TRUE(isLoopbackName(name)) << name;
  for (const char* name : {"",
                           "0.0.0.0",
                           "::",
                           "[::]",
                           "10.0.0.1",
                           "192.168.1.2",
                           "128.0.0.1",
                           "2130706433",
                           "127.1",
                           "0x7f.0.0.1",
                           "localhost.example",
                           "localhost.",
                           "127.0.0.1.nip.io",
                           "127.0.0.1:80",
                           "[::1",
                           "::2",
                           "::ffff:10.0.0.1",
                           "fe80::1",
                           "gateway.example",
                           " 127.0.0.1"})
    EXPECT_FALSE(isLoopbackName(name)) << name;
}
