// Removes what is older than it may become, a little at a time. [store]
#pragma once

#include <cstddef>
#include <cstdint>

namespace hookswitch::store {

class Database;

class Sweeper {
 public:
  explicit Sweeper(Database& database) : database_(database) {}

  /// One transaction: some calls that ended before `calls_before` and are released, with their lines, hooks and texts
  /// (0: none), the names of legs that were last seen before that and have no call any more, and some answered keys
  /// from before `keys_before`. Returns how many rows of `calls`, `legs` and `keys` went; 0: nothing is left to remove.
  /// Throws StoreError, with the transaction still open.
  std::size_t sweep(std::uint64_t calls_before_unix_ms, std::uint64_t keys_before_unix_ms);

 private:
  std::size_t sweepCalls(std::uint64_t before);
  std::size_t sweepLegs(std::uint64_t before);
  std::size_t sweepKeys(std::uint64_t before);
  Database& database_;
};

}  // namespace hookswitch::store
