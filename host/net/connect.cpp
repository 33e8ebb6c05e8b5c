#include "host/net/connect.hpp"

#include "host/net/resolver.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

namespace hookswitch::net {

namespace {

/// -1: `reason` says why; timed_out only when the deadline itself has passed.
int connectOne(const Endpoint& endpoint, Deadline deadline, std::string& reason) {
  const int fd = ::socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    reason = std::generic_category().message(errno);
    return -1;
  }
  int failure = 0;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.length) != 0) {
    failure = errno;
    if (failure == EINPROGRESS || failure == EINTR) {
      failure = ETIMEDOUT;
      socklen_t size = sizeof failure;
      if (waitFd(fd, true, deadline)) ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
    }
  }
  if (failure == 0) return fd;
  reason = failure == ETIMEDOUT ? "no answer in time" : std::generic_category().message(failure);
  ::close(fd);
  return -1;
}

int connectAny(const std::vector<Endpoint>& endpoints, Deadline deadline, std::string& reason) {
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const auto share = (deadline - Clock::now()) / static_cast<long>(endpoints.size() - i);
    const int fd = connectOne(endpoints[i], std::min(deadline, Clock::now() + share), reason);
    if (fd >= 0) return fd;
  }
  return -1;
}

std::string handshakeFailure(const Stream& stream, IoStatus status) {
  if (status == IoStatus::timedOut) return "the TLS handshake took too long";
  return stream.error().empty() ? "the TLS handshake failed" : stream.error();
}

}  // namespace

Opened openStream(const Url& url, std::shared_ptr<const TlsContext> tls, Deadline deadline) {
  Opened opened;
  std::string reason;
  const std::vector<Endpoint> endpoints = resolveHost(url.host, url.port, deadline, reason, opened.timed_out);
  const int fd = connectAny(endpoints, deadline, reason);
  if (fd < 0) {
    opened.timed_out = opened.timed_out || remainingMs(deadline) == 0;
  } else if (!url.tls()) {
    opened.stream = std::make_unique<Stream>(fd);
  } else {
    try {
      if (!tls) tls = TlsContext::defaultClient();
      opened.stream = std::make_unique<Stream>(fd, tls->newClientSession(url.host));
      const IoStatus status = opened.stream->handshakeBy(deadline).status;
      if (status != IoStatus::done) {
        reason = handshakeFailure(*opened.stream, status);
        opened.timed_out = status == IoStatus::timedOut;
        opened.stream.reset();
      }
    } catch (const std::exception& e) {
      reason = e.what();
      if (!opened.stream) ::close(fd);
    }
  }
  if (!opened.stream) opened.error = "Cannot connect to " + url.origin() + ": " + reason;
  return opened;
}

}  // namespace hookswitch::net
