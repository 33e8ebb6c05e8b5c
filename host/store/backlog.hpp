// What could not be written: the newest per key, in the order in which the keys first came, within a bound. [store]
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "host/store/types.hpp"

namespace hookswitch::store {

/// What a write costs in memory, nearly.
std::size_t weight(const Write& write);

class Backlog {
 public:
  // What writes of one kind are known by. Those of a call's lines and hooks begin with its id.
  static std::string callKey(const std::string& call) { return "c" + call; }
  static std::string lineKeys(const std::string& call) { return "l" + call + ":"; }
  static std::string hookKeys(const std::string& call) { return "h" + call + ":"; }
  static std::string allHooks() { return "h"; }
  static std::string hookKey(const Hook& hook) {
    return hookKeys(hook.call) + std::to_string(int(hook.phase)) + ":" + hook.plugin;
  }
  static std::string keyKey(const std::string& key) { return "k" + key; }
  static std::string legKey(const std::string& carrier, const std::string& remote_id) {
    return "r" + carrier + ":" + remote_id;
  }

  explicit Backlog(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Returns how many writes had to go to keep the bound: the oldest lines of transcripts, and when there are none the
  /// oldest of the others.
  std::size_t add(Write write);
  /// The next ones to write, at most `count`: lines only when nothing else waits. Valid until the next add() or drop().
  std::vector<const Write*> front(std::size_t count) const;
  /// Those are written.
  void drop(std::size_t count);

  /// What waits under this key; NULL: nothing.
  const Write* find(const std::string& key) const;
  /// All that wait under keys that begin like this, in the order of the keys, until `each` returns false.
  void with(const std::string& beginning, const std::function<bool(const Write&)>& each) const;

  bool empty() const { return keys_.empty(); }
  std::size_t size() const { return keys_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string key;
    Write write;
    std::size_t bytes;
  };
  using Entries = std::list<Entry>;
  Entries& of(const Write& write) { return std::holds_alternative<SaveLine>(write) ? lines_ : others_; }
  void remove(Entries& entries);

  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  Entries lines_, others_;
  std::map<std::string, Entries::iterator> keys_;
};

}  // namespace hookswitch::store
