// Reads calls, hooks and keys. [store]; unfinished() [main] before the thread begins
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/store/overlay.hpp"
#include "host/store/types.hpp"

namespace hookswitch::store {

class Database;

/// What the file has, with what waits in the backlog laid over it. Throws StoreError.
class Reader {
 public:
  Reader(Database& database, const Backlog& backlog) : database_(database), overlay_(backlog) {}

  Unfinished unfinished(std::uint64_t keys_since_unix_ms);
  std::optional<StoredCall> find(const std::string& call);
  /// Without lines and hooks: details() brings those, call by call, so that a long export does not hold up the writes.
  HistoryPage history(HistoryQuery query);
  void details(StoredCall& call);
  std::vector<Hook> hooks(const std::vector<call::HookRow::State>& states, std::size_t limit);
  std::vector<Hook> oldestHooks(const std::vector<call::HookRow::State>& states, std::size_t limit, std::string plugin,
                                bool notifications);
  std::optional<SaveKey> findKey(std::string key);
  bool knowsBase(std::string base_url);
  bool knowsLeg(std::string carrier, std::string remote_id);

 private:
  std::vector<StoredCall> page(HistoryQuery& query, std::size_t limit);
  Database& database_;
  const Overlay overlay_;
};

}  // namespace hookswitch::store
