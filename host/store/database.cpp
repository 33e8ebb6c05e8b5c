#include "host/store/database.hpp"

#include <Poco/AutoPtr.h>
#include <Poco/Data/SQLite/SessionImpl.h>
#include <Poco/Data/SQLite/Utility.h>
#include <Poco/Data/Statement.h>
#include <Poco/Exception.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include "host/base/log.hpp"

namespace hookswitch::store {
namespace {

using namespace Poco::Data::Keywords;

std::string words(const std::exception& error) {
  const auto* poco = dynamic_cast<const Poco::Exception*>(&error);
  return poco ? poco->displayText() : error.what();
}

/// SQLite has one code for a full disk and for its own bound.
bool hasRoom(const std::string& path) {
  constexpr std::uintmax_t some = 4 * 1024 * 1024;
  std::error_code unknown;
  const auto space = std::filesystem::space(path.empty() ? "/" : path, unknown);
  return unknown || space.available > some;
}

}  // namespace

Database::Database(Options options, int newest) : options_(std::move(options)) {
  if (!options_.path.empty()) {
    options_.path = usablePath(options_.path);
    lock_.emplace(options_.path);
    file_ = prepareFile(options_.path);
  }
  connect();
  try {
    open(newest);
  } catch (const StoreError& e) {
    throw StoreError(e.fault, std::string("store.path: ") + e.what());
  }
}

Database::~Database() {
  if (!session_) return;
  try {
    session_.reset();  // the last connection folds the log into the file
  } catch (const std::exception& e) {
    log::warn("store", options_.path + " could not be closed in order: " + words(e));
  }
}

void Database::connect() {
  const std::string name = options_.path.empty() ? ":memory:" : options_.path;
  try {
    session_.emplace(Poco::AutoPtr<Poco::Data::SessionImpl>(
        new Poco::Data::SQLite::SessionImpl(name, Poco::Data::SessionImpl::LOGIN_TIMEOUT_DEFAULT)));
  } catch (const std::exception& e) {
    throw StoreError(Fault::io,
                     "store.path: " + options_.path + " cannot be opened (" + words(e) + "); name another file");
  }
}

void Database::open(int newest) {
  setBusy(options_.busy_ms);
  const std::int64_t owner = number("PRAGMA application_id"), version = number("PRAGMA user_version");
  const bool empty = number("SELECT count(*) FROM sqlite_master") == 0;
  if (owner != application_id && !(empty && owner == 0 && version == 0))
    throw StoreError(Fault::other, options_.path + " is the database of another program; name another file");
  if (version > newest)
    throw StoreError(Fault::other, options_.path + " was written by a later version of the gateway (its schema is " +
                                       std::to_string(version) + ", this version knows " + std::to_string(newest) +
                                       "); run that version, or name another file");
  if (!empty) check();
  if (!options_.path.empty()) {
    const std::string mode = text("PRAGMA journal_mode=WAL");
    if (mode != "wal")
      throw StoreError(Fault::other, options_.path + " cannot have a write-ahead log there (SQLite keeps '" + mode +
                                         "'); use a directory of a local disk");
  }
  run("PRAGMA synchronous=FULL");
  run("PRAGMA secure_delete=ON");  // what was removed is gone from the file too
  run("PRAGMA temp_store=MEMORY");
  run("PRAGMA cache_size=-4096");             // KiB; it is part of the resident memory once the file is larger
  run("PRAGMA journal_size_limit=16777216");  // bytes the log keeps after a checkpoint
  if (options_.max_mb > 0) {
    const std::int64_t pages = std::int64_t(options_.max_mb) * 1024 * 1024 / number("PRAGMA page_size");
    number("PRAGMA max_page_count=" + std::to_string(pages));
  }
}

void Database::check() {
  const auto begin = std::chrono::steady_clock::now();
  const std::string found = text("PRAGMA quick_check(1)");
  if (found != "ok")
    throw StoreError(Fault::damaged, options_.path + " is damaged (" + found +
                                         "); put a backup in its place, or move it away with its -wal file");
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
  if (took > 1000) log::notice("store", "checking " + options_.path + " took " + std::to_string(took) + " ms");
}

std::int64_t Database::number(const std::string& sql) {
  Poco::Int64 value = 0;
  run(sql, into(value));
  return value;
}

std::string Database::text(const std::string& sql) {
  std::string value;
  run(sql, into(value));
  return value;
}

sqlite3* Database::handle() const { return Poco::Data::SQLite::Utility::dbHandle(*session_); }

void Database::setBusy(std::uint32_t ms) noexcept {
  sqlite3_busy_timeout(handle(), int(std::min<std::uint32_t>(ms, 24 * 3600 * 1000)));
}

void Database::begin() {
  if (!options_.path.empty() && !isSame(options_.path, file_))
    throw StoreError(
        Fault::moved,
        options_.path +
            " was removed or replaced while in use; put it back, or restart the gateway to begin a new one");
  run("BEGIN IMMEDIATE");
}

void Database::rollback() noexcept {
  try {
    if (!sqlite3_get_autocommit(handle())) run("ROLLBACK");
  } catch (const std::exception& e) {
    log::warn("store", "a transaction could not be rolled back: " + words(e));  // the next begin() says what is wrong
  }
}

StoreError Database::explain(const std::exception& error) {
  const int code = sqlite3_extended_errcode(handle());
  const std::string path = options_.path.empty() ? "the store in memory" : options_.path;
  const std::string detail = " (" + words(error) + ", SQLite code " + std::to_string(code) + ")";
  switch (code & 0xff) {
    case SQLITE_FULL:
      if (options_.max_mb > 0 && hasRoom(options_.path))
        return {Fault::full, path + " has reached store.max_mb = " + std::to_string(options_.max_mb) +
                                 "; raise it, or lower store.keep_days"};
      return {Fault::full, path + " cannot grow, its disk is full" + detail + "; make room on it"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return {Fault::busy,
              path + " is locked by another process" + detail + "; end what holds it, a shell or a backup"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {Fault::read_only, path + " can no longer be written" + detail +
                                    "; look at its rights and at how its file system is mounted"};
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      return {Fault::io, path + " cannot be read or written, the system reports an error" + detail +
                             "; check its disk and directory"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Fault::damaged, path + " is damaged or not a database" + detail +
                                  "; put a backup in its place, or move it away with its -wal file"};
    default: return {Fault::other, path + " cannot be used" + detail + "; move it away, or report this"};
  }
}

}  // namespace hookswitch::store
