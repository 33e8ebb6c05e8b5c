#include "host/net/http_client.hpp"

#include "host/net/http_server.hpp"
#include "tests/net/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

using namespace net_test;
using testing::HasSubstr;
using testing::Not;

namespace {

constexpr const char* kSecret = "/bot123:secret/send?token=secret";

HttpResult call(HttpClient& client, const std::string& url, const std::string& method = "GET",
                const std::string& body = {}, std::uint32_t timeout_ms = 20'000) {
  HttpCall request;
  request.method = method;
  request.url = url;
  request.body = body;
  request.timeout_ms = timeout_ms;
  HttpResult result = client.perform(request);
  EXPECT_EQ(result.status == 0, !result.error.empty()) << result.error;
  EXPECT_THAT(result.error, Not(HasSubstr("secret")));
  return result;
}

std::string ok(const std::string& body, const std::string& more = {}) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
}

void closeAll(HttpClient& client) { client.closeStale(Clock::now() + std::chrono::hours(1)); }

/// Answers one request with these bytes and closes.
ScriptedServer::Script answering(std::string bytes) {
  return [bytes](int, Peer& peer) {
    peer.message();
    peer.send(bytes);
  };
}

}  // namespace

TEST(HttpClient, SendsWhatWasAskedAndReadsTheAnswer) {
  std::promise<std::string> seen;
  ScriptedServer server([&](int, Peer& peer) {
    seen.set_value(peer.message());
    peer.send("HTTP/1.1 201 Created\r\nX-One: 1\r\nContent-Length: 4\r\n\r\nbody");
  });
  HttpCall request;
  request.method = "POST";
  request.url = server.url("http", "/a?b=c");
  request.headers = {{"X-Mine", "v"}, {"Host", "elsewhere"}, {"content-length", "99"}};
  request.body = "hello";
  HttpClient client;
  const HttpResult result = client.perform(request);
  EXPECT_EQ(result.status, 201);
  EXPECT_EQ(result.body, "body");
  EXPECT_EQ(findHeader(result.headers, "x-one"), "1");
  EXPECT_TRUE(result.sent);
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(seen.get_future().get(), "POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                                         "\r\nX-Mine: v\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello");
}

TEST(HttpClient, ReadsBodiesOfEveryFraming) {
  for (const std::string& answer :
       {ok("some text"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsome \r\n4\r\ntext\r\n0\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\n\r\nsome text"), "HTTP/1.1 100 Continue\r\n\r\n" + ok("some text")}) {
    ScriptedServer server(answering(answer));
    HttpClient client;
    EXPECT_EQ(call(client, server.url("http")).body, "some text") << answer;
  }
}

TEST(HttpClient, ABodyThatIsCutIsAFailureNotAnAnswer) {
  for (const char* answer : {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 200 OK\r\nX: y",
                             "", "SSH-2.0-server\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n"}) {
    ScriptedServer server(answering(answer));
    HttpClient client;
    const HttpResult result = call(client, server.url("http", kSecret), "POST", "x");
    EXPECT_EQ(result.status, 0) << answer;
    EXPECT_TRUE(result.sent);
    EXPECT_THAT(result.error, HasSubstr("No answer from http://127.0.0.1:"));
    EXPECT_EQ(server.connections(), 1);
  }
}

TEST(HttpClient, RefusesAnAnswerBeyondItsLimit) {
  const std::string large(2000, 'x');
  for (const std::string& answer : {ok(large), "HTTP/1.1 200 OK\r\n\r\n" + large,
                                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + large,
                                    "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'h') + "\r\n\r\n"}) {
    ScriptedServer server(answering(answer));
    HttpCall request;
    request.url = server.url("http");
    request.max_response_bytes = 1999;
    HttpClient client;
    EXPECT_THAT(client.perform(request).error, HasSubstr("larger than"));
  }
}

TEST(HttpClient, TheDeadlineHoldsAgainstADrippingServer) {
  ScriptedServer server([](int, Peer& peer) {
    peer.message();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (peer.send("x") && !peer.stirs(2)) continue;  // until the client has gone
  });
  HttpClient client;
  const HttpResult result = call(client, server.url("http", kSecret), "GET", "", 500);
  EXPECT_EQ(result.status, 0);
  EXPECT_TRUE(result.timed_out);
  EXPECT_TRUE(result.sent);
  EXPECT_THAT(result.error, HasSubstr("in time"));
}

TEST(HttpClient, ARefusedConnectionHasSentNothing) {
  HttpClient client;
  const std::string origin = "http://127.0.0.1:" + std::to_string(closedPort());
  const HttpResult result = call(client, origin + kSecret, "POST", "x");
  EXPECT_EQ(result.error, "Cannot connect to " + origin + ": Connection refused");
  EXPECT_FALSE(result.sent);
}

TEST(HttpClient, ANameThatDoesNotExistHasSentNothing) {
  HttpClient client;
  const HttpResult result = call(client, std::string("http://no.such.host.invalid") + kSecret);
  EXPECT_THAT(result.error, HasSubstr("Cannot connect to http://no.such.host.invalid:80: "));
  EXPECT_FALSE(result.sent);
}

TEST(HttpClient, RefusesRequestsItCannotSay) {
  HttpClient client;
  EXPECT_THAT(call(client, "ws://h/").error, HasSubstr("http://"));
  EXPECT_THAT(call(client, "/secret").error, HasSubstr("begin with"));
  EXPECT_THAT(call(client, "http://h/", "GET /secret").error, HasSubstr("method"));
  HttpCall request;
  request.url = "http://127.0.0.1/";
  request.headers = {{"X-Key", "secret\r\nX-Evil: 1"}};
  const std::string error = client.perform(request).error;
  EXPECT_THAT(error, HasSubstr("'X-Key'"));
  EXPECT_THAT(error, Not(HasSubstr("secret")));
}

TEST(HttpClient, FollowsNoRedirect) {
  ScriptedServer server(answering("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"));
  HttpClient client;
  const HttpResult result = call(client, server.url("http"));
  EXPECT_EQ(result.status, 302);
  EXPECT_EQ(findHeader(result.headers, "Location"), "/elsewhere");
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, UsesAConnectionAgain) {
  ScriptedServer server([](int, Peer& peer) {
    while (!peer.message().empty() && peer.send(ok("again"))) continue;
  });
  HttpClient client;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(call(client, server.url("http"), i % 2 == 0 ? "GET" : "POST").body, "again");
  EXPECT_EQ(server.connections(), 1);
  closeAll(client);
  EXPECT_EQ(call(client, server.url("http")).status, 200);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, KeepsNoConnectionThatTheServerHasClosed) {
  std::promise<void> ended;
  ScriptedServer server([&](int, Peer& peer) {
    peer.message();
    peer.send(ok("x"));
    peer.close();
    ended.set_value();
  });
  HttpClient client;
  EXPECT_EQ(call(client, server.url("http")).status, 200);
  ended.get_future().wait();
  EXPECT_EQ(client.idle(), 1u);
  client.closeStale();
  EXPECT_EQ(client.idle(), 0u);
}

TEST(HttpClient, KeepsAQuietConnectionForTenSeconds) {
  ScriptedServer server([](int, Peer& peer) {
    while (!peer.message().empty() && peer.send(ok("again"))) continue;
  });
  HttpClient client;
  EXPECT_EQ(call(client, server.url("http")).status, 200);
  client.closeStale();
  EXPECT_EQ(client.idle(), 1u);
  client.closeStale(Clock::now() + std::chrono::seconds(11));
  EXPECT_EQ(client.idle(), 0u);
  EXPECT_EQ(call(client, server.url("http")).status, 200);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, DoesNotUseAConnectionThatTheServerEndsOrMisuses) {
  for (const std::string& answer :
       {ok("x", "Connection: close\r\n"), std::string("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx"),
        ok("x") + "unasked"}) {
    ScriptedServer server([&](int, Peer& peer) {
      peer.message();
      peer.send(answer);
      peer.toEnd();
    });
    HttpClient client;
    for (int i = 0; i < 2; ++i) EXPECT_EQ(call(client, server.url("http")).body, "x");
    closeAll(client);
    EXPECT_EQ(server.connections(), 2) << answer;
  }
}

TEST(HttpClient, NoticesThatAKeptConnectionHasEnded) {
  std::promise<void> ended;
  ScriptedServer server([&](int number, Peer& peer) {
    peer.message();
    peer.send(ok("x"));
    if (number > 0) return;
    peer.close();
    ended.set_value();
  });
  HttpClient client;
  EXPECT_EQ(call(client, server.url("http")).status, 200);
  ended.get_future().wait();
  EXPECT_EQ(call(client, server.url("http"), "POST", "once").status, 200) << "before anything of the request is risked";
  EXPECT_EQ(server.connections(), 2);
}

/// The first connection answers once, reads the second request and dies without a word: the race of keep-alive.
class StaleConnection : public testing::Test {
 protected:
  std::atomic<int> requests_{0};
  ScriptedServer server_{[this](int number, Peer& peer) {
    peer.message();
    ++requests_;
    peer.send(ok("x"));
    if (number > 0) return;
    peer.message();
    ++requests_;
    peer.close();
  }};
  HttpClient client_;
};

TEST_F(StaleConnection, RepeatsAGetOnce) {
  EXPECT_EQ(call(client_, server_.url("http")).status, 200);
  EXPECT_EQ(call(client_, server_.url("http")).status, 200);
  EXPECT_EQ(requests_.load(), 3);
}

TEST_F(StaleConnection, NeverRepeatsAPost) {
  EXPECT_EQ(call(client_, server_.url("http")).status, 200);
  const HttpResult result = call(client_, server_.url("http"), "POST", "create");
  EXPECT_EQ(result.status, 0);
  EXPECT_TRUE(result.sent) << "the server may have acted on it";
  EXPECT_EQ(requests_.load(), 2);
  EXPECT_EQ(server_.connections(), 1);
}

TEST(HttpClient, AFreshConnectionThatDiesIsNotTriedAgain) {
  ScriptedServer server([](int, Peer& peer) {
    peer.message();
    peer.close();
  });
  HttpClient client;
  EXPECT_EQ(call(client, server.url("http")).status, 0);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, ReadsAnAnswerThatCameBeforeTheRequestWasSent) {
  ScriptedServer server([](int, Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
    peer.stream().shutdown();
    peer.toEnd();
  });
  HttpClient client;
  EXPECT_EQ(call(client, server.url("http"), "POST", std::string(4 << 20, 'x')).status, 413);
}

TEST(HttpClient, AHeadHasNoBody) {
  ScriptedServer server([](int, Peer& peer) {
    peer.message();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    peer.toEnd();
  });
  HttpClient client;
  EXPECT_EQ(call(client, server.url("http"), "HEAD").status, 200);
  closeAll(client);
}

TEST(HttpClient, SpeaksHttpsAndChecksTheCertificate) {
  const Certificate certificate, stranger;
  ScriptedServer server(
      [](int, Peer& peer) {
        while (!peer.message().empty() && peer.send(ok("private"))) continue;
      },
      certificate.server());
  HttpCall request;
  request.url = server.url("https", kSecret);
  HttpClient client;
  request.tls = stranger.client();
  const HttpResult refused = client.perform(request);
  EXPECT_THAT(refused.error, HasSubstr("the certificate was refused"));
  EXPECT_THAT(refused.error, Not(HasSubstr("secret")));
  EXPECT_FALSE(refused.sent);
  request.tls = certificate.client();
  EXPECT_EQ(client.perform(request).body, "private");
  EXPECT_EQ(client.perform(request).body, "private");
  EXPECT_EQ(server.connections(), 2) << "one refused, one used twice";
  request.tls = stranger.client();
  EXPECT_THAT(client.perform(request).error, HasSubstr("the certificate was refused"))
      << "a kept connection belongs to the context that vouched for it";
}

TEST(HttpClient, IsUsedByManyThreadsAtOnce) {
  struct Echo : HttpHandler {
    HttpReply handle(const HttpRequest& request) override {
      HttpReply reply;
      reply.body = request.body;
      return reply;
    }
  } handler;
  HttpServer server(HttpServerOptions(), handler);
  HttpClient client;
  std::vector<std::future<int>> threads;
  for (int t = 0; t < 6; ++t) {
    threads.push_back(std::async(std::launch::async, [&, t] {
      int good = 0;
      for (int i = 0; i < 50; ++i) {
        const std::string body = std::to_string(t * 1000 + i);
        good +=
            call(client, "http://localhost:" + std::to_string(server.port()) + "/", "POST", body).body == body ? 1 : 0;
      }
      return good;
    }));
  }
  for (auto& thread : threads) EXPECT_EQ(thread.get(), 50);
}
