#include "tests/bench/storm/wire.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace storm {

namespace {

sockaddr_in here(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(std::uint16_t(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void atOnce(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

int listenSomewhere(int& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address = here(0);
  socklen_t size = sizeof address;
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 4096) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("cannot listen on a port of this machine");
  port = ntohs(address.sin_port);
  return fd;
}

int acceptNext(int listener) {
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) atOnce(fd);
  return fd;
}

int connectTo(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::runtime_error("there are no more sockets");
  atOnce(fd);
  const sockaddr_in address = here(port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) {
    ::close(fd);
    throw std::runtime_error("cannot connect to port " + std::to_string(port));
  }
  return fd;
}

char* Wire::room() {
  static thread_local char buffer[kRoom];
  return buffer;
}

Wire::Wire(Loop& loop, Source& owner, int fd, SSL* ssl, bool connecting)
    : loop_(loop), owner_(owner), fd_(fd), ssl_(ssl), connecting_(connecting), shaking_(ssl != nullptr) {
  if (ssl_) SSL_set_fd(ssl_, fd_);
  wants_write_ = connecting;
  loop_.add(fd_, owner_, connecting);
}

Wire::~Wire() { close(); }

void Wire::close() {
  if (ssl_) SSL_free(ssl_);
  ssl_ = nullptr;
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Wire::want(bool write) {
  if (write == wants_write_) return;
  wants_write_ = write;
  loop_.change(fd_, owner_, write);
}

bool Wire::advance(std::uint32_t events) {
  if (!open() || gone_) return false;
  if (connecting_) {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) return false;
    if (!(events & EPOLLOUT)) return true;
    connecting_ = false;
  }
  if (shaking_) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_);
    if (done != 1) {
      const int why = SSL_get_error(ssl_, done);
      want(why == SSL_ERROR_WANT_WRITE);
      return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
    }
    shaking_ = false;
  }
  return flush();
}

long Wire::readSome(char* to, std::size_t size) {
  if (!ssl_) {
    const ssize_t got = ::recv(fd_, to, size, 0);
    return got > 0 ? long(got) : got == 0 ? -1 : errno == EAGAIN || errno == EINTR ? 0 : -1;
  }
  ERR_clear_error();
  const int got = SSL_read(ssl_, to, int(size));
  if (got > 0) return got;
  const int why = SSL_get_error(ssl_, got);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

long Wire::writeSome(const char* data, std::size_t size) {
  if (!ssl_) {
    const ssize_t sent = ::send(fd_, data, size, MSG_NOSIGNAL);
    return sent >= 0 ? long(sent) : errno == EAGAIN || errno == EINTR ? 0 : -1;
  }
  ERR_clear_error();
  const int sent = SSL_write(ssl_, data, int(size));
  if (sent > 0) return sent;
  const int why = SSL_get_error(ssl_, sent);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

void Wire::send(const char* data, std::size_t size) {
  if (!open() || gone_) return;
  std::size_t sent = 0;
  if (!connecting_ && !shaking_ && queued() == 0) {
    const long now = writeSome(data, size);
    if (now < 0) return void(gone_ = true);
    sent = std::size_t(now);
    if (sent == size) return;
  }
  out_.append(data + sent, size - sent);
  if (!connecting_ && !shaking_) want(true);
}

bool Wire::flush() {
  while (queued() > 0) {
    const long sent = writeSome(out_.data() + out_begin_, queued());
    if (sent < 0) return false;
    if (sent == 0) return want(true), true;
    out_begin_ += std::size_t(sent);
  }
  out_.clear();
  out_begin_ = 0;
  want(false);
  return true;
}

}  // namespace storm
