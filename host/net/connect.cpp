#include "host/net/connect.hpp"

#include "host/net/resolver.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace hookswitch::net {

namespace {

/// The socket, else why there is none.
base::Result<int> connectOne(const Endpoint& endpoint, Deadline deadline) {
  const int fd = ::socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return base::Failure(std::generic_category().message(errno));
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
  ::close(fd);
  return base::Failure(failure == ETIMEDOUT ? "no answer in time" : std::generic_category().message(failure));
}

base::Result<int> connectAny(const std::vector<Endpoint>& endpoints, Deadline deadline) {
  base::Result<int> last = base::Failure("it has no address");
  for (std::size_t i = 0; i < endpoints.size() && !last; ++i) {
    const auto share = (deadline - Clock::now()) / static_cast<long>(endpoints.size() - i);
    last = connectOne(endpoints[i], std::min(deadline, Clock::now() + share));
  }
  return last;
}

std::string handshakeFailure(const Stream& stream, IoStatus status) {
  if (status == IoStatus::timedOut) return "the TLS handshake took too long";
  return stream.error().empty() ? "the TLS handshake failed" : stream.error();
}

/// A session of `tls` for a connection to `host`.
base::Result<ssl_st*> sessionFor(const std::string& host, const std::shared_ptr<const TlsContext>& tls) {
  if (tls) return tls->newClientSession(host);
  const auto& usual = TlsContext::defaultClient();
  if (!usual) return base::Failure(usual.error());
  return (*usual)->newClientSession(host);
}

}  // namespace

base::Result<std::unique_ptr<Stream>, Unconnected> openStream(const Url& url, std::shared_ptr<const TlsContext> tls,
                                                              Deadline deadline) {
  const auto failed = [&url](const std::string& reason, bool timed_out) {
    return base::Failure(Unconnected{"Cannot connect to " + url.origin() + ": " + reason, timed_out});
  };
  const Resolved endpoints = resolveHost(url.host, url.port, deadline);
  if (!endpoints) return failed(endpoints.error().error, endpoints.error().timed_out || remainingMs(deadline) == 0);
  const auto fd = connectAny(*endpoints, deadline);
  if (!fd) return failed(fd.error(), remainingMs(deadline) == 0);
  if (!url.tls()) return std::make_unique<Stream>(*fd);
  const auto session = sessionFor(url.host, tls);
  if (!session) {
    ::close(*fd);
    return failed(session.error(), false);
  }
  auto stream = std::make_unique<Stream>(*fd, *session);
  const IoStatus status = stream->handshakeBy(deadline).status;
  if (status != IoStatus::done) return failed(handshakeFailure(*stream, status), status == IoStatus::timedOut);
  return stream;
}

}  // namespace hookswitch::net
