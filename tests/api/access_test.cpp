// Who may use /api: with a key whoever knows it, without one nobody, or, in a private gateway, this machine addressed
// as itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/api/access.hpp"

namespace api_test {
namespace {

using namespace hookswitch;
using testing::HasSubstr;

/// Whether the verdict is good; else its answer.
bool good(const api::Admission& verdict, net::HttpReply& refusal) {
  if (!verdict) refusal = verdict.error();
  return bool(verdict);
}
bool letsIn(const net::HttpRequest& request, const api::AccessRule& rule, net::HttpReply& refusal) {
  return good(api::authorized(request, rule), refusal);
}
bool admits(api::Access& access, const net::HttpRequest& request, net::HttpReply& refusal) {
  return good(access.admits(request), refusal);
}

struct Case {
  const char* what;
  const char* key;
  bool loopback;
  net::HttpHeaders headers;
  bool good;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.what; }

/// What a private gateway with this key goes by.
api::AccessRule rule(const std::string& key) {
  api::AccessRule r;
  if (!key.empty()) r.keys = {key};
  r.open = true;
  return r;
}

class Authorized : public testing::TestWithParam<Case> {};

TEST_P(Authorized, LetsInOrRefusesWith401) {
  const Case& c = GetParam();
  net::HttpRequest request;
  request.peer_loopback = c.loopback;
  request.headers = c.headers;
  net::HttpReply refusal;
  refusal.status = 0;
  EXPECT_EQ(letsIn(request, rule(c.key), refusal), c.good);
  EXPECT_EQ(refusal.status, c.good ? 0 : 401);
  if (c.good) return;
  EXPECT_THAT(refusal.body, HasSubstr("\"success\":false"));
  EXPECT_THAT(refusal.body, HasSubstr("\"error\":\""));
}

const net::HttpHeaders home{{"Host", "localhost:8080"}};
net::HttpHeaders with(std::pair<std::string, std::string> header) {
  return {{"Host", "localhost:8080"}, std::move(header)};
}
net::HttpHeaders host(const char* value) { return {{"Host", value}}; }

INSTANTIATE_TEST_SUITE_P(
    WithAKey, Authorized,
    testing::Values(Case{"the key", "k3y", false, with({"Authorization", "Bearer k3y"}), true},
                    Case{"the scheme in other letters", "k3y", false, with({"authorization", "bearer k3y"}), true},
                    Case{"the key from anywhere through a proxy",
                         "k3y",
                         false,
                         {{"Host", "gateway.example"}, {"X-Forwarded-For", "1.2.3.4"}, {"Authorization", "Bearer k3y"}},
                         true},
                    Case{"no header", "k3y", true, home, false},
                    Case{"another key", "k3y", true, with({"Authorization", "Bearer k3z"}), false},
                    Case{"the key in other letters", "k3y", true, with({"Authorization", "Bearer K3Y"}), false},
                    Case{"a prefix of the key", "k3y", true, with({"Authorization", "Bearer k3"}), false},
                    Case{"more than the key", "k3y", true, with({"Authorization", "Bearer k3yy"}), false},
                    Case{"an empty key", "k3y", true, with({"Authorization", "Bearer "}), false},
                    Case{"another scheme", "k3y", true, with({"Authorization", "Basic k3y"}), false},
                    Case{"no scheme", "k3y", true, with({"Authorization", "k3y"}), false}));

INSTANTIATE_TEST_SUITE_P(
    WithoutAKey, Authorized,
    testing::Values(Case{"localhost with a port", "", true, home, true},
                    Case{"localhost", "", true, host("localhost"), true},
                    Case{"LOCALHOST", "", true, host("LOCALHOST:80"), true},
                    Case{"127.0.0.1", "", true, host("127.0.0.1:8080"), true},
                    Case{"::1", "", true, host("[::1]:8080"), true},
                    Case{"::1 without a port", "", true, host("[::1]"), true},
                    Case{"a peer from elsewhere", "", false, home, false},
                    Case{"a tunnel's name", "", true, host("abc.ngrok.example"), false},
                    Case{"a name that begins like ours", "", true, host("localhost.evil.example"), false},
                    Case{"a name that ends like ours", "", true, host("evil-localhost"), false},
                    Case{"another loopback address", "", true, host("127.0.0.2"), false},
                    Case{"an unclosed bracket", "", true, host("[::1"), false},
                    Case{"something behind the bracket", "", true, host("[::1]evil"), false},
                    Case{"another IPv6 address", "", true, host("[::2]:80"), false},
                    Case{"an empty Host", "", true, host(""), false}, Case{"no Host", "", true, {}, false},
                    Case{"two Hosts", "", true, {{"Host", "localhost"}, {"host", "gateway.example"}}, false},
                    Case{"a bearer does not help", "", false, with({"Authorization", "Bearer x"}), false},
                    Case{"a page of this machine", "", true, with({"Origin", "http://localhost:3000"}), true},
                    Case{"a page of 127.0.0.1", "", true, with({"Origin", "http://127.0.0.1"}), true},
                    Case{"a page of elsewhere", "", true, with({"Origin", "https://evil.example"}), false},
                    Case{"a page of a name that begins like ours", "", true,
                         with({"Origin", "http://localhost.evil.example"}), false},
                    Case{"a page without an origin", "", true, with({"Origin", "null"}), false}));

class Forwarded : public testing::TestWithParam<const char*> {};
TEST_P(Forwarded, ARequestThatSomebodyPassedOnIsNotFromThisMachine) {
  net::HttpRequest request;
  request.peer_loopback = true;
  request.headers = with({GetParam(), "1"});
  net::HttpReply refusal;
  EXPECT_FALSE(letsIn(request, rule(""), refusal));
  request.headers.back().second.clear();
  EXPECT_FALSE(letsIn(request, rule(""), refusal)) << "an empty value is a header all the same";
}
INSTANTIATE_TEST_SUITE_P(
    Headers, Forwarded,
    testing::Values("Forwarded", "forwarded", "X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Proto", "X-Real-IP",
                    "Via", "CF-Connecting-IP", "X-Original-Host", "True-Client-IP", "Client-IP", "X-Forwarded",
                    "Fly-Client-IP", "fly-request-id", "Fly-Forwarded-Proto", "X-Vercel-Id", "x-vercel-forwarded-for",
                    "X-Azure-ClientIP", "X-Azure-Ref", "X-ARR-LOG-ID", "X-AppGW-Trace-Id", "X-Original-URL",
                    "DISGUISED-HOST", "X-Envoy-External-Address", "x-envoy-internal", "Tailscale-User-Login",
                    "Tailscale-Funnel-Request", "Ngrok-Skip-Browser-Warning", "ngrok-auth-user-email",
                    "X-Amzn-Trace-Id", "X-Amz-Cf-Id", "X-Cloud-Trace-Context", "CDN-Loop"));

class FetchSite : public testing::TestWithParam<std::pair<const char*, bool>> {};
TEST_P(FetchSite, APageOfElsewhereIsNotThisMachine) {
  net::HttpRequest request;
  request.peer_loopback = true;
  request.headers = with({"sec-fetch-site", GetParam().first});
  net::HttpReply refusal;
  EXPECT_EQ(letsIn(request, rule(""), refusal), GetParam().second);
}
INSTANTIATE_TEST_SUITE_P(Values, FetchSite,
                         testing::Values(std::pair{"cross-site", false}, std::pair{"Cross-Site", false},
                                         std::pair{"same-origin, cross-site", false}, std::pair{"same-origin", true},
                                         std::pair{"none", true}));

TEST(AuthorizedKeys, EachOfSeveralIsGoodAndNoOther) {
  net::HttpRequest request;
  net::HttpReply refusal;
  api::AccessRule two;
  two.keys = {"old-key", "new-key"};
  for (auto [key, good] : {std::pair{"old-key", true}, std::pair{"new-key", true}, std::pair{"old-keynew-key", false},
                           std::pair{"", false}}) {
    request.headers = with({"Authorization", std::string("Bearer ") + key});
    EXPECT_EQ(letsIn(request, two, refusal), good) << key;
  }
}

TEST(AuthorizedKeys, WithoutAnyAGatewayThatOthersCanReachAnswersNobody) {
  net::HttpRequest request;
  request.peer_loopback = true;
  request.headers = home;
  net::HttpReply refusal;
  EXPECT_FALSE(letsIn(request, {}, refusal));
  EXPECT_EQ(refusal.status, 401);
  request.headers = with({"Authorization", "Bearer "});
  EXPECT_FALSE(letsIn(request, {}, refusal));
}

TEST(AuthorizedRefusal, SaysHowToGetInAndNeverTheKey) {
  net::HttpRequest request;
  net::HttpReply refusal;
  ASSERT_FALSE(letsIn(request, rule("s3cr3t"), refusal));
  EXPECT_THAT(refusal.body, HasSubstr("Authorization: Bearer"));
  EXPECT_THAT(refusal.body, testing::Not(HasSubstr("s3cr3t")));
  EXPECT_EQ(net::findHeader(refusal.headers, "WWW-Authenticate"), "Bearer");
}

net::HttpRequest from(const char* peer, const char* key = nullptr) {
  net::HttpRequest request;
  request.peer_ip = peer;
  request.headers = home;
  if (key) request.headers.emplace_back("Authorization", std::string("Bearer ") + key);
  return request;
}

TEST(AuthorizedNotes, AWrongKeyIsSaidOnceAMinuteForEachAddressAndNeverShown) {
  api::Access access(rule("s3cr3t"));
  const auto start = api::Access::Clock::now();
  const std::string first = access.noted(from("203.0.113.9", "guess-1"), start);
  EXPECT_THAT(first, HasSubstr("203.0.113.9: its key is wrong"));
  EXPECT_THAT(first, testing::Not(HasSubstr("guess-1")));
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(access.noted(from("203.0.113.9", "guess-2"), start + std::chrono::seconds(59)), "");
  EXPECT_THAT(access.noted(from("203.0.113.10", "guess-3"), start + std::chrono::seconds(59)),
              HasSubstr("203.0.113.10"));
  EXPECT_THAT(access.noted(from("203.0.113.9"), start + std::chrono::seconds(59)), HasSubstr("it has no key"))
      << "which is another matter";
  EXPECT_THAT(access.noted(from("203.0.113.9", "guess-4"), start + std::chrono::seconds(60)), HasSubstr("5 more"));
}

TEST(AuthorizedNotes, ManyAddressesDoNotFillTheLog) {
  api::Access access(rule("s3cr3t"));
  const auto start = api::Access::Clock::now();
  std::size_t lines = 0;
  for (int i = 0; i < 1000; ++i)
    lines += !access.noted(from(("203.0.113." + std::to_string(i)).c_str(), "guess"), start).empty();
  EXPECT_EQ(lines, api::Access::max_named);
  EXPECT_NE(access.noted(from("198.51.100.1", "guess"), start + std::chrono::seconds(61)), "")
      << "room is made after a minute";
}

TEST(AuthorizedNotes, ARequestWithTheKeyIsNoNews) {
  api::Access access(rule("s3cr3t"));
  net::HttpReply refusal;
  EXPECT_TRUE(admits(access, from("203.0.113.9", "s3cr3t"), refusal));
  EXPECT_EQ(access.refused(), 0u);
  EXPECT_FALSE(admits(access, from("203.0.113.9", "other"), refusal));
  EXPECT_EQ(access.refused(), 1u);
  access.set(rule("other"));
  EXPECT_TRUE(admits(access, from("203.0.113.9", "other"), refusal)) << "a new rule counts from the next request on";
}

}  // namespace
}  // namespace api_test
