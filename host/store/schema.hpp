// The tables, and how an older file gets them. [main]
#pragma once

#include <string>
#include <vector>

namespace hookswitch::store {

class Database;

/// What takes a file from the version before to `version`: what tables.cpp says of it, and what has to become of the
/// rows. Steps are never changed once released; new ones are appended.
struct Migration {
  int version;
  std::vector<std::string> statements;
};
const std::vector<Migration>& migrations();
/// The version of this gateway's tables.
inline int schemaVersion() { return migrations().back().version; }

/// Runs what PRAGMA user_version says is missing, each step in a transaction of its own that also sets the version.
/// Throws StoreError, one sentence that begins with "store.path"; the file then is at the version before.
void migrate(Database& database, const std::vector<Migration>& steps);

}  // namespace hookswitch::store
