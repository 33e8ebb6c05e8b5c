// What must survive: calls, transcripts, the ledger of hooks, idempotency keys. SQLite, one thread, group commit.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/store/error.hpp"
#include "host/store/types.hpp"

namespace hookswitch::store {

struct StoreOptions {
  std::string path;                  ///< empty: in memory, nothing survives the process
  std::uint32_t keep_days = 30;      ///< ended and released calls older than this are removed; 0: kept for ever
  std::uint32_t max_mb = 0;          ///< the file grows no further (SQLITE_FULL); 0: no bound
  std::uint32_t busy_ms = 5000;      ///< how long another process may hold the file's lock before a commit has failed
  std::uint32_t slow_ms = 5000;      ///< a commit that takes longer (a disk that hangs) is not waited for: then(false)
  std::uint32_t retry_ms = 1000;     ///< between two attempts to write what could not be written
  std::uint32_t remind_ms = 60'000;  ///< between two log lines that say that it still cannot be written, or read
  std::size_t max_backlog_bytes = 256 * 1024 * 1024;  ///< in memory; beyond: transcript lines are dropped first, loudly
  std::function<std::uint64_t()> unix_ms;             ///< the wall clock; empty: the system's. Called on any thread
  /// Milliseconds by which slow_ms and remind_ms are measured; empty: the monotonic clock. Called on any thread.
  std::function<std::uint64_t()> now_ms;
};

/// As of now. [any]
struct StoreHealth {
  bool ok = true;           ///< what is given is written, and the last read brought something
  std::string error;        ///< a sentence, while !ok
  bool hangs = false;       ///< a commit takes longer than slow_ms; what is read waits behind it
  std::size_t backlog = 0;  ///< writes that wait for a commit, failed ones included
  std::uint64_t commits = 0, writes = 0, failures = 0;  ///< since the start; writes: of those commits
  std::uint64_t sweeps = 0;                             ///< transactions that removed old rows
  std::uint64_t dropped = 0;  ///< writes that were given up because max_backlog_bytes was reached
};

class StoreThread;

/// put() and the readers may be called on any thread and never block; what they hand back runs through the executor.
class Store {
 public:
  using Executor = std::function<void(std::function<void()>)>;  ///< e.g. the control thread's post()

  /// Opens or creates the file, takes its lock, checks it, brings its schema up to date. Throws StoreError with
  /// one sentence that names store.path: not writable, in use by another gateway, not a database, damaged, of a later
  /// version.
  Store(StoreOptions options, Executor executor);
  ~Store();  ///< stop()
  Store(const Store&) = delete;

  /// Everything unfinished. Before start(). [main]
  Unfinished loadUnfinished();
  void start();  ///< the thread begins [main]
  void stop();   ///< what is queued is still committed; callbacks that come later are dropped [main]

  /// Written in this order, in one transaction with whatever else is waiting. `then(true)` once it is on disk;
  /// `then(false)` when it could not be written now: it is kept, the newest per key, and tried again. Each `then` is
  /// called once. Throws std::invalid_argument for a call without terms.
  void put(std::vector<Write> writes, std::function<void(bool durable)> then = {});

  // A read sees every put before it, also what could not be written and waits. One that fails is told as such, is in
  // the log and in health(), and is no reason to take anything for unknown.
  void find(const std::string& call, std::function<void(Answer<std::optional<StoredCall>>)> then);
  void history(HistoryQuery query, std::function<void(Answer<HistoryPage>)> then);
  /// Rows of the ledger in one of these states, of released calls too; the newest first attempts first, at most
  /// `limit`.
  void hooks(std::vector<call::HookRow::State> states, std::size_t limit,
             std::function<void(Answer<std::vector<Hook>>)> then);
  /// Of one plugin, unless it is empty; `notifications`: of those alone. The oldest first attempts first.
  void hooks(std::vector<call::HookRow::State> states, std::size_t limit, const std::string& plugin, bool notifications,
             std::function<void(Answer<std::vector<Hook>>)> then);
  /// What is known of an Idempotency-Key, however old.
  void findKey(const std::string& key, std::function<void(Answer<std::optional<SaveKey>>)> then);
  /// Is there a call whose carrier reaches us at this base URL?
  void knowsBase(const std::string& base_url, std::function<void(Answer<bool>)> then);
  /// Has this leg been ours within keep_days, with a call that is kept, was removed, or never came to be?
  void knowsLeg(const std::string& carrier, const std::string& remote_id, std::function<void(Answer<bool>)> then);
  /// False: something of this call waits because it cannot be written now. What is merely under way counts as written.
  /// [any]
  bool stored(const std::string& call) const;
  void setKeepDays(std::uint32_t days);
  /// Ask once a second: it is also what notices a commit that hangs, and answers those who wait for it.
  StoreHealth health() const;

  static constexpr std::uint64_t keep_keys_ms = 24ull * 3600 * 1000;

 private:
  const std::unique_ptr<StoreThread> thread_;
};

}  // namespace hookswitch::store
