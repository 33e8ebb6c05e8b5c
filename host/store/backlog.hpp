// What could not be written: the newest per key, in the order in which the keys first came, within a bound. [store]
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/store/types.hpp"

namespace hookswitch::store {

/// What a write costs in memory, nearly.
std::size_t weight(const Write& write);

class Backlog {
 public:
  explicit Backlog(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Returns how many writes had to go to keep the bound: the oldest lines of transcripts, and when there are none the
  /// oldest of the others.
  std::size_t add(Write write);
  /// The next ones to write, at most `count`: lines only when nothing else waits. Valid until the next add() or drop().
  std::vector<const Write*> front(std::size_t count) const;
  /// Those are written.
  void drop(std::size_t count);

  bool empty() const { return keys_.empty(); }
  std::size_t size() const { return keys_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry { std::string key; Write write; std::size_t bytes; };
  using Entries = std::list<Entry>;
  Entries& of(const Write& write) { return std::holds_alternative<SaveLine>(write) ? lines_ : others_; }
  void remove(Entries& entries);

  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  Entries lines_, others_;
  std::unordered_map<std::string, Entries::iterator> keys_;
};

}  // namespace hookswitch::store
