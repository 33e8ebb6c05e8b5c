#include "host/net/http_deadlines.hpp"

namespace hookswitch::net {

void HttpDeadlines::add(std::uint64_t id, Deadline deadline, const std::string& peer) {
  all_.emplace(deadline, id);
  if (!peer.empty()) peers_[peer].emplace(deadline, id);
}

void HttpDeadlines::remove(std::uint64_t id, Deadline deadline, const std::string& peer) {
  all_.erase({deadline, id});
  const auto held = peers_.find(peer);
  if (held == peers_.end()) return;
  held->second.erase({deadline, id});
  if (held->second.empty()) peers_.erase(held);
}

void HttpDeadlines::clear() {
  all_.clear();
  peers_.clear();
}

const HttpDeadlines::Queue& HttpDeadlines::of(const std::string& peer) const {
  static const Queue nobody;
  const auto held = peers_.find(peer);
  return held == peers_.end() ? nobody : held->second;
}

}  // namespace hookswitch::net
