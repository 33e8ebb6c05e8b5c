// The set-up of the tests of a WebSocket on a loop: the connection, and a peer that does what it likes.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "host/net/ws_connection.hpp"
#include "tests/net/loop_support.hpp"

namespace loop_test {

using base::Loop;
using net::WsConnection;
using net::WsConnectionLimits;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ConnectionTest : public testing::Test, public WsConnection::Listener {
 protected:
  void SetUp() override { loop.start(); }
  void TearDown() override {  // not the destructor: until it has stopped, the loop calls this object's functions
    on(loop, [&] { connection.reset(); });
    loop.stop();
  }
  void open(const std::string& leftover = {}) {
    int ours = -1;
    auto stream = socketPair(ours);
    ASSERT_TRUE(stream);
    peer = std::make_unique<Peer>(ours);
    host_fd = stream->fd();
    on(loop, [&] {
      connection = std::make_unique<WsConnection>(loop, std::move(stream), net::WsRole::server, limits, 7, *this);
      connection->start(leftover);
    });
  }
  bool send(std::string_view payload, bool text = true, bool droppable = false) {
    bool taken = false;
    on(loop, [&] { taken = connection->send(payload, text, droppable); });
    return taken;
  }
  void onMessage(WsConnection& c, std::string_view payload, bool text) override {
    EXPECT_EQ(c.id(), 7u);
    diary.add((text ? "text " : "binary ") + std::string(payload));
    if (on_message) on_message(c, payload);
  }
  bool onFailed(WsConnection&, const std::string& why) override {
    diary.add("failed: " + why);
    return true;
  }
  void onClosed(WsConnection&, std::uint32_t code, std::string_view reason) override {
    diary.add("closed " + std::to_string(code) + (reason.empty() ? "" : " " + std::string(reason)));
    if (on_closed) on_closed();
  }

  WsConnectionLimits limits;
  Loop loop{"test"};
  std::unique_ptr<WsConnection> connection;
  std::unique_ptr<Peer> peer;
  Diary diary;
  int host_fd = -1;
  std::function<void(WsConnection&, std::string_view)> on_message;  // [loop]
  std::function<void()> on_closed;                                  // [loop]
};

}  // namespace loop_test
