#include "host/net/peer_limit.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace hookswitch::net {

PeerLimit::Place& PeerLimit::Place::operator=(Place&& other) noexcept {
  std::swap(limit_, other.limit_);
  std::swap(peer_, other.peer_);
  return *this;
}

PeerLimit::Place::~Place() {
  if (limit_) limit_->leave(peer_);
}

std::size_t PeerLimit::share() const {
  const std::size_t most = most_;
  return most < 2 || listeners_ < 2 ? most : most - std::max<std::size_t>(1, most / 8);
}

PeerLimit::Place PeerLimit::enter(const std::string& peer) {
  const std::size_t most = most_;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::size_t& held = held_[peer];
    if (most && held >= most) return {};
    ++held;
  }
  return {shared_from_this(), peer};
}

void PeerLimit::leave(const std::string& peer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = held_.find(peer);
  if (found != held_.end() && --found->second == 0) held_.erase(found);
}

void PeerLimit::refuse(const std::string& peer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++refused_.count;
  refused_.last = peer;
}

PeerLimit::Refused PeerLimit::refused() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return refused_;
}

std::string PeerLimit::peerOf(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
    return text;
  }
  if (address.ss_family != AF_INET6) return {};
  in6_addr network = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&network)) {
    ::inet_ntop(AF_INET, network.s6_addr + 12, text, sizeof text);
    return text;
  }
  if (IN6_IS_ADDR_LOOPBACK(&network)) return "::1";
  std::memset(network.s6_addr + 8, 0, 8);
  ::inet_ntop(AF_INET6, &network, text, sizeof text);
  return std::string(text) + "/64";
}

}  // namespace hookswitch::net
