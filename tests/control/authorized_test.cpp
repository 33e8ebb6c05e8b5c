// Who may use /api: with a key whoever knows it, without one only this machine, addressed as itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/control/rest_api.hpp"

namespace control_test {
namespace {

using namespace hookswitch;
using testing::HasSubstr;

struct Case {
  const char* what;
  const char* key;
  bool loopback;
  net::HttpHeaders headers;
  bool good;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.what; }

class Authorized : public testing::TestWithParam<Case> {};

TEST_P(Authorized, LetsInOrRefusesWith401) {
  const Case& c = GetParam();
  net::HttpRequest request;
  request.peer_loopback = c.loopback;
  request.headers = c.headers;
  net::HttpReply refusal;
  refusal.status = 0;
  EXPECT_EQ(control::authorized(request, c.key, refusal), c.good);
  EXPECT_EQ(refusal.status, c.good ? 0 : 401);
  if (c.good) return;
  EXPECT_THAT(refusal.body, HasSubstr("\"success\":false"));
  EXPECT_THAT(refusal.body, HasSubstr("\"error\":\""));
}

const net::HttpHeaders home{{"Host", "localhost:8080"}};
net::HttpHeaders with(std::pair<std::string, std::string> header) { return {{"Host", "localhost:8080"}, std::move(header)}; }
net::HttpHeaders host(const char* value) { return {{"Host", value}}; }

INSTANTIATE_TEST_SUITE_P(WithAKey, Authorized, testing::Values(
    Case{"the key", "k3y", false, with({"Authorization", "Bearer k3y"}), true},
    Case{"the scheme in other letters", "k3y", false, with({"authorization", "bearer k3y"}), true},
    Case{"the key from anywhere through a proxy", "k3y", false, {{"Host", "gateway.example"}, {"X-Forwarded-For", "1.2.3.4"}, {"Authorization", "Bearer k3y"}}, true},
    Case{"no header", "k3y", true, home, false},
    Case{"another key", "k3y", true, with({"Authorization", "Bearer k3z"}), false},
    Case{"the key in other letters", "k3y", true, with({"Authorization", "Bearer K3Y"}), false},
    Case{"a prefix of the key", "k3y", true, with({"Authorization", "Bearer k3"}), false},
    Case{"more than the key", "k3y", true, with({"Authorization", "Bearer k3yy"}), false},
    Case{"an empty key", "k3y", true, with({"Authorization", "Bearer "}), false},
    Case{"another scheme", "k3y", true, with({"Authorization", "Basic k3y"}), false},
    Case{"no scheme", "k3y", true, with({"Authorization", "k3y"}), false}));

INSTANTIATE_TEST_SUITE_P(WithoutAKey, Authorized, testing::Values(
    Case{"localhost with a port", "", true, home, true},
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
    Case{"an empty Host", "", true, host(""), false},
    Case{"no Host", "", true, {}, false},
    Case{"two Hosts", "", true, {{"Host", "localhost"}, {"host", "gateway.example"}}, false},
    Case{"a bearer does not help", "", false, with({"Authorization", "Bearer x"}), false},
    Case{"a page of this machine", "", true, with({"Origin", "http://localhost:3000"}), true},
    Case{"a page of 127.0.0.1", "", true, with({"Origin", "http://127.0.0.1"}), true},
    Case{"a page of elsewhere", "", true, with({"Origin", "https://evil.example"}), false},
    Case{"a page of a name that begins like ours", "", true, with({"Origin", "http://localhost.evil.example"}), false},
    Case{"a page without an origin", "", true, with({"Origin", "null"}), false}));

class Forwarded : public testing::TestWithParam<const char*> {};
TEST_P(Forwarded, ARequestThatSomebodyPassedOnIsNotFromThisMachine) {
  net::HttpRequest request;
  request.peer_loopback = true;
  request.headers = with({GetParam(), "1"});
  net::HttpReply refusal;
  EXPECT_FALSE(control::authorized(request, "", refusal));
  request.headers.back().second.clear();
  EXPECT_FALSE(control::authorized(request, "", refusal)) << "an empty value is a header all the same";
}
INSTANTIATE_TEST_SUITE_P(Headers, Forwarded, testing::Values("Forwarded", "forwarded", "X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Proto",
                                                             "X-Real-IP", "Via", "CF-Connecting-IP", "X-Original-Host", "True-Client-IP"));

TEST(AuthorizedRefusal, SaysHowToGetInAndNeverTheKey) {
  net::HttpRequest request;
  net::HttpReply refusal;
  ASSERT_FALSE(control::authorized(request, "s3cr3t", refusal));
  EXPECT_THAT(refusal.body, HasSubstr("Authorization: Bearer"));
  EXPECT_THAT(refusal.body, testing::Not(HasSubstr("s3cr3t")));
  EXPECT_EQ(net::findHeader(refusal.headers, "WWW-Authenticate"), "Bearer");
}

}  // namespace
}  // namespace control_test
