#include "host/net/ws_connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>

#include "host/net/farewell.hpp"
#include "host/net/lent_buffer.hpp"

namespace hookswitch::net {
namespace {

constexpr std::size_t most_read_a_turn = 256 * 1024;  // read of one connection in a turn of the loop

}  // namespace

WsConnection::WsConnection(base::Loop& loop, std::unique_ptr<Stream> stream, WsRole role,
                           const WsConnectionLimits& limits, std::uint64_t id, Listener& listener)
    : loop_(loop),
      stream_(std::move(stream)),
      parser_(role, limits.max_message),
      writer_(role),
      limits_(limits),
      id_(id),
      listener_(&listener),
      peer_ip_(stream_->peerIp()) {
  // What the peer does not read waits here, where it is bounded by kind, and not by megabytes in the kernel.
  const int most_unsent = 16 * 1024;
  ::setsockopt(stream_->fd(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most_unsent, sizeof most_unsent);
  // A peer that vanished without a word: what we sent stays unacknowledged, and the kernel tells us.
  const unsigned unacknowledged_ms = 20'000;
  ::setsockopt(stream_->fd(), IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms);
  last_in_us_ = last_progress_us_ = last_ping_us_ = loop_.livedUs();
}

WsConnection::~WsConnection() {
  for (auto timer : {close_timer_, liveness_timer_, reread_timer_}) loop_.cancel(timer);
  loop_.forgetFlush(*this);
  if (watched_) loop_.remove(stream_->fd());
}

void WsConnection::start(std::string_view leftover) {
  watched_ = EPOLLIN;
  loop_.add(stream_->fd(), watched_, *this);
  checkLiveness();
  if (!leftover.empty()) parser_.feed(leftover);
  // Bytes that TLS has already decrypted raise no event, so read once without waiting for one.
  deliver();
  if (state_ != State::closed) readAll();
}

bool WsConnection::send(std::string_view payload, bool text, bool droppable) {
  if (state_ != State::open) return false;
  if (droppable && unsent() > limits_.droppable_queue) return false;
  if (unsent() + payload.size() > limits_.max_queue) {
    finish(1008, "the peer reads too slowly: " + std::to_string(unsent()) + " bytes are waiting for it");
    return false;
  }
  if (out_.empty()) {
    last_progress_us_ = loop_.livedUs();
    LentBuffer::lend(out_);
  }
  if (text)
    writer_.text(out_, payload);
  else
    writer_.binary(out_, payload);
  loop_.wantFlush(*this);
  return true;
}

void WsConnection::close(std::uint16_t code, std::string_view reason) {
  if (state_ != State::open) return;
  state_ = State::closing;
  close_code_ = code;
  close_reason_ = std::string(reason);
  writer_.close(out_, code, reason);
  loop_.wantFlush(*this);
  close_timer_ = loop_.after(limits_.close_ms, [this] { finishSaid(close_code_, close_reason_); });
}

void WsConnection::onEvents(std::uint32_t) {
  // Errors and hang-ups show themselves in the read; TLS may want the other direction than the event's.
  if (state_ != State::closed && (unsent() || write_wants_read_)) flushNow();
  if (state_ != State::closed) readAll();
}

void WsConnection::readAll() {
  // A peer that sends faster than we parse must not keep the loop: after this much its other calls have a turn.
  std::size_t budget = most_read_a_turn;
  read_wants_write_ = false;
  while (state_ != State::closed && !parser_.finished() && readSome(budget)) {}
  if (!reading_) parser_.rest();
  if (state_ != State::closed) watch();
}

/// False: that is all for now.
bool WsConnection::readSome(std::size_t& budget) {
  const auto space = parser_.prepare(budget > most_read_a_turn / 4 ? 8192 : 4096);
  const IoResult got = stream_->read(space.data, space.size);
  switch (got.status) {
    case IoStatus::done: return received(got.bytes, space.size, budget);
    case IoStatus::wantRead: return false;
    case IoStatus::wantWrite: read_wants_write_ = true; return false;
    case IoStatus::closed: finish(1006, "the peer cut the connection"); return false;
    default: finish(1006, stream_->error()); return false;
  }
}

/// Bytes that were read into a space of `size`. False: that is all for now.
bool WsConnection::received(std::size_t bytes, std::size_t size, std::size_t& budget) {
  last_in_us_ = loop_.livedUs();
  parser_.commit(bytes);
  deliver();
  if (state_ == State::closed) return false;
  if (bytes < budget) {
    budget -= bytes;
    // Plain TCP with room left in the buffer: the kernel had no more, and would say so at the cost of a call.
    return stream_->tls() || bytes == size;
  }
  if (stream_->pendingDecrypted() && !reread_timer_)
    reread_timer_ = loop_.after(0, [this] {
      reread_timer_ = 0;
      readAll();
    });
  return false;
}

void WsConnection::deliver() {
  if (reading_) return;
  reading_ = true;
  for (WsEvent e = parser_.next(); e.kind != WsEvent::Kind::needMore; e = parser_.next()) {
    deliver(e);
    if (state_ == State::closed) break;
  }
  reading_ = false;
}

void WsConnection::deliver(const WsEvent& e) {
  switch (e.kind) {
    case WsEvent::Kind::message:
      if (listener_ && state_ == State::open) listener_->onMessage(*this, e.payload, e.text);
      return;
    case WsEvent::Kind::ping:
      if (state_ != State::open || unsent() >= limits_.max_queue) return;
      writer_.pong(out_, e.payload);
      return loop_.wantFlush(*this);
    case WsEvent::Kind::close:
    case WsEvent::Kind::error: {
      // Behind our close frame nothing may be sent (RFC 6455 §5.5.1), whatever the peer has to say.
      if (state_ != State::open) return finishSaid(close_code_, close_reason_);
      const std::uint16_t code = e.code;
      const std::string reason(e.payload);
      if (e.kind == WsEvent::Kind::error)
        writer_.close(out_, code, reason);
      else
        writer_.close(out_, isSendableCloseCode(code) ? code : std::uint16_t(1000));
      return finishSaid(code, reason);
    }
    default: return;
  }
}

void WsConnection::flushNow() {
  write_wants_read_ = false;
  while (state_ != State::closed && unsent()) {
    const IoResult sent = stream_->write(out_.data() + out_begin_, unsent());
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
    LentBuffer::reclaim(out_);
  } else if (out_begin_ > 64 * 1024) {
    out_.erase(0, out_begin_);
    out_begin_ = 0;
  }
  if (state_ == State::closed) return;
  if (unsent()) planLiveness();
  watch();
}

void WsConnection::watch() {
  if (!watched_) return;
  const bool want_write = (unsent() && !write_wants_read_) || read_wants_write_;
  const std::uint32_t wanted = EPOLLIN | (want_write ? std::uint32_t(EPOLLOUT) : 0u);
  if (wanted == watched_) return;
  watched_ = wanted;
  loop_.change(stream_->fd(), wanted, *this);
}

void WsConnection::checkLiveness() {
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
  planLiveness();
}

/// A timer for the first moment in which there may be something to judge: a connection at rest wakes nobody sooner.
/// What comes meanwhile moves that moment on, so the timer may find nothing.
void WsConnection::planLiveness() {
  constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
  std::int64_t due = never;
  if (unsent()) due = last_progress_us_ + std::int64_t(limits_.stall_ms) * 1000;
  if (limits_.idle_ms) due = std::min(due, last_in_us_ + std::int64_t(limits_.idle_ms) * 1000);
  if (limits_.ping_ms && state_ == State::open)
    due = std::min(due, last_ping_us_ + std::int64_t(limits_.ping_ms) * 1000);
  if (due == never || (liveness_timer_ && liveness_due_us_ <= due)) return;
  loop_.cancel(liveness_timer_);
  liveness_due_us_ = due;
  const std::int64_t left = std::max<std::int64_t>(due - loop_.livedUs(), 0);
  liveness_timer_ = loop_.after(std::uint64_t(left / 1000 + 1), [this] {
    liveness_timer_ = 0;
    checkLiveness();
  });
}

bool WsConnection::failed(const std::string& why) {
  const bool said = listener_ && listener_->onFailed(*this, why);
  finish(1006, "an internal error of the gateway");
  return said;
}

void WsConnection::finish(std::uint32_t code, std::string_view reason) {
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

void WsConnection::finishSaid(std::uint32_t code, std::string_view reason) {
  if (state_ == State::closed) return;
  if (watched_) {
    loop_.remove(stream_->fd());
    watched_ = 0;
  }
  Farewell::begin(loop_, std::move(stream_), out_.substr(out_begin_));
  finish(code, reason);
}

void WsConnection::release(std::unique_ptr<WsConnection> connection, std::uint16_t code, std::string_view reason) {
  WsConnection& c = *connection;
  base::Loop& loop = c.loop_;
  c.listener_ = nullptr;
  c.close(code, reason);
  if (c.closed()) return loop.dispose(std::move(connection));
  c.unowned_ = true;
  loop.keep(std::move(connection));
}

}  // namespace hookswitch::net
