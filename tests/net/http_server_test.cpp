#include "host/net/http_server.hpp"

#include "tests/net/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <stdexcept>
#include <vector>

using namespace net_test;
using testing::HasSubstr;
using testing::Not;

namespace {

/// Echoes; some paths misbehave.
class EchoHandler : public HttpHandler {
 public:
  HttpReply handle(const HttpRequest& request) override {
    ++calls;
    if (request.path() == "/throw") throw std::runtime_error("secret of the inside");
    if (request.path() == "/throw-int") throw 7;
    HttpReply reply;
    if (request.path() == "/large") reply.body.assign(4 << 20, 'L');
    if (request.path() == "/none") reply.status = 204;
    if (request.path() == "/strange") reply.status = 99;
    if (request.path() == "/headers")
      reply.headers = {{"X-Good", "1"}, {"X-Split", "a\r\nX-Evil: 1"}, {"Content-Length", "7"}, {"Content-Type", "text/plain"}};
    if (reply.status == 200 && reply.body.empty())
      reply.body = request.method + " " + request.target + " " + request.body + " " + request.peer_ip +
                   (request.peer_loopback ? " loopback" : "") + (request.tls ? " tls" : "");
    return reply;
  }

  void handleLater(std::shared_ptr<const HttpRequest> request, HttpResponder respond) override {
    if (request->path() == "/drop") return;
    if (request->path() != "/later") return HttpHandler::handleLater(std::move(request), std::move(respond));
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_.push_back(std::move(respond));
    arrived_.notify_all();
  }

  /// That of the nth request to /later, once it has come.
  HttpResponder responder(std::size_t n = 0) {
    std::unique_lock<std::mutex> lock(mutex_);
    arrived_.wait(lock, [&] { return waiting_.size() > n; });
    return waiting_[n];
  }

  std::atomic<int> calls{0};

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<HttpResponder> waiting_;
};

class HttpServerTest : public testing::Test {
 protected:
  HttpServer& start(HttpServerOptions options = {}) {
    server_ = std::make_unique<HttpServer>(std::move(options), handler_);
    return *server_;
  }
  /// Says `wire` on a new connection and gives back everything that comes until the server closes.
  std::string ask(const std::string& wire) {
    Peer peer = Peer::connect(server_->port());
    peer.send(wire);
    return peer.toEnd();
  }
  EchoHandler handler_;
  std::unique_ptr<HttpServer> server_;
};

std::string get(const std::string& target, const std::string& more = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + more + "\r\n";
}

std::string post(const std::string& target, const std::string& body, const std::string& more = {}) {
  return "POST " + target + " HTTP/1.1\r\nHost: h\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace

TEST_F(HttpServerTest, AnswersAndKeepsTheConnection) {
  Peer peer = Peer::connect(start().port());
  for (int i = 0; i < 3; ++i) {
    peer.send(post("/x?y=" + std::to_string(i), "body"));
    const std::string reply = peer.message();
    EXPECT_EQ(statusOf(reply), 200);
    EXPECT_EQ(bodyOf(reply), "POST /x?y=" + std::to_string(i) + " body 127.0.0.1 loopback");
    EXPECT_THAT(reply, HasSubstr("Connection: keep-alive\r\n"));
    EXPECT_THAT(reply, HasSubstr("Content-Type: application/json\r\n"));
    EXPECT_THAT(reply, testing::ContainsRegex("Date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 20[0-9]{2} [0-9:]{8} GMT"));
  }
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  const std::string replies = ask(get("/1") + post("/2", "two") + get("/3", "Connection: close\r\n"));
  const std::size_t first = replies.find("GET /1"), second = replies.find("POST /2 two"), third = replies.find("GET /3");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_NE(third, std::string::npos);
}

TEST_F(HttpServerTest, ClosesWhenTheClientWantsIt) {
  start();
  EXPECT_THAT(ask(get("/", "Connection: close\r\n")), HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(statusOf(ask("GET / HTTP/1.0\r\n\r\n")), 200);
}

TEST_F(HttpServerTest, ClosesAfterSoManyRequests) {
  HttpServerOptions options;
  options.max_requests_per_connection = 2;
  start(options);
  const std::string replies = ask(get("/1") + get("/2") + get("/3"));
  EXPECT_THAT(replies, HasSubstr("GET /2"));
  EXPECT_THAT(replies, Not(HasSubstr("GET /3")));
}

TEST_F(HttpServerTest, SpeaksTls) {
  const Certificate certificate;
  HttpServerOptions options;
  options.tls_certificate = certificate.certificate;
  options.tls_key = certificate.key;
  Peer peer = Peer::connect(start(options).port(), certificate.client());
  for (int i = 0; i < 2; ++i) {
    peer.send(post("/", std::string(40'000, 'b')));
    EXPECT_EQ(bodyOf(peer.message()), "POST / " + std::string(40'000, 'b') + " 127.0.0.1 loopback tls");
  }
  EXPECT_EQ(ask(get("/")), "") << "plain HTTP on a TLS port is not answered in clear";
}

TEST_F(HttpServerTest, RefusesABodyBeyondTheLimitBeforeItArrives) {
  start();
  const std::string reply = ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n");
  EXPECT_EQ(statusOf(reply), 413);
  EXPECT_THAT(reply, HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(bodyOf(reply), R"({"success":false,"error":"The request's body is larger than 65536 bytes"})");
  EXPECT_EQ(handler_.calls.load(), 0);
}

TEST_F(HttpServerTest, AClientThatIsStillSendingReadsTheRefusal) {
  start();
  Peer peer = Peer::connect(server_->port());
  peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 700000\r\n\r\n" + std::string(700'000, 'x'));
  EXPECT_EQ(statusOf(peer.message()), 413);
  char byte;
  ssize_t got = -1;
  while (waitFd(peer.stream().fd(), false, patience()) && (got = ::recv(peer.stream().fd(), &byte, 1, 0)) > 0) continue;
  EXPECT_EQ(got, 0) << "an orderly end: a reset could have destroyed the reply";
}

TEST_F(HttpServerTest, RefusesAChunkedBodyBeyondTheLimit) {
  start();
  std::string wire = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 17; ++i) wire += "1000\r\n" + std::string(4096, 'x') + "\r\n";
  EXPECT_EQ(statusOf(ask(wire)), 413);
  EXPECT_EQ(handler_.calls.load(), 0);
}

TEST_F(HttpServerTest, AcceptsABodyOfExactlyTheLimit) {
  start();
  EXPECT_EQ(statusOf(ask(post("/", std::string(65536, 'x'), "Connection: close\r\n"))), 200);
}

TEST_F(HttpServerTest, RefusesGarbage) {
  start();
  for (const std::string& garbage : {std::string("\x16\x03\x01\x02\x00", 5), std::string("\0\0\0\0", 4), std::string("hello\r\n\r\n"),
                                     std::string("GET / HTTP/1.1\nHost: h\n\n"),
                                     std::string("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
                                                 "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")})
    EXPECT_EQ(statusOf(ask(garbage)), 400) << garbage;
  EXPECT_EQ(statusOf(ask(get("/" + std::string(9000, 'u')))), 414);
  EXPECT_EQ(statusOf(ask(get("/", "X: " + std::string(17000, 'h') + "\r\n"))), 431);
  EXPECT_EQ(handler_.calls.load(), 0);
}

TEST_F(HttpServerTest, CutsAClientThatSendsAByteAtATime) {
  HttpServerOptions options;
  options.request_timeout_ms = 500;
  Peer peer = Peer::connect(start(options).port());
  const std::string endless = get("/", "X: " + std::string(10'000, 'x') + "\r\n");
  std::size_t sent = 0;
  while (sent < endless.size() && !peer.stirs(5)) peer.send(endless.substr(sent++, 1));
  EXPECT_LT(sent, endless.size());
  EXPECT_EQ(statusOf(peer.toEnd()), 408);
}

TEST_F(HttpServerTest, CutsABodyThatNeverEnds) {
  HttpServerOptions options;
  options.request_timeout_ms = 400;
  start(options);
  EXPECT_EQ(statusOf(ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf")), 408);
  EXPECT_EQ(statusOf(ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n").substr(25)), 408);
  EXPECT_EQ(ask(""), "") << "who says nothing gets nothing";
}

TEST_F(HttpServerTest, ClosesAnIdleConnection) {
  HttpServerOptions options;
  options.keep_alive_ms = 50;
  start(options);
  const std::string all = ask(get("/"));
  EXPECT_EQ(statusOf(all), 200);
  EXPECT_THAT(all, Not(HasSubstr("408")));
}

TEST_F(HttpServerTest, SlowAndIdleClientsTakeNoWorker) {
  HttpServerOptions options;
  options.workers = 1;
  start(options);
  std::vector<Peer> slow;
  for (int i = 0; i < 100; ++i) {
    slow.push_back(Peer::connect(server_->port()));
    slow.back().send(i % 2 == 0 ? "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf" : "");
  }
  EXPECT_EQ(statusOf(ask(get("/", "Connection: close\r\n"))), 200);
}

TEST_F(HttpServerTest, AFullHouseMakesRoomByTurningOutTheSlowest) {
  HttpServerOptions options;
  options.max_connections = 4;
  start(options);
  std::vector<Peer> slow;
  for (int i = 0; i < 8; ++i) {
    slow.push_back(Peer::connect(server_->port()));
    slow.back().send("GET / HT");
  }
  EXPECT_EQ(statusOf(ask(get("/", "Connection: close\r\n"))), 200);
  EXPECT_LE(server_->connections(), 4U);
  EXPECT_EQ(slow.front().toEnd(), "");
}

TEST_F(HttpServerTest, AClientThatDoesNotReadTakesNoWorker) {
  HttpServerOptions options;
  options.workers = 1;
  start(options);
  std::vector<Peer> deaf;
  for (int i = 0; i < 5; ++i) {
    deaf.push_back(Peer::connect(server_->port()));
    deaf.back().send(get("/large"));
  }
  EXPECT_EQ(statusOf(ask(get("/", "Connection: close\r\n"))), 200);
  EXPECT_EQ(bodyOf(deaf.front().message()).size(), std::size_t{4} << 20) << "and gets it all once it does";
}

TEST_F(HttpServerTest, GivesLeaveToSendABody) {
  Peer peer = Peer::connect(start().port());
  peer.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(peer.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("body");
  EXPECT_THAT(bodyOf(peer.message()), HasSubstr("POST / body"));
}

TEST_F(HttpServerTest, AnExceptionBecomesA500ThatTellsNothing) {
  start();
  for (const char* target : {"/throw", "/throw-int", "/drop", "/strange"}) {
    const std::string reply = ask(get(target, "Connection: close\r\n"));
    EXPECT_EQ(statusOf(reply), 500) << target;
    EXPECT_EQ(bodyOf(reply), R"({"success":false,"error":"internal error"})");
  }
}

TEST_F(HttpServerTest, NoHeaderOfAReplyCanBecomeAnother) {
  start();
  const std::string reply = ask(get("/headers", "Connection: close\r\n"));
  EXPECT_THAT(reply, HasSubstr("X-Good: 1\r\n"));
  EXPECT_THAT(reply, HasSubstr("Content-Type: text/plain\r\n"));
  EXPECT_THAT(reply, Not(HasSubstr("X-Evil")));
  EXPECT_THAT(reply, Not(HasSubstr("Content-Length: 7\r\n")));
}

TEST_F(HttpServerTest, HeadAndNoContentHaveNoBody) {
  start();
  const std::string head = ask("HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(bodyOf(head), "");
  EXPECT_THAT(head, HasSubstr("Content-Length: 27\r\n"));
  const std::string none = ask(get("/none", "Connection: close\r\n"));
  EXPECT_EQ(statusOf(none), 204);
  EXPECT_THAT(none, Not(HasSubstr("Content-Length")));
}

TEST_F(HttpServerTest, AnAnswerMayComeLaterFromAnotherThread) {
  HttpServerOptions options;
  options.workers = 1;
  start(options);
  Peer peer = Peer::connect(server_->port());
  peer.send(get("/later"));
  const HttpResponder respond = handler_.responder();
  EXPECT_EQ(statusOf(ask(get("/", "Connection: close\r\n"))), 200) << "the only worker is free meanwhile";
  HttpReply reply;
  reply.body = "late";
  respond(reply);
  EXPECT_EQ(bodyOf(peer.message()), "late");
  peer.send(get("/later"));
  const HttpResponder second = handler_.responder(1);
  reply.body = "twice";
  respond(reply);
  reply.body = "second";
  second(reply);
  EXPECT_EQ(bodyOf(peer.message()), "second") << "another answer to the first is nobody's";
}

TEST_F(HttpServerTest, AnAnswerThatDoesNotComeInTimeIsA503) {
  HttpServerOptions options;
  options.reply_timeout_ms = 50;
  start(options);
  const std::string reply = ask(get("/later"));
  EXPECT_EQ(statusOf(reply), 503);
  EXPECT_THAT(reply, HasSubstr("Connection: close\r\n"));
  handler_.responder()(HttpReply());  // far too late: falls through
  EXPECT_EQ(statusOf(ask(get("/", "Connection: close\r\n"))), 200);
}

TEST_F(HttpServerTest, AClientThatLeavesBeforeItsAnswerHarmsNobody) {
  start();
  Peer peer = Peer::connect(server_->port());
  peer.send(get("/later"));
  const HttpResponder respond = handler_.responder();
  peer.close(true);
  while (server_->connections() > 0) std::this_thread::yield();
  respond(HttpReply());
  EXPECT_EQ(statusOf(ask(get("/", "Connection: close\r\n"))), 200);
}

TEST(HttpServerLimits, TooManyWaitingRequestsAreTurnedAway) {
  struct Blocked : HttpHandler {
    HttpReply handle(const HttpRequest& request) override {
      if (request.path() == "/block") {
        inside.set_value();
        gate.get_future().wait();
      }
      return {};
    }
    std::promise<void> inside, gate;
  } handler;
  HttpServerOptions options;
  options.workers = 1;
  options.max_queued_requests = 2;
  HttpServer server(options, handler);
  Peer first = Peer::connect(server.port());
  first.send(get("/block"));
  handler.inside.get_future().wait();
  std::vector<Peer> more;
  for (int i = 0; i < 3; ++i) {
    more.push_back(Peer::connect(server.port()));
    more.back().send(get("/"));
  }
  const auto refused = [](Peer& peer) { return peer.stirs(1); };
  std::size_t answered = 0;
  while ((answered = static_cast<std::size_t>(std::count_if(more.begin(), more.end(), refused))) == 0)
    std::this_thread::yield();
  EXPECT_EQ(answered, 1U);
  const std::string reply = std::find_if(more.begin(), more.end(), refused)->message();
  EXPECT_EQ(statusOf(reply), 503);
  EXPECT_THAT(reply, HasSubstr("Retry-After: 1\r\n"));
  handler.gate.set_value();
  EXPECT_EQ(statusOf(first.message()), 200);
}

TEST_F(HttpServerTest, StoppingLetsRequestsInHandFinish) {
  Peer busy = Peer::connect(start().port());
  Peer idle = Peer::connect(server_->port());
  busy.send(get("/later"));
  const HttpResponder respond = handler_.responder();
  auto stopped = std::async(std::launch::async, [&] { server_->stop(20'000); });
  EXPECT_EQ(idle.toEnd(), "");  // closed, so the stop has begun
  HttpReply reply;
  reply.body = "last";
  respond(reply);
  const std::string last = busy.toEnd();
  EXPECT_EQ(bodyOf(last), "last");
  EXPECT_THAT(last, HasSubstr("Connection: close\r\n"));
  stopped.wait();
  EXPECT_THROW(Peer::connect(server_->port()), std::runtime_error);
  server_->stop();
  respond(reply);  // after the end: ignored
}

TEST_F(HttpServerTest, ListensOnNamesAndIPv6) {
  HttpServerOptions options;
  options.host = "localhost";
  EXPECT_NE(start(options).port(), 0);
  options.host = "[::1]";
  EXPECT_NE(start(options).port(), 0);
  options.host = "";
  EXPECT_NE(start(options).port(), 0);
  EXPECT_THAT(ask(get("/", "Connection: close\r\n")), HasSubstr(" 127.0.0.1 loopback")) << "IPv4 through the IPv6 socket";
}

TEST_F(HttpServerTest, SaysWhyItCannotListen) {
  HttpServerOptions options;
  options.port = start().port();
  const auto reason = [&](HttpServerOptions bad) -> std::string {
    try {
      HttpServer second(std::move(bad), handler_);
    } catch (const std::runtime_error& e) {
      return e.what();
    }
    return "listens";
  };
  EXPECT_EQ(reason(options), "Cannot listen on 127.0.0.1:" + std::to_string(options.port) + ": Address already in use");
  options.host = "no.such.host.invalid";
  EXPECT_THAT(reason(options), HasSubstr("Cannot listen on no.such.host.invalid:"));
  options.tls_key = "key.pem";
  EXPECT_THAT(reason(options), HasSubstr("needs both"));
}

TEST_F(HttpServerTest, ServesManyClientsAtOnce) {
  start();
  std::vector<std::future<int>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::async(std::launch::async, [port = server_->port()] {
      Peer peer = Peer::connect(port);
      int good = 0;
      for (int n = 0; n < 100; ++n) {
        peer.send(post("/" + std::to_string(n), "b"));
        good += bodyOf(peer.message()) == "POST /" + std::to_string(n) + " b 127.0.0.1 loopback" ? 1 : 0;
      }
      return good;
    }));
  }
  for (auto& client : clients) EXPECT_EQ(client.get(), 100);
}
