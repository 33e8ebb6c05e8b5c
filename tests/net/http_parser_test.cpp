#include "host/net/http_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

using namespace hookswitch::net;
using Status = HttpRequestParser::Status;

namespace {

HttpRequestParser::Limits limits() {
  HttpRequestParser::Limits out;
  out.max_target_bytes = 100;
  out.max_head_bytes = 1000;
  out.max_headers = 10;
  out.max_body_bytes = 50;
  return out;
}

/// Parses whole and byte by byte, requires the same outcome, and returns it.
Status parse(const std::string& wire, HttpRequest* request = nullptr, int* refused = nullptr) {
  HttpRequestParser whole(limits());
  whole.feed(wire);
  const Status status = whole.parse();
  HttpRequestParser drip(limits());
  Status dripped = Status::needMore;
  for (const char c : wire) {
    if (dripped != Status::needMore) break;
    drip.feed(std::string_view(&c, 1));
    dripped = drip.parse();
  }
  EXPECT_EQ(status, dripped) << wire;
  if (status == Status::refused) {
    EXPECT_EQ(whole.refusal().status, drip.refusal().status) << wire;
  }
  if (status == Status::complete) {
    EXPECT_EQ(whole.request().target, drip.request().target);
    EXPECT_EQ(whole.request().headers, drip.request().headers);
    EXPECT_EQ(whole.request().body, drip.request().body);
  }
  if (request != nullptr) *request = whole.request();
  if (refused != nullptr) *refused = whole.refusal().status;
  return status;
}

HttpRequest complete(const std::string& wire) {
  HttpRequest request;
  EXPECT_EQ(parse(wire, &request), Status::complete) << wire;
  return request;
}

/// The status of the refusal, 0 when it was not refused.
int refusal(const std::string& wire) {
  int status = 0;
  return parse(wire, nullptr, &status) == Status::refused ? status : 0;
}

const std::string kHost = "Host: h\r\n";

}  // namespace

TEST(HttpRequestParser, ReadsARequest) {
  const HttpRequest request =
      complete("POST /a?b=c HTTP/1.1\r\nHost: h:80\r\nX-Y:  v w \t\r\nContent-Length: 3\r\n\r\nxyz");
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/a?b=c");
  EXPECT_EQ(request.header("x-y"), "v w");
  EXPECT_EQ(request.body, "xyz");
  EXPECT_FALSE(request.http_1_0);
}

TEST(HttpRequestParser, ReadsAChunkedBody) {
  EXPECT_EQ(
      complete("POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
          .body,
      "abcde");
}

TEST(HttpRequestParser, KeepsWhatFollowsForTheNextRequest) {
  HttpRequestParser parser(limits());
  parser.feed("GET /1 HTTP/1.1\r\n" + kHost + "\r\n" + "GET /2 HTTP/1.1\r\n" + kHost + "\r\nrest");
  ASSERT_EQ(parser.parse(), Status::complete);
  EXPECT_EQ(parser.request().target, "/1");
  parser.next();
  EXPECT_TRUE(parser.started());
  ASSERT_EQ(parser.parse(), Status::complete);
  EXPECT_EQ(parser.request().target, "/2");
  EXPECT_EQ(parser.takeLeftover(), "rest");
}

TEST(HttpRequestParser, ForgivesTheEmptyLineAfterABody) {
  EXPECT_EQ(complete("\r\n\r\nGET / HTTP/1.1\r\n" + kHost + "\r\n").target, "/");
  EXPECT_EQ(refusal("\r\n\r\n\r\nGET / HTTP/1.1\r\n" + kHost + "\r\n"), 400);
}

TEST(HttpRequestParser, TakesAnAbsoluteTargetForWhatItMeans) {
  EXPECT_EQ(complete("GET http://h/x?y HTTP/1.1\r\n" + kHost + "\r\n").target, "/x?y");
  EXPECT_EQ(complete("GET http://h HTTP/1.1\r\n" + kHost + "\r\n").target, "/");
  EXPECT_EQ(refusal("GET http://other/x HTTP/1.1\r\n" + kHost + "\r\n"), 400);
  EXPECT_EQ(refusal("GET ftp://h/x HTTP/1.1\r\n" + kHost + "\r\n"), 400);
}

TEST(HttpRequestParser, RefusesBrokenRequestLines) {
  for (const char* line : {"GET", "GET /", "GET  / HTTP/1.1 x", "G@T / HTTP/1.1", "GET / http/1.1", "GET / HTTP/1.1x",
                           "GET x HTTP/1.1", "GET /a b HTTP/1.1", "GET /\x80 HTTP/1.1", "GET /#f HTTP/1.1",
                           " GET / HTTP/1.1", "GET /\tHTTP/1.1", "CONNECT h:443 HTTP/1.1", "GET  HTTP/1.1"})
    EXPECT_EQ(refusal(std::string(line) + "\r\n" + kHost + "\r\n"), 400) << line;
  EXPECT_EQ(refusal("GET / HTTP/2.0\r\n" + kHost + "\r\n"), 505);
  EXPECT_EQ(refusal("\x16\x03\x01"), 400) << "a TLS hello on the plain port is answered at once";
}

TEST(HttpRequestParser, RefusesBrokenHeaders) {
  for (const std::string& bad : {std::string("No colon"), std::string(": nameless"), std::string("Spaced : x"),
                                 std::string("X: a\r\n folded"), std::string("X: bare\rreturn"),
                                 std::string("X: nul\0l", 8), std::string("X\x80: y"), std::string("X: bell\x07")})
    EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + kHost + bad + "\r\n\r\n"), 400) << bad;
}

TEST(HttpRequestParser, RefusesLinesThatEndInLfAlone) {
  EXPECT_EQ(refusal("GET / HTTP/1.1\nHost: h\n\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n"), 400);
}

TEST(HttpRequestParser, WantsExactlyOneHost) {
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + kHost + kHost + "\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"), 400);
  EXPECT_EQ(complete("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n").target, "/");
  EXPECT_TRUE(complete("GET / HTTP/1.0\r\n\r\n").http_1_0);
}

TEST(HttpRequestParser, RefusesEveryWayToDisagreeAboutTheBody) {
  const std::string start = "POST / HTTP/1.1\r\n" + kHost;
  EXPECT_EQ(refusal(start + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(refusal(start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(refusal(start + "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501);
  EXPECT_EQ(refusal(start + "Transfer-Encoding: xchunked\r\n\r\n"), 501);
  EXPECT_EQ(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(refusal(start + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"), 400);
  for (const char* bad : {"", "-1", "+3", "3,3", "3 3", "0x3", "3a"})
    EXPECT_EQ(refusal(start + "Content-Length: " + bad + "\r\n\r\nabc"), 400) << bad;
}

TEST(HttpRequestParser, LimitsTheBody) {
  const std::string start = "POST / HTTP/1.1\r\n" + kHost;
  EXPECT_EQ(complete(start + "Content-Length: 50\r\n\r\n" + std::string(50, 'x')).body.size(), 50U);
  EXPECT_EQ(refusal(start + "Content-Length: 51\r\n\r\n"), 413);
  EXPECT_EQ(refusal(start + "Content-Length: 99999999999999999999999999\r\n\r\n"), 413);
  EXPECT_EQ(refusal(start + "Transfer-Encoding: chunked\r\n\r\n33\r\n"), 413);
  EXPECT_EQ(refusal(start + "Transfer-Encoding: chunked\r\n\r\n32\r\n" + std::string(50, 'x') + "\r\n1\r\n"), 413);
}

TEST(HttpRequestParser, LimitsTheHead) {
  EXPECT_EQ(refusal("GET /" + std::string(100, 'x') + " HTTP/1.1\r\n" + kHost + "\r\n"), 414);
  EXPECT_EQ(refusal("GET /" + std::string(300, 'x')), 414) << "without waiting for the end of the line";
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + kHost + "X: " + std::string(1000, 'x')), 431);
  const std::string start = "GET / HTTP/1.1\r\n" + kHost + "X: ";
  EXPECT_EQ(complete(start + std::string(1000 - start.size(), 'x') + "\r\n\r\n").headers.size(), 2U)
      << "exactly the limit";
  EXPECT_EQ(refusal(start + std::string(1001 - start.size(), 'x') + "\r\n\r\n"), 431);
  std::string many = "GET / HTTP/1.1\r\n" + kHost;
  for (int i = 0; i < 9; ++i) many += "X: y\r\n";
  EXPECT_EQ(complete(many + "\r\n").headers.size(), 10U);
  EXPECT_EQ(refusal(many + "X: y\r\n\r\n"), 431);
}

TEST(HttpRequestParser, KnowsWhenTheClientWaitsForLeave) {
  HttpRequestParser parser(limits());
  parser.feed("POST / HTTP/1.1\r\n" + kHost + "Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(parser.parse(), Status::needMore);
  EXPECT_TRUE(parser.takeExpectContinue());
  EXPECT_FALSE(parser.takeExpectContinue()) << "once";
  parser.feed("ab");
  EXPECT_EQ(parser.parse(), Status::complete);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\n" + kHost + "Expect: magic\r\nContent-Length: 2\r\n\r\n"), 417);
}

TEST(HttpRequestParser, KnowsWhetherTheConnectionMayStay) {
  const auto stays = [](const std::string& wire) {
    HttpRequestParser parser(limits());
    parser.feed(wire);
    EXPECT_EQ(parser.parse(), Status::complete);
    return parser.keepAlive();
  };
  EXPECT_TRUE(stays("GET / HTTP/1.1\r\n" + kHost + "\r\n"));
  EXPECT_FALSE(stays("GET / HTTP/1.1\r\n" + kHost + "Connection: x, Close\r\n\r\n"));
  EXPECT_FALSE(stays("GET / HTTP/1.0\r\n\r\n"));
}

TEST(HttpRequestParser, NoTrailerBecomesAHeader) {
  const HttpRequest request =
      complete("POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n0\r\nAuthorization: x\r\n\r\n");
  EXPECT_EQ(request.headers.size(), 2U);
  EXPECT_EQ(request.body, "");
}

TEST(HttpRequestParser, RefusesGarbageBeforeItEnds) {
  for (const char* garbage : {"\x16\x03\x01", "GET / HTTP/1.1\nHost: h\n", "GET / HTTP/1.1\r\nHost: h\nX: y"})
    EXPECT_EQ(refusal(garbage), 400) << garbage;
}
