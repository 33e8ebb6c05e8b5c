#include "host/net/farewell.hpp"

#include <sys/epoll.h>

#include <utility>

namespace hookswitch::net {

namespace {
constexpr std::size_t turn_bytes = 256 * 1024;  // a peer that floods must not keep the loop
}

Farewell::Farewell(base::Loop& loop, std::unique_ptr<Stream> stream, std::string unsent)
    : loop_(loop), stream_(std::move(stream)), out_(std::move(unsent)) {}

Farewell::~Farewell() {
  loop_.cancel(timer_);
  if (watched_) loop_.remove(stream_->fd());
  stream_->close();
}

void Farewell::begin(base::Loop& loop, std::unique_ptr<Stream> stream, std::string unsent) {
  std::unique_ptr<Farewell> farewell(new Farewell(loop, std::move(stream), std::move(unsent)));
  Farewell* self = farewell.get();
  if (!self->goOn()) return;
  self->watched_ = EPOLLIN | (self->want_write_ ? std::uint32_t(EPOLLOUT) : 0u);
  loop.add(self->stream_->fd(), self->watched_, *self);
  self->timer_ = loop.after(longest_ms, [self] { self->loop_.letGo(self); });
  loop.keep(std::move(farewell));
}

void Farewell::onEvents(std::uint32_t) {
  if (!goOn()) {
    loop_.remove(stream_->fd());
    watched_ = 0;
    return loop_.letGo(this);
  }
  const std::uint32_t wanted = EPOLLIN | (want_write_ ? std::uint32_t(EPOLLOUT) : 0u);
  if (wanted != std::exchange(watched_, wanted)) loop_.change(stream_->fd(), wanted, *this);
}

bool Farewell::failed(const std::string&) {
  watched_ = 0;
  loop_.letGo(this);
  return false;
}

bool Farewell::goOn() {
  want_write_ = false;
  return send() && drop();
}

bool Farewell::send() {
  while (sent_ < out_.size()) {
    const IoResult result = stream_->write(out_.data() + sent_, out_.size() - sent_);
    if (result.status == IoStatus::done) {
      sent_ += result.bytes;
      continue;
    }
    want_write_ = result.status == IoStatus::wantWrite;
    return want_write_ || result.status == IoStatus::wantRead;
  }
  if (!std::exchange(said_, true)) stream_->shutdown();
  return true;
}

bool Farewell::drop() {
  char bytes[16 * 1024];
  // What TLS has already decrypted raises no event.
  for (std::size_t turn = 0; turn < turn_bytes || stream_->pendingDecrypted();) {
    const IoResult got = stream_->read(bytes, sizeof bytes);
    if (got.status == IoStatus::wantRead) return true;
    if (got.status == IoStatus::wantWrite) return want_write_ = true;
    if (got.status != IoStatus::done) return false;
    turn += got.bytes;
    dropped_ += got.bytes;
    if (dropped_ > most_bytes) return false;
  }
  return true;
}

}  // namespace hookswitch::net
