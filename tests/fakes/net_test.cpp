#include "tests/fakes/net.hpp"
#include "tests/fakes/certificate.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include <unistd.h>

namespace fakes {
namespace {

constexpr std::uint32_t patience_ms = 20000;

/// A loop on its own thread, an echo server on it, plain or TLS.
class NetTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    Certificate files;
    if (GetParam()) {
      directory_ = std::filesystem::temp_directory_path() / ("fakes-net-" + std::to_string(getpid()));
      std::filesystem::create_directories(directory_);
      files = makeCertificate(directory_);
    }
    Server::Handlers handlers;
    handlers.onRequest = [this](const Request& request, Server::Reply reply) {
      Response response = answer_;
      if (response.body.empty()) response.body = request.method + " " + request.target + " " + request.body;
      response.headers.emplace_back("X-Seen", std::string(header(request.headers, "x-given")));
      reply(std::move(response));
    };
    handlers.onUpgrade = [this](const Request&) { return upgrade_; };
    handlers.onSocket = [this](const Request&, SocketPtr socket) {
      server_side_ = socket;
      Socket::Handlers echo;
      echo.onMessage = [socket](std::string_view payload, bool text) { socket->send(std::string(payload), text); };
      echo.onClose = [this](unsigned code, std::string_view) { server_closed_.set_value(code); };
      socket->start(std::move(echo));
    };
    server_ = std::make_unique<Server>(loop_, 0, handlers, files.certificate_pem_file, files.key_pem_file);
    upgrade_.status = 101;
    loop_.start();
  }
  void TearDown() override {
    loop_.call([this] {
      server_.reset();
      server_side_.reset();
    });
    std::filesystem::remove_all(directory_);
  }

  std::string url(const std::string& path, bool websocket = false) const {
    return std::string(websocket ? "ws" : "http") + (GetParam() ? "s" : "") +
           "://127.0.0.1:" + std::to_string(server_->port()) + path;
  }
  ClientResult ask(const std::string& path, std::uint32_t timeout_ms = patience_ms) {
    auto result = std::make_shared<std::promise<ClientResult>>();
    loop_.post([&] {
      request(loop_, "POST", url(path), {{"X-Given", "7"}}, "body", timeout_ms,
              [result](ClientResult r) { result->set_value(std::move(r)); });
    });
    return result->get_future().get();
  }
  std::pair<SocketPtr, ClientResult> open(const std::string& path) {
    auto result = std::make_shared<std::promise<std::pair<SocketPtr, ClientResult>>>();
    loop_.post([&] {
      connect(loop_, url(path, true), {}, patience_ms, [result](SocketPtr socket, ClientResult r) {
        result->set_value({std::move(socket), std::move(r)});
      });
    });
    return result->get_future().get();
  }

  std::filesystem::path directory_;
  Loop loop_;
  Response answer_, upgrade_;
  SocketPtr server_side_;
  std::promise<unsigned> server_closed_;
  std::unique_ptr<Server> server_;
};

TEST_P(NetTest, AnswersARequestWithItsHeadersAndBody) {
  const auto result = ask("/a?b=c%20d");
  EXPECT_EQ(result.status, 200u);
  EXPECT_EQ(result.body, "POST /a?b=c%20d body");
  EXPECT_EQ(header(result.headers, "x-seen"), "7");
}

TEST_P(NetTest, SendsAnAnswerByteByByte) {
  answer_.body = "slow";
  answer_.drip_ms = 1;
  EXPECT_EQ(ask("/").body, "slow");
}

TEST_P(NetTest, DropsTheConnectionInsteadOfAnswering) {
  answer_.drop = true;
  const auto result = ask("/");
  EXPECT_EQ(result.status, 0u);
  EXPECT_TRUE(result.connected);
  EXPECT_FALSE(result.error.empty());
}

TEST_P(NetTest, CutsTheConnectionInTheMiddleOfAnAnswer) {
  answer_.body = std::string(1000, 'x');
  answer_.cut_after = 200;
  const auto result = ask("/");
  EXPECT_EQ(result.status, 0u);
  EXPECT_TRUE(result.connected);
}

TEST_P(NetTest, RefusesConnectionsAndTakesThemAgainOnTheSamePort) {
  loop_.call([this] { server_->refuse(true); });
  const auto refused = ask("/");
  EXPECT_EQ(refused.status, 0u);
  EXPECT_FALSE(refused.connected);
  loop_.call([this] { server_->refuse(false); });
  EXPECT_EQ(ask("/").status, 200u);
}

TEST_P(NetTest, GivesUpARequestAtItsDeadline) {
  answer_.delay_ms = patience_ms;
  const auto result = ask("/", 50);
  EXPECT_EQ(result.status, 0u);
  EXPECT_EQ(result.error, "timed out");
}

TEST_P(NetTest, CarriesTextAndBinaryMessagesBothWaysAndTheCloseCode) {
  auto [socket, result] = open("/ws");
  ASSERT_TRUE(socket) << result.error;
  auto closed = std::make_shared<std::promise<unsigned>>();
  std::vector<std::pair<std::string, bool>> heard;
  const std::string big(300000, 'b');
  loop_.post([&, s = socket] {
    Socket::Handlers handlers;
    handlers.onMessage = [&, s](std::string_view payload, bool text) {
      heard.emplace_back(payload, text);
      if (heard.size() == 3) s->close(4001, "enough");
    };
    handlers.onClose = [closed](unsigned code, std::string_view) { closed->set_value(code); };
    s->start(std::move(handlers));
    s->send("one");
    s->ping("p");
    s->send(std::string("\0two", 4), false);
    s->send(big);
  });
  EXPECT_EQ(closed->get_future().get(), 4001u);
  EXPECT_EQ(server_closed_.get_future().get(), 4001u);
  ASSERT_EQ(heard.size(), 3u);
  EXPECT_EQ(heard[0], std::make_pair(std::string("one"), true));
  EXPECT_EQ(heard[1], std::make_pair(std::string("\0two", 4), false));
  EXPECT_TRUE(heard[2].first == big);
}

TEST_P(NetTest, ReportsAVanishedPeerAs1006) {
  auto [socket, result] = open("/ws");
  ASSERT_TRUE(socket) << result.error;
  loop_.post([s = socket] { s->reset(); });
  EXPECT_EQ(server_closed_.get_future().get(), 1006u);
}

TEST_P(NetTest, ReportsGarbageOnTheStreamAsABrokenSocket) {
  auto [socket, result] = open("/ws");
  ASSERT_TRUE(socket) << result.error;
  loop_.post([s = socket] {
    s->start({});  // the complaint of the other side must be read, or neither side ever closes
    s->sendRaw(std::string(64, '\xff'));
  });
  EXPECT_NE(server_closed_.get_future().get(), 1000u);
}

TEST_P(NetTest, HandsTheRefusalOfAnUpgradeToTheClient) {
  upgrade_.status = 403;
  upgrade_.body = "no";
  auto [socket, result] = open("/ws");
  EXPECT_FALSE(socket);
  EXPECT_EQ(result.status, 403u);
}

INSTANTIATE_TEST_SUITE_P(PlainAndTls, NetTest, testing::Bool(),
                         [](const auto& which) { return which.param ? "Tls" : "Plain"; });

TEST(NetUrl, ReportsAUrlOfTheWrongSchemeAsAnError) {
  Loop loop;
  loop.start();
  auto result = std::make_shared<std::promise<ClientResult>>();
  loop.post([&] {
    request(loop, "GET", "ws://127.0.0.1:1/", {}, "", 1000, [result](ClientResult r) { result->set_value(r); });
  });
  EXPECT_NE(result->get_future().get().error.find("not an http"), std::string::npos);
}

TEST(NetRequest, DecodesQueryParameters) {
  Request request;
  request.target = "/a/b?x=1&name=O%27Neil+%2B&empty=&flag";
  EXPECT_EQ(request.path(), "/a/b");
  EXPECT_EQ(request.query("name"), "O'Neil +");
  EXPECT_EQ(request.query("flag"), "");
  EXPECT_EQ(request.query("none"), "");
}

}  // namespace
}  // namespace fakes
