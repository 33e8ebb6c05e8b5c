// The WebSocket of net.hpp over a plain or a TLS stream, either side.
#pragma once

#include "tests/fakes/net_impl.hpp"

#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <deque>

namespace fakes {

/// [loop] Keeps itself alive while a read or a write is under way.
template <class Stream>
class WebSocket final : public Socket, public Abandonable, public std::enable_shared_from_this<WebSocket<Stream>> {
 public:
  using Ws = beast::websocket::stream<Stream>;
  /// `stream` has finished its handshake.
  WebSocket(Loop& loop, std::unique_ptr<Ws> stream) : loop_(loop), registry_(loop.impl()), ws_(std::move(stream)) {
    registry_.open.insert(this);
    ws_->read_message_max(64u << 20);
    ws_->auto_fragment(false);  // Beast would cut messages above 4 kB into frames; the real providers do not
  }
  ~WebSocket() { registry_.open.erase(this); }

  void start(Handlers handlers) override;
  void send(std::string payload, bool text) override {
    enqueue({std::move(payload), text ? Kind::text : Kind::binary, 0});
  }
  void sendRaw(std::string bytes) override { enqueue({std::move(bytes), Kind::raw, 0}); }
  void ping(std::string payload) override { enqueue({std::move(payload), Kind::ping, 0}); }
  void close(unsigned code, std::string reason) override;
  void reset() override;
  void pauseReading(bool paused) override;
  std::size_t queuedBytes() const override { return queued_; }
  bool open() const override { return open_; }
  void abandon() override { handlers_ = {}; }

 private:
  enum class Kind { text = 1, binary = 2, raw = 3, ping = 4, close = 5 };
  struct Item {
    std::string bytes;
    Kind kind;
    unsigned code;
  };
  void enqueue(Item item);
  void write();
  void written(error_code error);
  void read();
  void finish(unsigned code, std::string reason);

  Loop& loop_;
  Loop::Impl& registry_;
  std::unique_ptr<Ws> ws_;
  Handlers handlers_;
  beast::flat_buffer in_;
  std::deque<Item> out_;
  std::size_t queued_ = 0;
  bool open_ = true, started_ = false, writing_ = false, reading_ = false, paused_ = false, closing_ = false;
};

extern template class WebSocket<Plain>;
extern template class WebSocket<Tls>;

}  // namespace fakes
