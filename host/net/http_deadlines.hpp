// When each connection of the HTTP server is due. Private to host/net.
#pragma once

#include "host/net/stream.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

namespace hookswitch::net {

/// Of all connections and of those of one address, the first in line first: it is the next to expire, and it has made
/// the least progress for longest. [reception]
class HttpDeadlines {
 public:
  using Queue = std::set<std::pair<Deadline, std::uint64_t>>;

  /// `peer`: the address it counts for; empty: none.
  void add(std::uint64_t id, Deadline deadline, const std::string& peer);
  void remove(std::uint64_t id, Deadline deadline, const std::string& peer);
  void clear();

  const Queue& all() const { return all_; }
  const Queue& of(const std::string& peer) const;

 private:
  Queue all_;
  std::unordered_map<std::string, Queue> peers_;
};

}  // namespace hookswitch::net
