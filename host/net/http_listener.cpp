#include "host/net/http_listener.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace hookswitch::net {

namespace {

int tryAddress(const addrinfo& address, int backlog, std::string& reason) {
  const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0) {
    const int on = 1;
    const int off = 0;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.ai_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, backlog) == 0) return fd;
  }
  reason = std::generic_category().message(errno);
  if (fd >= 0) ::close(fd);
  return -1;
}

}  // namespace

int openListener(const std::string& host, std::uint16_t port, int backlog) {
  std::string name = host;
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
  const std::string shown = (name.empty()                          ? "*"
                             : name.find(':') == std::string::npos ? name
                                                                   : "[" + name + "]") +
                            ":" + std::to_string(port);
  // "every address" is the IPv6 wildcard that also takes IPv4, or the IPv4 one on a kernel without IPv6.
  const char* const candidates[] = {name.empty() ? "::" : name.c_str(), name.empty() ? "0.0.0.0" : nullptr};
  std::string reason;
  for (const char* candidate : candidates) {
    if (candidate == nullptr) continue;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(candidate, std::to_string(port).c_str(), &hints, &found); code != 0) {
      reason = std::string("the name cannot be resolved: ") + ::gai_strerror(code);
      continue;
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
    for (const addrinfo* address = found; address != nullptr; address = address->ai_next)
      if (const int fd = tryAddress(*address, backlog, reason); fd >= 0) return fd;
  }
  throw std::runtime_error("Cannot listen on " + shown + ": " + reason);
}

std::uint16_t listenerPort(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return 0;
  return ntohs(storage.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(storage).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(storage).sin_port);
}

}  // namespace hookswitch::net
