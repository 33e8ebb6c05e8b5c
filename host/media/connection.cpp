#include "host/media/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>

#include "host/media/farewell.hpp"

namespace hookswitch::media {

using net::IoStatus;
using net::WsEvent;

Connection::Connection(base::Loop& loop, std::unique_ptr<net::Stream> stream, net::WsRole role,
                       const ConnectionLimits& limits, std::uint64_t id, Listener& listener)
    : loop_(loop),
      stream_(std::move(stream)),
      parser_(role, limits.max_message),
      writer_(role),
      limits_(limits),
      id_(id),
      listener_(&listener),
      peer_ip_(stream_->peerIp()) {
  // A peer that vanished without a word: what we sent stays unacknowledged, and the kernel tells us.
  const unsigned unacknowledged_ms = 20'000;
  ::setsockopt(stream_->fd(), IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms);
  last_in_us_ = last_progress_us_ = last_ping_us_ = loop_.livedUs();
}

Connection::~Connection() {
  for (auto timer : {close_timer_, liveness_timer_, reread_timer_}) loop_.cancel(timer);
  loop_.forgetFlush(*this);
  if (watched_) loop_.remove(stream_->fd());
}

void Connection::start(std::string_view leftover) {
  watched_ = EPOLLIN;
  loop_.add(stream_->fd(), watched_, *this);
  checkLiveness();
  if (!leftover.empty()) parser_.feed(leftover);
  // Bytes that TLS has already decrypted raise no event, so read once without waiting for one.
  deliver();
  if (state_ != State::closed) readAll();
}

bool Connection::send(std::string_view payload, bool text, bool droppable) {
  if (state_ != State::open) return false;
  if (droppable && unsent() > limits_.droppable_queue) {
    ++dropped_;
    return false;
  }
  if (unsent() + payload.size() > limits_.max_queue) {
    finish(1008, "the peer reads too slowly: " + std::to_string(unsent()) + " bytes are waiting for it");
    return false;
  }
  if (out_.size() == out_begin_) last_progress_us_ = loop_.livedUs();
  if (text)
    writer_.text(out_, payload);
  else
    writer_.binary(out_, payload);
  loop_.wantFlush(*this);
  return true;
}

void Connection::close(std::uint16_t code, std::string_view reason) {
  if (state_ != State::open) return;
  state_ = State::closing;
  close_code_ = code;
  close_reason_ = std::string(reason);
  writer_.close(out_, code, reason);
  loop_.wantFlush(*this);
  close_timer_ = loop_.after(limits_.close_ms, [this] { finishSaid(close_code_, close_reason_); });
}

void Connection::onEvents(std::uint32_t) {
  // Errors and hang-ups show themselves in the read; TLS may want the other direction than the event's.
  if (state_ != State::closed && (unsent() || write_wants_read_)) flushNow();
  if (state_ != State::closed) readAll();
}

void Connection::readAll() {
  // A peer that sends faster than we parse must not keep the loop: after this much its other calls have a turn.
  std::size_t budget = 256 * 1024;
  read_wants_write_ = false;
  while (state_ != State::closed && !parser_.finished()) {
    auto space = parser_.prepare(budget > 64 * 1024 ? 8192 : 4096);
    const net::IoResult got = stream_->read(space.data, space.size);
    if (got.status == IoStatus::done) {
      last_in_us_ = loop_.livedUs();
      parser_.commit(got.bytes);
      deliver();
      if (state_ == State::closed) return;
      if (got.bytes >= budget) {
        if (stream_->pendingDecrypted() && !reread_timer_)
          reread_timer_ = loop_.after(0, [this] {
            reread_timer_ = 0;
            readAll();
          });
        break;
      }
      budget -= got.bytes;
      // Plain TCP with room left in the buffer: the kernel had no more, and would say so at the cost of a call.
      if (!stream_->tls() && got.bytes < space.size) break;
      continue;
    }
    if (got.status == IoStatus::wantRead) break;
    if (got.status == IoStatus::wantWrite) {
      read_wants_write_ = true;
      break;
    }
    if (got.status == IoStatus::closed) return finish(1006, "the peer cut the connection");
    return finish(1006, stream_->error());
  }
  if (state_ != State::closed) watch();
}

void Connection::deliver() {
  if (reading_) return;
  reading_ = true;
  for (WsEvent e = parser_.next(); e.kind != WsEvent::Kind::needMore; e = parser_.next()) {
    switch (e.kind) {
      case WsEvent::Kind::message:
        if (listener_ && state_ == State::open) listener_->onMessage(*this, e.payload, e.text);
        break;
      case WsEvent::Kind::ping:
        if (state_ == State::open && unsent() < limits_.max_queue) {
          writer_.pong(out_, e.payload);
          loop_.wantFlush(*this);
        }
        break;
      case WsEvent::Kind::close: {
        const std::uint16_t code = e.code;
        const std::string reason(e.payload);
        if (state_ == State::open) {
          writer_.close(out_, net::isSendableCloseCode(code) ? code : std::uint16_t(1000));
          finishSaid(code, reason);
        } else {
          finishSaid(close_code_, close_reason_);
        }
        break;
      }
      case WsEvent::Kind::error: {
        // Our close frame was the last that we may send (RFC 6455 §5.5.1).
        if (state_ != State::open) {
          finishSaid(close_code_, close_reason_);
          break;
        }
        const std::uint16_t code = e.code;
        const std::string reason(e.payload);
        writer_.close(out_, code, reason);
        finishSaid(code, reason);
        break;
      }
      default: break;
    }
    if (state_ == State::closed) break;
  }
  reading_ = false;
}

void Connection::flushNow() {
  write_wants_read_ = false;
  while (state_ != State::closed && unsent()) {
    const net::IoResult sent = stream_->write(out_.data() + out_begin_, unsent());
    if (sent.status == IoStatus::done) {
      out_begin_ += sent.bytes;
      last_progress_us_ = loop_.livedUs();
      continue;
    }
    if (sent.status == IoStatus::wantWrite) break;
    if (sent.status == IoStatus::wantRead) {
      write_wants_read_ = true;
      break;
    }
    return finish(1006, sent.status == IoStatus::closed ? "the peer cut the connection" : stream_->error());
  }
  if (!unsent()) {
    out_begin_ = 0;
    if (out_.capacity() > 64 * 1024)
      std::string().swap(out_);
    else
      out_.clear();
  } else if (out_begin_ > 64 * 1024) {
    out_.erase(0, out_begin_);
    out_begin_ = 0;
  }
  if (state_ != State::closed) watch();
}

void Connection::watch() {
  if (!watched_) return;
  const bool want_write = (unsent() && !write_wants_read_) || read_wants_write_;
  const std::uint32_t wanted = EPOLLIN | (want_write ? std::uint32_t(EPOLLOUT) : 0u);
  if (wanted == watched_) return;
  watched_ = wanted;
  loop_.change(stream_->fd(), wanted, *this);
}

void Connection::checkLiveness() {
  const std::int64_t now = loop_.livedUs();
  if (unsent() && now - last_progress_us_ > std::int64_t(limits_.stall_ms) * 1000)
    return finish(1006, "the peer has not read anything for " + std::to_string(limits_.stall_ms / 1000) + " s");
  if (limits_.idle_ms && now - last_in_us_ > std::int64_t(limits_.idle_ms) * 1000)
    return finish(1006, "nothing came from the peer for " + std::to_string(limits_.idle_ms / 1000) + " s");
  if (limits_.ping_ms && state_ == State::open && now - last_ping_us_ >= std::int64_t(limits_.ping_ms) * 1000) {
    last_ping_us_ = now;
    writer_.ping(out_);
    loop_.wantFlush(*this);
  }
  liveness_timer_ = loop_.after(1000, [this] { checkLiveness(); });
}

bool Connection::failed(const std::string& why) {
  const bool said = listener_ && listener_->onFailed(*this, why);
  finish(1006, "an internal error of the gateway");
  return said;
}

void Connection::finish(std::uint32_t code, std::string_view reason) {
  if (state_ == State::closed) return;
  state_ = State::closed;
  for (auto timer : {close_timer_, liveness_timer_, reread_timer_}) loop_.cancel(timer);
  loop_.forgetFlush(*this);
  if (watched_) {
    loop_.remove(stream_->fd());
    watched_ = 0;
  }
  if (stream_) {
    stream_->shutdown();
    stream_->close();
  }
  if (Listener* listener = listener_) {
    listener_ = nullptr;
    listener->onClosed(*this, code, reason);
  }
  if (unowned_) loop_.letGo(this);
}

void Connection::finishSaid(std::uint32_t code, std::string_view reason) {
  if (state_ == State::closed) return;
  if (watched_) {
    loop_.remove(stream_->fd());
    watched_ = 0;
  }
  Farewell::begin(loop_, std::move(stream_), out_.substr(out_begin_));
  finish(code, reason);
}

void Connection::release(std::unique_ptr<Connection> connection, std::uint16_t code, std::string_view reason) {
  Connection& c = *connection;
  base::Loop& loop = c.loop_;
  c.listener_ = nullptr;
  c.close(code, reason);
  if (c.closed()) return loop.dispose(std::move(connection));
  c.unowned_ = true;
  loop.keep(std::move(connection));
}

}  // namespace hookswitch::media
