// What clients that are large, slow, idle or too many may take, and what they may not.
#include "tests/net/http_server_support.hpp"

using namespace net_test;

TEST_F(HttpServerTest, RefusesABodyBeyondTheLimitBeforeItArrives) {
  start();
  const std::string reply = ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n");
  EXPECT_EQ(statusOf(reply), 413);
  EXPECT_THAT(reply, HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(bodyOf(reply), R"({"success":false,"error":"The request's body is larger than 65536 bytes"})");
  EXPECT_EQ(handler_.calls.load(), 0);
}

namespace {

/// Sends all of it, then looks: the refusal must still be there, and an orderly end. Gives back the status.
int refusedWhileSending(Peer peer, const std::string& wire) {
  EXPECT_TRUE(peer.send(wire));
  const int status = statusOf(peer.message());
  char bytes[4096];
  IoResult got;
  while ((got = peer.stream().readBy(bytes, sizeof bytes, patience())).status == IoStatus::done) continue;
  EXPECT_EQ(got.status, IoStatus::closed);
  EXPECT_EQ(peer.stream().error(), "") << "a reset could have destroyed the reply";
  return status;
}

const std::string too_large =
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000000\r\n\r\n" + std::string(20'000'000, 'x');

}  // namespace

TEST_F(HttpServerTest, AClientThatIsStillSendingReadsTheRefusal) {
  start();
  EXPECT_EQ(refusedWhileSending(Peer::connect(server_->port()), too_large), 413);
  EXPECT_EQ(refusedWhileSending(Peer::connect(server_->port()), "NONSENSE\r\n\r\n" + std::string(20'000'000, 'x')),
            400);
}

TEST_F(HttpServerTest, AClientThatIsStillSendingOverTlsReadsTheRefusal) {
  const Certificate certificate;
  HttpServerOptions options;
  options.tls_certificate = certificate.certificate;
  options.tls_key = certificate.key;
  start(options);
  EXPECT_EQ(refusedWhileSending(Peer::connect(server_->port(), certificate.client()), too_large), 413);
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
  for (const std::string& garbage : {std::string("\x16\x03\x01\x02\x00", 5), std::string("\0\0\0\0", 4),
                                     std::string("hello\r\n\r\n"), std::string("GET / HTTP/1.1\nHost: h\n\n"),
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
  EXPECT_EQ(
      statusOf(ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n").substr(25)),
      408);
  EXPECT_EQ(ask(""), "") << "who says nothing gets nothing";
}

TEST_F(HttpServerTest, ClosesAnIdleConnection) {
  HttpServerOptions options;
  options.keep_alive_ms = 50;
  start(options);
  const std::string all = ask(get("/"));
  EXPECT_EQ(statusOf(all), 200);
  EXPECT_THAT(all, Not(HasSubstr("HTTP/1.1 408")));
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

namespace {

/// More than the buffers of both kernels hold.
HttpReply huge() {
  HttpReply reply;
  reply.body.assign(32 << 20, 'H');
  return reply;
}

}  // namespace

TEST_F(HttpServerTest, ASlowReaderKeepsItsConnectionAsLongAsItTakesSomething) {
  HttpServerOptions options;
  options.write_timeout_ms = 1500;
  Peer peer = Peer::connect(start(options).port());
  peer.send(get("/later"));
  handler_.responder()(huge());
  peer.until("\r\n\r\n");
  std::size_t bytes = 0;
  for (int i = 0; i < 20; ++i) {
    bytes += peer.exactly(256 << 10).size();  // so little that the kernel reports no room for longer than that
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
  }
  bytes += peer.exactly((32u << 20) - bytes).size();
  EXPECT_EQ(bytes, 32u << 20);
}

TEST_F(HttpServerTest, AReaderThatTakesNothingLosesItsConnection) {
  HttpServerOptions options;
  options.write_timeout_ms = 100;
  Peer peer = Peer::connect(start(options).port());
  peer.send(get("/later"));
  handler_.responder()(huge());
  while (server_->connections() != 0) std::this_thread::yield();
  EXPECT_LT(peer.toEnd().size(), 32u << 20);
}

TEST_F(HttpServerTest, NoReaderIsSlowForEver) {
  HttpServerOptions options;
  options.max_write_ms = 300;
  Peer peer = Peer::connect(start(options).port());
  peer.send(get("/later"));
  handler_.responder()(huge());
  std::size_t bytes = 0, some = 0;
  do {
    bytes += some = peer.exactly(64 << 10).size();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // two and a half seconds for all of it
  } while (some == 64 << 10);
  EXPECT_LT(bytes, 32u << 20);
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

TEST_F(HttpServerTest, NothingIsForACacheUnlessTheHandlerSaysSo) {
  class Cached : public EchoHandler {
    HttpReply handle(const HttpRequest& request) override {
      HttpReply reply = EchoHandler::handle(request);
      if (request.path() == "/may") reply.headers.emplace_back("Cache-Control", "max-age=60");
      return reply;
    }
  } handler;
  HttpServer server(HttpServerOptions(), handler);
  const auto answer = [&](const std::string& wire) {
    Peer peer = Peer::connect(server.port());
    peer.send(wire);
    return peer.toEnd();
  };
  const std::string close = "Connection: close\r\n";
  for (const std::string& wire :
       {get("/", close), get("/none", close), get("/throw", close), get("/strange", close),
        std::string("nonsense\r\n\r\n"), std::string("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n"),
        get("/" + std::string(9000, 'u'))})
    EXPECT_THAT(answer(wire), HasSubstr("Cache-Control: no-store\r\n")) << wire.substr(0, 40);
  const std::string may = answer(get("/may", close));
  EXPECT_THAT(may, HasSubstr("Cache-Control: max-age=60\r\n"));
  EXPECT_THAT(may, Not(HasSubstr("no-store")));
}
