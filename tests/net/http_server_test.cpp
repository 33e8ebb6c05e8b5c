#include "tests/net/http_server_support.hpp"

using namespace net_test;

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
  const std::size_t first = replies.find("GET /1"), second = replies.find("POST /2 two"),
                    third = replies.find("GET /3");
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
  EXPECT_THAT(ask(get("/", "Connection: close\r\n")), HasSubstr(" 127.0.0.1 loopback"))
      << "IPv4 through the IPv6 socket";
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
