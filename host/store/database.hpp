// One SQLite file, opened with everything checked: session, transactions, and errors in words. [store], the constructor
// [main]. Whatever fails throws StoreError.
#pragma once

#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>

#include <cstdint>
#include <exception>
#include <optional>
#include <string>

#include "host/store/error.hpp"
#include "host/store/file.hpp"

struct sqlite3;

namespace hookswitch::store {

class Database {
 public:
  struct Options {
    std::string path;  ///< empty: in memory
    std::uint32_t max_mb = 0, busy_ms = 5000;
  };
  static constexpr std::int32_t application_id = 0x484B5357;  ///< "HKSW", in the file's header

  /// Locks, opens, checks; the schema is not looked at but for its version, which must not be later than `newest`.
  /// Throws StoreError, one sentence that begins with "store.path".
  Database(Options options, int newest);
  ~Database();
  Database(const Database&) = delete;

  sqlite3* handle() const;
  /// A statement, with what Poco's use() and into() have made of its parameters and its result.
  template <class... Bindings>
  std::size_t run(const std::string& sql, Bindings... bindings) {
    return guarded([&] {
      Poco::Data::Statement statement(*session_);
      statement << sql;
      static_cast<void>((statement, ..., bindings));
      return statement.execute();
    });
  }
  /// What Poco and SQLite throw in `act` becomes a StoreError, while SQLite still knows the code of its last error.
  template <class Act>
  auto guarded(Act&& act) -> decltype(act()) {
    try {
      return act();
    } catch (const StoreError&) {
      throw;
    } catch (const std::exception& e) {
      throw explain(e);
    }
  }
  std::int64_t number(const std::string& sql);  ///< the first column of the first row
  std::string text(const std::string& sql);
  void begin();  ///< takes the write lock; fails when the file is no longer ours
  void commit() { run("COMMIT"); }
  void rollback() noexcept;                 ///< harmless outside a transaction
  void setBusy(std::uint32_t ms) noexcept;  ///< how long a lock that another process holds is waited for

 private:
  void connect();
  void open(int newest);
  void check();
  StoreError explain(const std::exception& error);

  Options options_;
  std::optional<LockFile> lock_;
  FileIdentity file_;
  std::optional<Poco::Data::Session> session_;  // before lock_ in the order of destruction
};

}  // namespace hookswitch::store
