// One SQLite file, opened with everything checked: session, transactions, and errors in words. [store], the constructor
// [main]
#pragma once

#include <Poco/Data/Session.h>

#include <cstdint>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>

#include "host/store/file.hpp"

namespace hookswitch::store {

enum class Fault : int { full = 1, busy = 2, read_only = 3, io = 4, damaged = 5, moved = 6, other = 7 };

/// what(): a sentence that says what is wrong with the file and what to do.
class DatabaseError : public std::runtime_error {
 public:
  DatabaseError(Fault what_failed, const std::string& sentence) : std::runtime_error(sentence), fault(what_failed) {}
  const Fault fault;
};

class Database {
 public:
  struct Options {
    std::string path;  ///< empty: in memory
    std::uint32_t max_mb = 0, busy_ms = 5000;
  };
  static constexpr std::int32_t application_id = 0x484B5357;  ///< "HKSW", in the file's header

  /// Locks, opens, checks; the schema is not looked at but for its version, which must not be later than `newest`.
  /// Throws std::runtime_error, one sentence that begins with "store.path".
  Database(Options options, int newest);
  ~Database();
  Database(const Database&) = delete;

  Poco::Data::Session& session() { return *session_; }
  void execute(const std::string& sql);
  std::int64_t number(const std::string& sql);  ///< the first column of the first row
  std::string text(const std::string& sql);
  void begin();  ///< takes the write lock; throws DatabaseError when the file is no longer ours
  void commit() { execute("COMMIT"); }
  void rollback() noexcept;                 ///< harmless outside a transaction
  void setBusy(std::uint32_t ms) noexcept;  ///< how long a lock that another process holds is waited for

  /// The sentence for what has just been thrown. Right after the catch: it asks SQLite for the code of the last error.
  DatabaseError explain(const std::exception& error);

 private:
  void open(int newest);
  void check();

  Options options_;
  std::optional<LockFile> lock_;
  FileIdentity file_;
  std::optional<Poco::Data::Session> session_;  // before lock_ in the order of destruction
};

}  // namespace hookswitch::store
