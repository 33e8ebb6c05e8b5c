#include "host/net/stream.hpp"

#include "host/net/tls.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <system_error>
#include <utility>

namespace hookswitch::net {

namespace {

std::string systemError(int number) { return std::generic_category().message(number); }

bool wouldBlock(int number) { return number == EAGAIN || number == EWOULDBLOCK; }
bool peerGone(int number) { return number == ECONNRESET || number == EPIPE || number == ETIMEDOUT; }

// A socket BIO that sends with MSG_NOSIGNAL: OpenSSL's own uses write(), which raises SIGPIPE when the peer is gone.
int bioFd(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int bioWrite(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(bioFd(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && (wouldBlock(errno) || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int bioRead(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(bioFd(bio), data, static_cast<std::size_t>(size), 0);
  if (got < 0 && (wouldBlock(errno) || errno == EINTR)) BIO_set_retry_read(bio);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(got);
}

long bioControl(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO* newSocketBio(int fd) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "hookswitch socket");
    BIO_meth_set_write(made, bioWrite);
    BIO_meth_set_read(made, bioRead);
    BIO_meth_set_ctrl(made, bioControl);
    return made;
  }();
  BIO* bio = BIO_new(method);
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  BIO_set_init(bio, 1);
  return bio;
}

/// The oldest entry of the thread's error queue in words, plus why a certificate was refused.
std::string tlsError(SSL* ssl) {
  if (const std::string* refused = refusedCertificate(ssl)) return *refused;
  const unsigned long code = ERR_get_error();
  const char* reason = ERR_reason_error_string(code);
  return std::string("TLS error: ") + (reason != nullptr ? reason : "unknown");
}

/// Empty for what has no address, such as a socket pair.
std::string peerOf(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
  char text[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(storage).sin_addr, text, sizeof text);
  } else if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
      ::inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text, sizeof text);
    else
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  }
  return text;
}

}  // namespace

int remainingMs(Deadline deadline) {
  const auto left = deadline - Clock::now();
  if (left <= Clock::duration::zero()) return 0;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::min<long long>(ms, INT_MAX));
}

bool waitFd(int fd, bool for_write, Deadline deadline) {
  pollfd entry{fd, static_cast<short>(for_write ? POLLOUT : POLLIN), 0};
  for (;;) {
    const int left = remainingMs(deadline);
    if (left == 0) return false;
    if (::poll(&entry, 1, left) > 0) return true;  // an error or hang-up shows in the call that follows
  }
}

Stream::Stream(int fd, ssl_st* ssl) : fd_(fd), ssl_(ssl) {
  ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // fails harmlessly on a socketpair
  peer_ip_ = peerOf(fd_);
  if (ssl_ != nullptr) {
    BIO* bio = newSocketBio(fd_);
    SSL_set_bio(ssl_, bio, bio);
    SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  }
}

Stream::~Stream() { close(); }

void Stream::close(bool reset) {
  if (ssl_ != nullptr) {
    SSL_free(ssl_);
    ssl_ = nullptr;
  }
  if (fd_ < 0) return;
  if (reset) {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  ::close(fd_);
  fd_ = -1;
}

IoResult Stream::fail(std::string sentence) {
  error_ = std::move(sentence);
  return {IoStatus::failed, 0};
}

template <typename Call>
IoResult Stream::sslCall(Call call) {
  if (ssl_broken_) return {IoStatus::closed, 0};
  ERR_clear_error();  // an entry left by another connection on this thread would be read as our failure
  errno = 0;
  std::size_t moved = 0;
  const int result = call(&moved);
  if (result > 0) return {IoStatus::done, moved};
  const int system = errno;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: return {IoStatus::wantRead, 0};
    case SSL_ERROR_WANT_WRITE: return {IoStatus::wantWrite, 0};
    case SSL_ERROR_ZERO_RETURN: return {IoStatus::closed, 0};
    case SSL_ERROR_SYSCALL:
      ssl_broken_ = true;
      if (system == 0 || peerGone(system)) return {IoStatus::closed, 0};
      return fail(systemError(system));
    default:
      ssl_broken_ = true;
      // OpenSSL 3 reports a TCP close without close_notify as a protocol error; peers do it all the time.
      if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return {IoStatus::closed, 0};
      return fail(tlsError(ssl_));
  }
}

IoResult Stream::read(char* data, std::size_t size) {
  if (fd_ < 0) return {IoStatus::closed, 0};
  if (ssl_ != nullptr) return sslCall([&](std::size_t* moved) { return SSL_read_ex(ssl_, data, size, moved); });
  for (;;) {
    const ssize_t got = ::recv(fd_, data, size, 0);
    if (got > 0) return {IoStatus::done, static_cast<std::size_t>(got)};
    if (got == 0 || peerGone(errno)) return {IoStatus::closed, 0};
    if (wouldBlock(errno)) return {IoStatus::wantRead, 0};
    if (errno != EINTR) return fail(systemError(errno));
  }
}

IoResult Stream::write(const char* data, std::size_t size) {
  if (fd_ < 0) return {IoStatus::closed, 0};
  if (ssl_ != nullptr) return sslCall([&](std::size_t* moved) { return SSL_write_ex(ssl_, data, size, moved); });
  for (;;) {
    const ssize_t sent = ::send(fd_, data, size, MSG_NOSIGNAL);
    if (sent >= 0) return {IoStatus::done, static_cast<std::size_t>(sent)};
    if (peerGone(errno)) return {IoStatus::closed, 0};
    if (wouldBlock(errno)) return {IoStatus::wantWrite, 0};
    if (errno != EINTR) return fail(systemError(errno));
  }
}

IoResult Stream::handshake() {
  if (fd_ < 0) return {IoStatus::closed, 0};
  if (ssl_ == nullptr) return {IoStatus::done, 0};
  const IoResult result = sslCall([&](std::size_t*) { return SSL_do_handshake(ssl_); });
  if (result.status == IoStatus::closed) error_ = "the peer closed the connection during the TLS handshake";
  return result;
}

bool Stream::pendingDecrypted() const { return ssl_ != nullptr && SSL_pending(ssl_) > 0; }

void Stream::shutdown() {
  if (fd_ < 0) return;
  if (ssl_ != nullptr && !ssl_broken_ && SSL_is_init_finished(ssl_) != 0) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
  }
  ::shutdown(fd_, SHUT_WR);
}

template <typename Call>
IoResult Stream::repeatBy(Deadline deadline, Call call) {
  for (;;) {
    const IoResult result = call();
    if (result.status != IoStatus::wantRead && result.status != IoStatus::wantWrite) return result;
    if (!waitFd(fd_, result.status == IoStatus::wantWrite, deadline)) return {IoStatus::timedOut, 0};
  }
}

IoResult Stream::readBy(char* data, std::size_t size, Deadline deadline) {
  if (remainingMs(deadline) == 0) return {IoStatus::timedOut, 0};  // a peer that always has a byte must not win
  return repeatBy(deadline, [&] { return read(data, size); });
}

IoResult Stream::writeAllBy(std::string_view data, Deadline deadline) {
  std::size_t sent = 0;
  while (sent < data.size()) {
    if (remainingMs(deadline) == 0) return {IoStatus::timedOut, sent};
    const IoResult result = repeatBy(deadline, [&] { return write(data.data() + sent, data.size() - sent); });
    if (result.status != IoStatus::done) return {result.status, sent};
    sent += result.bytes;
  }
  return {IoStatus::done, sent};
}

IoResult Stream::handshakeBy(Deadline deadline) {
  return repeatBy(deadline, [&] { return handshake(); });
}

}  // namespace hookswitch::net
