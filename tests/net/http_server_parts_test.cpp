// Replies whose body comes in parts, as fast as the client takes them.
#include "tests/net/http_server_support.hpp"

using namespace net_test;

namespace {

/// Counts to `parts`, one part for each request for more.
class Counter {
 public:
  explicit Counter(int parts) : parts_(parts) {}
  HttpReply reply() {
    HttpReply r;
    r.headers = {{"Content-Type", "text/plain"}};
    r.body = "0;";
    r.more = [this](HttpPart deliver) {
      const int n = ++asked;
      deliver(std::to_string(n) + ";", n == parts_);
    };
    return r;
  }
  std::atomic<int> asked{0};

 private:
  const int parts_;
};

}  // namespace

TEST_F(HttpServerTest, SendsABodyInPartsAndKeepsTheConnection) {
  Peer peer = Peer::connect(start().port());
  Counter counter(3);
  peer.send(get("/later"));
  handler_.responder()(counter.reply());
  const std::string reply = peer.until("0\r\n\r\n");
  EXPECT_THAT(reply, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(reply, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(reply, HasSubstr("\r\n\r\n2\r\n0;\r\n2\r\n1;\r\n2\r\n2;\r\n2\r\n3;\r\n0\r\n\r\n"));
  peer.send(get("/next"));
  EXPECT_THAT(bodyOf(peer.message()), HasSubstr("GET /next"));
}

TEST_F(HttpServerTest, EndsPartsByClosingForAClientOfHttp10) {
  start();
  Counter counter(2);
  Peer peer = Peer::connect(server_->port());
  peer.send("GET /later HTTP/1.0\r\n\r\n");
  handler_.responder()(counter.reply());
  const std::string reply = peer.toEnd();
  EXPECT_THAT(reply, Not(HasSubstr("chunked")));
  EXPECT_EQ(bodyOf(reply), "0;1;2;");
}

TEST_F(HttpServerTest, AHeadRequestAsksForNoParts) {
  start();
  Counter counter(2);
  Peer peer = Peer::connect(server_->port());
  peer.send("HEAD /later HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  handler_.responder()(counter.reply());
  EXPECT_EQ(bodyOf(peer.toEnd()), "");
  EXPECT_EQ(counter.asked, 0);
}

TEST_F(HttpServerTest, ABodyWhoseSourceFailsIsVisiblyCut) {
  start();
  Peer peer = Peer::connect(server_->port());
  peer.send(get("/later"));
  HttpReply reply;
  reply.body = "begun";
  reply.more = [](HttpPart) {};  // lets go without an answer
  handler_.responder()(std::move(reply));
  const std::string got = peer.toEnd();
  EXPECT_THAT(got, HasSubstr("begun"));
  EXPECT_THAT(got, Not(HasSubstr("0\r\n\r\n"))) << "the mark of the end";
}

TEST_F(HttpServerTest, ASlowClientIsNotSentAheadOfWhatItTakes) {
  start();
  Peer peer = Peer::connect(server_->port());
  std::atomic<int> asked{0};
  HttpReply reply;
  reply.more = [&asked](HttpPart deliver) {
    const int n = ++asked;
    deliver(std::string(1 << 20, 'x'), n == 32);
  };
  peer.send(get("/later"));
  handler_.responder()(std::move(reply));
  peer.until("\r\n\r\n");
  // Nobody reads: what the kernel's buffers hold, and no more.
  EXPECT_FALSE([&] {
    for (int i = 0; i < 50 && asked < 32; ++i) ask(get("/", "Connection: close\r\n"));
    return asked == 32;
  }());
  std::size_t bytes = 0;
  for (std::string some; bytes < (32u << 20) && !(some = peer.exactly(1 << 16)).empty();) bytes += some.size();
  EXPECT_GE(bytes, 32u << 20);
  EXPECT_EQ(asked, 32);
}

TEST_F(HttpServerTest, AClientThatGoesInTheMiddleOfPartsLeavesNothingBehind) {
  start();
  std::promise<HttpPart> waiting;
  HttpReply reply;
  reply.body = "begun";
  reply.more = [&waiting](HttpPart deliver) { waiting.set_value(std::move(deliver)); };
  {
    Peer peer = Peer::connect(server_->port());
    peer.send(get("/later"));
    handler_.responder()(std::move(reply));
    peer.until("begun");
    peer.close(true);
  }
  HttpPart late = waiting.get_future().get();
  while (server_->connections() != 0) ask(get("/", "Connection: close\r\n"));
  late("too late", true);
  EXPECT_EQ(statusOf(ask(get("/", "Connection: close\r\n"))), 200);
}
