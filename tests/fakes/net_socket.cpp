#include "tests/fakes/net_socket.hpp"

namespace fakes {

namespace ws = beast::websocket;

namespace {
constexpr std::uint32_t close_wait_ms = 3000;  // a peer that does not answer our close frame is cut off
}

template <class Stream>
void WebSocket<Stream>::start(Handlers handlers) {
  handlers_ = std::move(handlers);
  started_ = true;
  if (open_) {
    read();
  } else {
    // Closed before anybody listened: report it all the same, but not from within start().
    loop_.post([self = this->shared_from_this()] {
      auto on_close = std::move(self->handlers_.onClose);
      self->handlers_ = {};
      if (on_close) on_close(1006, "closed before start");
    });
  }
}

template <class Stream>
void WebSocket<Stream>::enqueue(Item item) {
  if (!open_ || closing_) return;
  queued_ += item.bytes.size();
  if (item.kind == Kind::close) closing_ = true;
  out_.push_back(std::move(item));
  if (!writing_) write();
}

template <class Stream>
void WebSocket<Stream>::write() {
  writing_ = true;
  const Item& item = out_.front();
  auto done = [self = this->shared_from_this()](error_code error, std::size_t = 0) { self->written(error); };
  switch (item.kind) {
    case Kind::text:
    case Kind::binary:
      ws_->text(item.kind == Kind::text);
      ws_->async_write(asio::buffer(item.bytes), std::move(done));
      break;
    case Kind::raw: asio::async_write(ws_->next_layer(), asio::buffer(item.bytes), std::move(done)); break;
    case Kind::ping: ws_->async_ping(ws::ping_data(item.bytes.substr(0, 125)), std::move(done)); break;
    case Kind::close: {
      ws::close_reason reason(static_cast<ws::close_code>(item.code));
      reason.reason = item.bytes.substr(0, 123);
      ws_->async_close(reason, [self = this->shared_from_this()](error_code error) {
        if (error && error != ws::error::closed && error != asio::error::operation_aborted)
          return self->finish(1006, error.message());
        self->finish(self->ws_->reason().code ? unsigned(self->ws_->reason().code) : 1006u,
                     std::string(self->ws_->reason().reason.c_str()));
      });
      break;
    }
  }
}

template <class Stream>
void WebSocket<Stream>::written(error_code error) {
  writing_ = false;
  if (!open_) return;
  if (error) return finish(1006, error.message());
  queued_ -= out_.front().bytes.size();
  out_.pop_front();
  if (!out_.empty()) write();
}

template <class Stream>
void WebSocket<Stream>::read() {
  if (reading_ || paused_ || !open_) return;
  reading_ = true;
  ws_->async_read(in_, [self = this->shared_from_this()](error_code error, std::size_t) {
    self->reading_ = false;
    if (!self->open_) return;
    if (error == ws::error::closed)
      return self->finish(unsigned(self->ws_->reason().code), std::string(self->ws_->reason().reason.c_str()));
    if (error) return self->finish(1006, error.message());
    const auto data = self->in_.data();
    const std::string_view payload(static_cast<const char*>(data.data()), data.size());
    if (self->handlers_.onMessage) self->handlers_.onMessage(payload, self->ws_->got_text());
    self->in_.consume(self->in_.size());
    self->read();
  });
}

template <class Stream>
void WebSocket<Stream>::close(unsigned code, std::string reason) {
  if (!open_ || closing_) return;
  enqueue({std::move(reason), Kind::close, code});
  loop_.after(close_wait_ms, [weak = this->weak_from_this()] {
    if (auto self = weak.lock(); self && self->open_) self->reset();
  });
}

template <class Stream>
void WebSocket<Stream>::reset() {
  if (!open_) return;
  resetTcp(beast::get_lowest_layer(*ws_));
  finish(1006, "reset here");
}

template <class Stream>
void WebSocket<Stream>::pauseReading(bool paused) {
  paused_ = paused;
  // The kernel would go on to read megabytes in its place.
  error_code ignored;
  if (paused) beast::get_lowest_layer(*ws_).set_option(asio::socket_base::receive_buffer_size(4096), ignored);
  if (!paused && started_) read();
}

template <class Stream>
void WebSocket<Stream>::finish(unsigned code, std::string reason) {
  if (!open_) return;
  open_ = false;
  error_code ignored;
  beast::get_lowest_layer(*ws_).close(ignored);
  queued_ = 0;
  if (!started_) return;  // start() reports it
  // From the loop, not from within reset(): the caller need not expect its own handler to run under it.
  loop_.post([self = this->shared_from_this(), code, reason = std::move(reason)] {
    auto on_close = std::move(self->handlers_.onClose);
    self->handlers_ = {};
    if (on_close) on_close(code, reason);
  });
}

template class WebSocket<Plain>;
template class WebSocket<Tls>;

}  // namespace fakes
