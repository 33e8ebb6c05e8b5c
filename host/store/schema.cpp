#include "host/store/schema.hpp"

#include <exception>
#include <stdexcept>

#include "host/base/log.hpp"
#include "host/store/database.hpp"

namespace hookswitch::store {

const std::vector<Migration>& migrations() {
  static const std::vector<Migration> steps{
      {1,
       {
           "PRAGMA application_id=" + std::to_string(Database::application_id),
           // The facts: written again with every change, so the long texts, which never change, are kept apart.
           "CREATE TABLE calls(id TEXT NOT NULL UNIQUE, remote_id TEXT NOT NULL, carrier TEXT NOT NULL, voice TEXT NOT "
           "NULL,"
           " to_number TEXT NOT NULL, from_number TEXT NOT NULL, base_url TEXT NOT NULL, direction INTEGER NOT NULL,"
           " max_duration_s INTEGER NOT NULL, ring_timeout_s INTEGER NOT NULL, status INTEGER NOT NULL, started "
           "INTEGER NOT NULL,"
           " answered INTEGER NOT NULL, ended INTEGER NOT NULL, outcome INTEGER NOT NULL, ended_by INTEGER NOT NULL,"
           " reason TEXT NOT NULL, transcript_cut INTEGER NOT NULL, last_line INTEGER NOT NULL, leg_over INTEGER NOT "
           "NULL,"
           " released INTEGER NOT NULL)",
           "CREATE TABLE texts(call TEXT PRIMARY KEY, prompt TEXT NOT NULL, greeting TEXT NOT NULL, metadata TEXT NOT "
           "NULL)",
           "CREATE TABLE lines(call TEXT NOT NULL, number INTEGER NOT NULL, speaker INTEGER NOT NULL, at INTEGER NOT "
           "NULL,"
           " item TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY(call, number)) WITHOUT ROWID",
           "CREATE TABLE hooks(call TEXT NOT NULL, phase INTEGER NOT NULL, plugin TEXT NOT NULL, state INTEGER NOT "
           "NULL,"
           " attempts INTEGER NOT NULL, deadline_ms INTEGER NOT NULL, first INTEGER NOT NULL, next INTEGER NOT NULL,"
           " ms INTEGER NOT NULL, error TEXT NOT NULL, PRIMARY KEY(call, phase, plugin)) WITHOUT ROWID",
           "CREATE TABLE keys(key TEXT PRIMARY KEY, digest TEXT NOT NULL, call TEXT NOT NULL, created INTEGER NOT NULL,"
           " status INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID",
           "CREATE INDEX calls_started ON calls(started, id)",
           "CREATE INDEX calls_to ON calls(to_number, started, id)",
           "CREATE INDEX calls_from ON calls(from_number, started, id)",
           "CREATE INDEX calls_base ON calls(base_url)",
           "CREATE INDEX calls_unreleased ON calls(started, id) WHERE released=0",
           // 2 done and 3 skipped are nearly all of them, and nobody looks for those.
           "CREATE INDEX hooks_open ON hooks(state, first) WHERE state NOT IN (2, 3)",
       }},
      {2,
       {
           "ALTER TABLE hooks ADD COLUMN memo TEXT NOT NULL DEFAULT ''",
           "ALTER TABLE hooks ADD COLUMN apart INTEGER NOT NULL DEFAULT 0",
       }},
      {3,
       {
           // from_number is who calls, also when the call comes in (direction 2).
           "UPDATE calls SET to_number=from_number, from_number=to_number WHERE direction=2",
           "ALTER TABLE calls ADD COLUMN started_ms INTEGER NOT NULL DEFAULT 0",
           "ALTER TABLE calls ADD COLUMN boot TEXT NOT NULL DEFAULT ''",
           "ALTER TABLE lines ADD COLUMN cut INTEGER NOT NULL DEFAULT 0",
           // The carriers' names of every leg that was ours; a row stays when its call is removed.
           "CREATE TABLE legs(carrier TEXT NOT NULL, remote_id TEXT NOT NULL, call TEXT NOT NULL, seen INTEGER NOT "
           "NULL,"
           " PRIMARY KEY(carrier, remote_id)) WITHOUT ROWID",
           "CREATE INDEX legs_seen ON legs(seen)",
           "INSERT OR REPLACE INTO legs SELECT carrier, remote_id, id, max(started, ended) FROM calls WHERE "
           "remote_id<>''",
       }},
  };
  return steps;
}

void migrate(Database& database, const std::vector<Migration>& steps) {
  const bool is_new = database.number("PRAGMA user_version") == 0;
  for (const auto& step : steps) {
    if (database.number("PRAGMA user_version") >= step.version) continue;
    try {
      database.begin();
      for (const auto& sql : step.statements) database.execute(sql);
      database.execute("PRAGMA user_version=" + std::to_string(step.version));
      database.commit();
    } catch (const std::exception& e) {
      const DatabaseError why = database.explain(e);
      database.rollback();
      throw std::runtime_error("store.path: the tables could not be brought to version " +
                               std::to_string(step.version) + ": " + why.what());
    }
    if (!is_new) log::notice("store", "the tables are now of version " + std::to_string(step.version));
  }
}

}  // namespace hookswitch::store
