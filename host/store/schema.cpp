#include "host/store/schema.hpp"

#include <algorithm>

#include "host/base/log.hpp"
#include "host/store/database.hpp"
#include "host/store/tables.hpp"

namespace hookswitch::store {
namespace {

/// Of a version, beside what its columns are: indices, and what has to become of the rows that are there.
std::vector<std::string> beside(int version) {
  switch (version) {
    case 1:
      return {
          "CREATE INDEX calls_started ON calls(started, id)",
          "CREATE INDEX calls_to ON calls(to_number, started, id)",
          "CREATE INDEX calls_from ON calls(from_number, started, id)",
          "CREATE INDEX calls_base ON calls(base_url)",
          "CREATE INDEX calls_unreleased ON calls(started, id) WHERE released=0",
          // 2 done and 3 skipped are nearly all of them, and nobody looks for those.
          "CREATE INDEX hooks_open ON hooks(state, first) WHERE state NOT IN (2, 3)",
      };
    case 3:
      return {
          // from_number is who calls, also when the call comes in (direction 2).
          "UPDATE calls SET to_number=from_number, from_number=to_number WHERE direction=2",
          "CREATE INDEX legs_seen ON legs(seen)",
          "INSERT OR REPLACE INTO legs(carrier, remote_id, call, seen)"
          " SELECT carrier, remote_id, id, max(started, ended) FROM calls WHERE remote_id<>''",
      };
    case 4:
      // The witnesses were bits 1 and 2 of leg_over.
      return {
          "UPDATE calls SET stream_stopped=(leg_over>>1)&1, unknown_there=(leg_over>>2)&1, leg_over=leg_over&1"
          " WHERE leg_over>1",
      };
    default: return {};
  }
}

std::vector<Migration> everyStep() {
  int newest = 0;
  for (const auto* table : everyTable()) newest = std::max(newest, table->newest());
  std::vector<Migration> steps;
  for (int version = 1; version <= newest; ++version) {
    Migration step{version, {}};
    if (version == 1) step.statements.push_back("PRAGMA application_id=" + std::to_string(Database::application_id));
    for (const auto* table : everyTable())
      for (auto& sql : table->migration(version)) step.statements.push_back(std::move(sql));
    for (auto& sql : beside(version)) step.statements.push_back(std::move(sql));
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace

const std::vector<Migration>& migrations() {
  static const std::vector<Migration> steps = everyStep();
  return steps;
}

void migrate(Database& database, const std::vector<Migration>& steps) {
  const bool is_new = database.number("PRAGMA user_version") == 0;
  for (const auto& step : steps) {
    if (database.number("PRAGMA user_version") >= step.version) continue;
    try {
      database.begin();
      for (const auto& sql : step.statements) database.run(sql);
      database.run("PRAGMA user_version=" + std::to_string(step.version));
      database.commit();
    } catch (const StoreError& e) {
      database.rollback();
      throw StoreError(e.fault, "store.path: the tables could not be brought to version " +
                                    std::to_string(step.version) + ": " + e.what());
    }
    if (!is_new) log::notice("store", "the tables are now of version " + std::to_string(step.version));
  }
}

}  // namespace hookswitch::store
