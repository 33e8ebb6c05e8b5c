// The server under test, and a handler that misbehaves on some paths.
#pragma once

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

namespace net_test {

using testing::HasSubstr;
using testing::Not;

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
      reply.headers = {
          {"X-Good", "1"}, {"X-Split", "a\r\nX-Evil: 1"}, {"Content-Length", "7"}, {"Content-Type", "text/plain"}};
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

inline std::string get(const std::string& target, const std::string& more = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + more + "\r\n";
}

inline std::string post(const std::string& target, const std::string& body, const std::string& more = {}) {
  return "POST " + target + " HTTP/1.1\r\nHost: h\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace net_test
